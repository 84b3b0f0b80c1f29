// keys/ciphertext.cpp - see ciphertext.h.
#include "keys/ciphertext.h"

#include <algorithm>

#include "base/assert.h"
#include "keys/errors.h"
#include "keys/identifier.h"

namespace argosy::keys {
namespace {

constexpr std::string_view kMagic = "ARGK";
constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kMultiRegion = 1;
constexpr std::size_t kFlagsAt = 5;
constexpr std::size_t kMaterialAt = 8;
constexpr std::size_t kKeyAt = 12;
constexpr std::size_t kSaltAt = 28;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHeadBytes = kSaltAt + kSaltBytes;
constexpr std::string_view kPurpose = "argosy kms ciphertext 1";

/// A key for this blob alone, from the material and the blob's salt: so the nonce can be fixed, and no
/// material ever comes near the number of messages that AES-GCM bears.
crypto::Key blob_key(crypto::Key const& material, ByteView blob) {
  return crypto::hkdf_sha256(material.bytes(), blob.subspan(kSaltAt, kSaltBytes), as_bytes(kPurpose));
}

Bytes associated(ByteView blob, EncryptionContext const& context) {
  auto out = to_bytes(blob.first(kHeadBytes));
  auto const pairs = to_canonical(context);
  out.insert(out.end(), pairs.begin(), pairs.end());
  return out;
}

constexpr std::array<std::byte, crypto::kNonceBytes> kNonce{};

}  // namespace

Result<CiphertextHead> read_head(ByteView blob) {
  if (blob.size() < kHeadBytes + crypto::kTagBytes ||
      blob.size() > kHeadBytes + kMaxPlaintextBytes + crypto::kTagBytes)
    return invalid_ciphertext();
  auto const flags = std::to_integer<std::uint8_t>(blob[kFlagsAt]);
  bool const known = as_text(blob).starts_with(kMagic) &&
                     std::to_integer<std::uint8_t>(blob[kMagic.size()]) == kVersion &&
                     flags <= kMultiRegion && get_le<std::uint16_t>(&blob[kFlagsAt + 1]) == 0;
  if (!known) return invalid_ciphertext();
  std::array<std::byte, 16> bits{};
  std::ranges::copy(blob.subspan(kKeyAt, bits.size()), bits.begin());
  return CiphertextHead{from_bits(bits, flags == kMultiRegion), get_le<std::uint32_t>(&blob[kMaterialAt])};
}

Bytes encrypt(crypto::Key const& material, CiphertextHead const& head, EncryptionContext const& context,
              ByteView plain, Entropy& entropy) {
  ARGOSY_ASSERT(plain.size() <= kMaxPlaintextBytes);
  auto blob = to_bytes(as_bytes(kMagic));
  put_le(blob, kVersion);
  put_le(blob, is_multi_region_id(head.key_id) ? kMultiRegion : std::uint8_t{0});
  put_le(blob, std::uint16_t{0});
  put_le(blob, head.material_version);
  auto const bits = to_bits(head.key_id);
  blob.insert(blob.end(), bits.begin(), bits.end());
  std::array<std::byte, kSaltBytes> salt{};
  entropy.fill(salt);
  blob.insert(blob.end(), salt.begin(), salt.end());
  auto const sealed = crypto::seal(blob_key(material, blob), kNonce, associated(blob, context), plain);
  blob.insert(blob.end(), sealed.begin(), sealed.end());
  return blob;
}

Result<Bytes> decrypt(crypto::Key const& material, EncryptionContext const& context, ByteView blob) {
  TRY(read_head(blob));
  auto plain =
      crypto::open(blob_key(material, blob), kNonce, associated(blob, context), blob.subspan(kHeadBytes));
  if (!plain) return invalid_ciphertext();
  return plain;
}

std::string material_id(crypto::Key const& material) {
  return crypto::hmac_sha256(material.bytes(), as_bytes("argosy key material id")).hex();
}

}  // namespace argosy::keys
