// crypto/crypto.cpp - see crypto.h; OpenSSL does the arithmetic.
#include "crypto/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstring>
#include <memory>

#include "base/assert.h"

namespace argosy::crypto {
namespace {

unsigned char const* raw(ByteView bytes) { return reinterpret_cast<unsigned char const*>(bytes.data()); }
unsigned char* raw(std::byte* bytes) { return reinterpret_cast<unsigned char*>(bytes); }

struct CipherContext {
  EVP_CIPHER_CTX* handle = EVP_CIPHER_CTX_new();
  CipherContext() = default;
  CipherContext(CipherContext const&) = delete;
  CipherContext& operator=(CipherContext const&) = delete;
  ~CipherContext() { EVP_CIPHER_CTX_free(handle); }
};

EVP_CIPHER* aes_256_gcm() {
  static EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  return cipher;
}

}  // namespace

Key::~Key() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

bool operator==(Key const& a, Key const& b) { return equal_in_constant_time(a.bytes(), b.bytes()); }

Key Key::random(Entropy& entropy) {
  Key key;
  entropy.fill(key.bytes_);
  return key;
}

Result<Key> Key::copy_of(ByteView bytes) {
  Key key;
  if (bytes.size() != key.bytes_.size()) return fail(Fault::invalid, "a key has 32 bytes");
  std::memcpy(key.bytes_.data(), bytes.data(), bytes.size());
  return key;
}

digest::Digest hmac_sha256(ByteView key, ByteView message) {
  digest::Digest out;
  unsigned length = 0;
  unsigned char const none = 0;
  auto const* made = HMAC(EVP_sha256(), key.empty() ? &none : raw(key), static_cast<int>(key.size()),
                          raw(message), message.size(), raw(out.bytes.data()), &length);
  ARGOSY_ASSERT(made != nullptr && length == out.bytes.size());
  return out;
}

Key hkdf_sha256(ByteView secret, ByteView salt, ByteView info) {
  std::array<std::byte, 32> const no_salt{};
  auto extracted = hmac_sha256(salt.empty() ? ByteView(no_salt) : salt, secret);
  Bytes block = to_bytes(info);
  block.push_back(std::byte{1});
  auto expanded = hmac_sha256(extracted.bytes, block);
  Key key(expanded.bytes);
  for (auto* left : {&extracted, &expanded}) OPENSSL_cleanse(left->bytes.data(), left->bytes.size());
  return key;
}

bool equal_in_constant_time(ByteView a, ByteView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Bytes seal(Key const& key, ByteView nonce, ByteView associated, ByteView plain) {
  ARGOSY_ASSERT(nonce.size() == kNonceBytes);
  CipherContext context;
  Bytes out(plain.size() + kTagBytes);
  int length = 0;
  bool ok = EVP_EncryptInit_ex2(context.handle, aes_256_gcm(), raw(key.bytes()), raw(nonce), nullptr) == 1;
  ok = ok && EVP_EncryptUpdate(context.handle, nullptr, &length, raw(associated),
                               static_cast<int>(associated.size())) == 1;
  ok = ok && EVP_EncryptUpdate(context.handle, raw(out.data()), &length, raw(plain),
                               static_cast<int>(plain.size())) == 1;
  ok = ok && EVP_EncryptFinal_ex(context.handle, raw(out.data()) + length, &length) == 1;
  ok = ok && EVP_CIPHER_CTX_ctrl(context.handle, EVP_CTRL_GCM_GET_TAG, static_cast<int>(kTagBytes),
                                 out.data() + plain.size()) == 1;
  ARGOSY_ASSERT(ok);
  return out;
}

Result<Bytes> open(Key const& key, ByteView nonce, ByteView associated, ByteView sealed) {
  if (sealed.size() < kTagBytes || nonce.size() != kNonceBytes)
    return fail(Fault::corrupt, "sealed bytes are too short");
  CipherContext context;
  auto body = sealed.first(sealed.size() - kTagBytes);
  Bytes tag = to_bytes(sealed.last(kTagBytes));
  Bytes out(body.size() + 1);  // never an empty buffer
  int length = 0;
  bool ok = EVP_DecryptInit_ex2(context.handle, aes_256_gcm(), raw(key.bytes()), raw(nonce), nullptr) == 1;
  ok = ok && EVP_DecryptUpdate(context.handle, nullptr, &length, raw(associated),
                               static_cast<int>(associated.size())) == 1;
  ok = ok && EVP_DecryptUpdate(context.handle, raw(out.data()), &length, raw(body),
                               static_cast<int>(body.size())) == 1;
  ok = ok && EVP_CIPHER_CTX_ctrl(context.handle, EVP_CTRL_GCM_SET_TAG, static_cast<int>(kTagBytes),
                                 tag.data()) == 1;
  ok = ok && EVP_DecryptFinal_ex(context.handle, raw(out.data()) + length, &length) == 1;
  if (!ok) return fail(Fault::corrupt, "sealed bytes do not open under this key");
  out.resize(body.size());
  return out;
}

Bytes wrap(Key const& key, ByteView associated, ByteView plain, Entropy& entropy) {
  Bytes out(kNonceBytes);
  entropy.fill(out);
  auto sealed = seal(key, out, associated, plain);
  out.insert(out.end(), sealed.begin(), sealed.end());
  return out;
}

Result<Bytes> unwrap(Key const& key, ByteView associated, ByteView wrapped) {
  if (wrapped.size() < kNonceBytes) return fail(Fault::corrupt, "wrapped bytes are too short");
  return open(key, wrapped.first(kNonceBytes), associated, wrapped.subspan(kNonceBytes));
}

}  // namespace argosy::crypto
