// digest/sha256.cpp - see sha256.h; OpenSSL does the hashing.
#include "digest/sha256.h"

#include <openssl/evp.h>

#include "base/assert.h"

namespace argosy::digest {

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() = default;
  State(State const&) = delete;
  State& operator=(State const&) = delete;
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  static EVP_MD* const algorithm =
      EVP_MD_fetch(nullptr, "SHA256", nullptr);  // fetched once: a fetch takes locks
  ARGOSY_ASSERT(EVP_DigestInit_ex2(state_->context, algorithm, nullptr) == 1);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Sha256& Sha256::update(ByteView bytes) {
  ARGOSY_ASSERT(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
  return *this;
}

Digest Sha256::finish() {
  Digest out;
  ARGOSY_ASSERT(
      EVP_DigestFinal_ex(state_->context, reinterpret_cast<unsigned char*>(out.bytes.data()), nullptr) == 1);
  return out;
}

Digest sha256(ByteView bytes) { return Sha256().update(bytes).finish(); }

std::uint32_t crc32c(ByteView bytes) {
  static auto const table = [] {
    std::array<std::uint32_t, 256> made{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value >> 1U) ^ ((value & 1U) != 0 ? 0x82f63b78U : 0U);
      made[i] = value;
    }
    return made;
  }();
  std::uint32_t crc = 0xffffffffU;
  for (auto byte : bytes) crc = (crc >> 8U) ^ table[(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xffU];
  return crc ^ 0xffffffffU;
}

}  // namespace argosy::digest
