// base/entropy.cpp - see entropy.h.
#include "base/entropy.h"

#include <sys/random.h>

#include <mutex>
#include <random>

#include "base/assert.h"

namespace argosy {
namespace {

class SystemEntropy final : public Entropy {
 public:
  void fill(std::span<std::byte> out) override {
    while (!out.empty()) {
      ssize_t got = getrandom(out.data(), out.size(), 0);
      if (got < 0 && errno == EINTR) continue;
      ARGOSY_ASSERT(got > 0);
      out = out.subspan(static_cast<std::size_t>(got));
    }
  }
};

class SeededEntropy final : public Entropy {
 public:
  explicit SeededEntropy(std::uint64_t seed) : generator_(seed) {}
  void fill(std::span<std::byte> out) override {
    std::lock_guard lock(mutex_);
    for (auto& byte : out) byte = static_cast<std::byte>(generator_() & 0xffU);
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 generator_;
};

}  // namespace

Entropy& system_entropy() {
  static SystemEntropy entropy;
  return entropy;
}

std::unique_ptr<Entropy> seeded_entropy(std::uint64_t seed) { return std::make_unique<SeededEntropy>(seed); }

std::string make_resource_id(Entropy& entropy, std::string_view prefix) {
  std::array<std::byte, 9> random{};
  entropy.fill(random);
  return std::string(prefix) + to_hex(random).substr(0, 17);
}

std::string make_uuid(Entropy& entropy) {
  std::array<std::byte, 16> random{};
  entropy.fill(random);
  random[6] = (random[6] & std::byte{0x0f}) | std::byte{0x40};
  random[8] = (random[8] & std::byte{0x3f}) | std::byte{0x80};
  auto hex = to_hex(random);
  return hex.substr(0, 8) + '-' + hex.substr(8, 4) + '-' + hex.substr(12, 4) + '-' + hex.substr(16, 4) + '-' +
         hex.substr(20);
}

}  // namespace argosy
