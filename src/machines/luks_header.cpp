// machines/luks_header.cpp - see luks_header.h; OpenSSL does the arithmetic. Numbers are big-endian.
#include "machines/luks_header.h"

#include <openssl/evp.h>

#include <array>
#include <memory>

#include "machines/big_endian.h"

namespace argosy::machines {
namespace {

constexpr std::size_t kSectorBytes = 512;
constexpr std::size_t kMasterKeyBytes = 64;  // two keys of AES-256: XTS
constexpr std::size_t kSaltBytes = 32;
constexpr std::size_t kMasterDigestBytes = 20;
constexpr std::size_t kHashBytes = 32;  // SHA-256
constexpr std::size_t kStripes = 4000;
constexpr std::size_t kSlots = 8;
constexpr std::size_t kFirstSlotSector = 8;
constexpr std::size_t kSlotSectors = 504;  // 4000 stripes of 64 bytes, in units of 4 KiB
constexpr std::size_t kPayloadSector = kFirstSlotSector + kSlots * kSlotSectors;
constexpr std::uint32_t kSlotEnabled = 0x00ac71f3;
constexpr std::uint32_t kSlotDisabled = 0x0000dead;
/// The least that the specification allows: the passphrase is a random key of 256 bits.
constexpr std::uint32_t kIterations = 1000;

std::unexpected<Error> openssl_failure() {
  return fail(Fault::unavailable, "OpenSSL cannot make a LUKS header");
}

unsigned char* raw(Bytes& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }
unsigned char const* raw(ByteView bytes) { return reinterpret_cast<unsigned char const*>(bytes.data()); }

Bytes random_bytes(std::size_t length, Entropy& entropy) {
  Bytes bytes(length);
  entropy.fill(bytes);
  return bytes;
}

Result<Bytes> derive(ByteView secret, ByteView salt, std::size_t length) {
  Bytes key(length);
  if (PKCS5_PBKDF2_HMAC(as_text(secret).data(), static_cast<int>(secret.size()), raw(salt),
                        static_cast<int>(salt.size()), kIterations, EVP_sha256(), static_cast<int>(length),
                        raw(key)) != 1)
    return openssl_failure();
  return key;
}

/// Section 2.4: each digest-sized piece becomes the hash of its number and itself.
Result<void> diffuse(Bytes& block) {
  for (std::size_t begin = 0; begin < block.size(); begin += kHashBytes) {
    Bytes piece;
    put_be32(piece, static_cast<std::uint32_t>(begin / kHashBytes));
    piece.insert(piece.end(), block.begin() + static_cast<std::ptrdiff_t>(begin),
                 block.begin() + static_cast<std::ptrdiff_t>(begin + kHashBytes));
    if (EVP_Digest(piece.data(), piece.size(), raw(block) + begin, nullptr, EVP_sha256(), nullptr) != 1)
      return openssl_failure();
  }
  return {};
}

/// Section 2.4: a key that is lost with any one of its stripes.
Result<Bytes> split(ByteView key, Entropy& entropy) {
  Bytes stripes;
  Bytes block(key.size());
  for (std::size_t stripe = 0; stripe + 1 < kStripes; ++stripe) {
    auto const random = random_bytes(key.size(), entropy);
    stripes.insert(stripes.end(), random.begin(), random.end());
    for (std::size_t i = 0; i < key.size(); ++i) block[i] ^= random[i];
    TRY(diffuse(block));
  }
  for (std::size_t i = 0; i < key.size(); ++i) block[i] ^= key[i];
  stripes.insert(stripes.end(), block.begin(), block.end());
  return stripes;
}

/// "aes-xts-plain64": each sector under its number.
Result<void> encrypt_sectors(Bytes& sectors, ByteView key) {
  struct Free {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
  };
  std::unique_ptr<EVP_CIPHER_CTX, Free> const context(EVP_CIPHER_CTX_new());
  for (std::size_t sector = 0; sector * kSectorBytes < sectors.size(); ++sector) {
    Bytes number;
    put_le(number, static_cast<std::uint64_t>(sector));
    number.resize(16);
    auto* const data = raw(sectors) + sector * kSectorBytes;
    int length = 0;
    if (EVP_EncryptInit_ex(context.get(), EVP_aes_256_xts(), nullptr, raw(key), raw(ByteView(number))) != 1 ||
        EVP_EncryptUpdate(context.get(), data, &length, data, static_cast<int>(kSectorBytes)) != 1)
      return openssl_failure();
  }
  return {};
}

void put_text(Bytes& out, std::string_view text, std::size_t length) {
  auto const bytes = as_bytes(text);
  out.insert(out.end(), bytes.begin(), bytes.end());
  out.resize(out.size() + length - text.size());
}
void put_bytes(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

}  // namespace

Result<Bytes> make_luks_header(std::string_view passphrase, Entropy& entropy) {
  auto const master_key = random_bytes(kMasterKeyBytes, entropy);
  auto const digest_salt = random_bytes(kSaltBytes, entropy);
  auto const slot_salt = random_bytes(kSaltBytes, entropy);
  auto const digest = TRY(derive(master_key, digest_salt, kMasterDigestBytes));
  auto const slot_key = TRY(derive(as_bytes(passphrase), slot_salt, kMasterKeyBytes));
  auto material = TRY(split(master_key, entropy));
  TRY(encrypt_sectors(material, slot_key));

  Bytes header;
  put_text(header, "LUKS\xba\xbe", 6);
  header.insert(header.end(), {std::byte{0}, std::byte{1}});  // version
  put_text(header, "aes", 32);
  put_text(header, "xts-plain64", 32);
  put_text(header, "sha256", 32);
  put_be32(header, kPayloadSector);
  put_be32(header, kMasterKeyBytes);
  put_bytes(header, digest);
  put_bytes(header, digest_salt);
  put_be32(header, kIterations);
  put_text(header, make_uuid(entropy), 40);
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    put_be32(header, slot == 0 ? kSlotEnabled : kSlotDisabled);
    put_be32(header, slot == 0 ? kIterations : 0);
    put_bytes(header, slot == 0 ? slot_salt : Bytes(kSaltBytes));
    put_be32(header, static_cast<std::uint32_t>(kFirstSlotSector + slot * kSlotSectors));
    put_be32(header, kStripes);
  }
  header.resize(kFirstSlotSector * kSectorBytes);
  put_bytes(header, material);
  header.resize(kPayloadSector * kSectorBytes);
  return header;
}

}  // namespace argosy::machines
