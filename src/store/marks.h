// store/marks.h - which chunks a sweep has found needed, in memory that does not grow with their number.
#pragma once
#include <algorithm>
#include <cstring>
#include <vector>

#include "store/chunk.h"

namespace argosy::store {

/// A Bloom filter: what was added is always found; what was not may be found, and then stays until a later
/// sweep, whose seed is another.
class Marks {
 public:
  /// Room for `expected` chunks at 16 bits each (wrong for less than 1 in 1,000), within 1 MiB and
  /// `limit_bytes`.
  Marks(std::uint64_t expected, std::size_t limit_bytes, std::uint64_t seed)
      : bits_(
            std::clamp<std::size_t>(expected * 2, 1U << 20U, std::max<std::size_t>(limit_bytes, 1U << 20U))),
        seed_(seed) {}

  void add(Domain domain, ChunkId const& id) {
    auto [at, step] = place(domain, id);
    for (int i = 0; i < kProbes; ++i, at += step) bits_[at / 8 % bits_.size()] |= mask(at);
  }
  bool has(Domain domain, ChunkId const& id) const {
    auto [at, step] = place(domain, id);
    for (int i = 0; i < kProbes; ++i, at += step)
      if ((bits_[at / 8 % bits_.size()] & mask(at)) == std::byte{0}) return false;
    return true;
  }

 private:
  static constexpr int kProbes = 6;

  static std::byte mask(std::uint64_t at) { return static_cast<std::byte>(1U << (at % 8)); }
  /// An id is a SHA-256: its bytes are as random as any hash of them. The seed and the domain are mixed in as
  /// splitmix64 does it.
  std::pair<std::uint64_t, std::uint64_t> place(Domain domain, ChunkId const& id) const {
    auto mixed = [&](std::size_t offset) {
      auto value = get_le<std::uint64_t>(id.bytes.data() + offset) ^ (seed_ + domain * 0x9e3779b97f4a7c15U);
      value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
      value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
      return value ^ (value >> 31U);
    };
    return {mixed(0), mixed(8) | 1U};
  }

  std::vector<std::byte> bits_;
  std::uint64_t seed_;
};

}  // namespace argosy::store
