// digest/sha256.h - SHA-256 (FIPS 180-4): the name of stored bytes and the digest of content.
#pragma once
#include <array>
#include <compare>
#include <memory>
#include <string>

#include "base/bytes.h"

namespace argosy::digest {

/// 32 bytes of SHA-256.
struct Digest {
  std::array<std::byte, 32> bytes{};
  auto operator<=>(Digest const&) const = default;
  std::string hex() const { return to_hex(bytes); }
  /// The first 32 bytes of `from`, which must have them.
  static Digest copy_of(ByteView from) {
    Digest out;
    std::memcpy(out.bytes.data(), from.data(), out.bytes.size());
    return out;
  }
};

/// Any thread.
Digest sha256(ByteView bytes);

/// The same over bytes that come in pieces. One thread at a time.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  Sha256& update(ByteView bytes);
  /// Ends the computation: call once.
  Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// CRC-32C (Castagnoli), for record headers: detects torn writes, says nothing about malice.
std::uint32_t crc32c(ByteView bytes);

}  // namespace argosy::digest

template <>
struct std::hash<argosy::digest::Digest> {
  std::size_t operator()(argosy::digest::Digest const& digest) const noexcept {
    std::size_t value = 0;
    std::memcpy(&value, digest.bytes.data(), sizeof value);
    return value;
  }
};
