// instances/default_network.cpp - see default_network.h. An id is its prefix, 0, and the first 16 digits of
// the SHA-256 of prefix, account and region.
#include "instances/default_network.h"

#include "digest/sha256.h"

namespace argosy::instances {

DefaultNetwork default_network(std::string_view account, std::string_view region) {
  auto id = [&](std::string const& prefix) {
    constexpr std::size_t kDigits = 16;
    auto const named = prefix + "\n" + std::string(account) + "\n" + std::string(region);
    return prefix + "0" + digest::sha256(as_bytes(named)).hex().substr(0, kDigits);
  };
  return {id("vpc-"),  id("subnet-"),         id("sg-"),
          id("dopt-"), id("vpc-cidr-assoc-"), std::string(region) + "a"};
}

}  // namespace argosy::instances
