// instances/instance.cpp - see instance.h.
#include "instances/instance.h"

#include <fmt/format.h>

#include <algorithm>

namespace argosy::instances {

std::string_view to_text(InstanceState state) {
  return std::ranges::find(kInstanceStates, state, &std::pair<InstanceState, std::string_view>::first)
      ->second;
}

InstanceState instance_state_of(std::string_view text) {
  auto const found =
      std::ranges::find(kInstanceStates, text, &std::pair<InstanceState, std::string_view>::second);
  return found == kInstanceStates.end() ? InstanceState::terminated : found->first;
}

std::int32_t code_of(InstanceState state) { return static_cast<std::int32_t>(state) * 16; }

std::string address_of(std::uint32_t random) {
  constexpr std::uint32_t kAddresses = 1U << 22U;  // of 127.64.0.0/10
  auto const number = 1 + random % (kAddresses - 2);
  return fmt::format("127.{}.{}.{}", 64 + (number >> 16U), (number >> 8U) & 0xffU, number & 0xffU);
}

std::string mac_address_of(std::uint64_t random) {
  return fmt::format("02:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", random & 0xffU, (random >> 8U) & 0xffU,
                     (random >> 16U) & 0xffU, (random >> 24U) & 0xffU, (random >> 32U) & 0xffU);
}

std::string private_dns_name(std::string_view address, std::string_view region) {
  auto dashed = std::string(address);
  std::ranges::replace(dashed, '.', '-');
  if (region == "us-east-1") return fmt::format("ip-{}.ec2.internal", dashed);
  return fmt::format("ip-{}.{}.compute.internal", dashed, region);
}

}  // namespace argosy::instances
