// base/entropy.h - randomness as it is handed in, and the ids that are made of it.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace argosy {

/// Where randomness comes from. Any thread.
class Entropy {
 public:
  virtual ~Entropy() = default;
  virtual void fill(std::span<std::byte> out) = 0;
};

/// The kernel's generator: fit for keys.
Entropy& system_entropy();
/// Repeatable, for tests only.
std::unique_ptr<Entropy> seeded_entropy(std::uint64_t seed);

/// "ami-" + 17 lower-case hexadecimal digits, for any prefix such as "ami-" or "snap-".
std::string make_resource_id(Entropy& entropy, std::string_view prefix);
/// RFC 9562 version 4, lower case.
std::string make_uuid(Entropy& entropy);

}  // namespace argosy
