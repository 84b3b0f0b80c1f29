// crypto/ssh_key.cpp - see ssh_key.h; OpenSSL does the arithmetic.
#include "crypto/ssh_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <memory>

#include "crypto/openssl_pointer.h"
#include "digest/sha256.h"

namespace argosy::crypto {
namespace {

constexpr std::string_view kRsa = "ssh-rsa";
constexpr std::string_view kEd25519 = "ssh-ed25519";
constexpr std::size_t kEd25519Bytes = 32;
constexpr std::size_t kMaxTextBytes = 16'384;  // base64 of the longest RSA key, and a comment
constexpr int kMinRsaBits = 1'024;
constexpr int kMaxRsaBits = 16'384;
constexpr unsigned kNewRsaBits = 2'048;

using AnyKey = OpensslPointer<EVP_PKEY, EVP_PKEY_free>;
using KeyContext = OpensslPointer<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using Number = OpensslPointer<BIGNUM, BN_clear_free>;
using Buffer = OpensslPointer<BIO, BIO_free>;
using Builder = OpensslPointer<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Parameters = OpensslPointer<OSSL_PARAM, OSSL_PARAM_free>;
using Pkcs8 = OpensslPointer<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;

unsigned char const* raw(ByteView bytes) { return reinterpret_cast<unsigned char const*>(bytes.data()); }
unsigned char* raw(Bytes& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

std::unexpected<Error> no_key(std::string why) { return fail(Fault::invalid, std::move(why)); }

// The encoding of RFC 4251 section 5.

void put_length(Bytes& out, std::size_t length) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::byte>((length >> shift) & 0xffU));
}
void put_string(Bytes& out, ByteView bytes) {
  put_length(out, bytes.size());
  out.insert(out.end(), bytes.begin(), bytes.end());
}
/// An mpint: one more byte in front if the uppermost bit would be taken for a sign.
void put_number(Bytes& out, BIGNUM const* number) {
  Bytes bytes(static_cast<std::size_t>(BN_num_bytes(number)));
  BN_bn2bin(number, raw(bytes));
  if (!bytes.empty() && (bytes.front() & std::byte{0x80}) != std::byte{})
    bytes.insert(bytes.begin(), std::byte{});
  put_string(out, bytes);
}
/// Takes a string off the front.
Result<ByteView> take_string(ByteView& from) {
  constexpr std::size_t kLengthBytes = 4;
  if (from.size() < kLengthBytes) return no_key("the key ends early");
  std::size_t length = 0;
  for (std::size_t i = 0; i < kLengthBytes; ++i)
    length = (length << 8U) | std::to_integer<std::size_t>(from[i]);
  from = from.subspan(kLengthBytes);
  if (from.size() < length) return no_key("the key ends early");
  auto out = from.first(length);
  from = from.subspan(length);
  return out;
}

Bytes rsa_blob(BIGNUM const* exponent, BIGNUM const* modulus) {
  Bytes out;
  put_string(out, as_bytes(kRsa));
  put_number(out, exponent);
  put_number(out, modulus);
  return out;
}
Bytes ed25519_blob(ByteView key) {
  Bytes out;
  put_string(out, as_bytes(kEd25519));
  put_string(out, key);
  return out;
}

Result<AnyKey> rsa_key(ByteView exponent, ByteView modulus) {
  Number e(BN_bin2bn(raw(exponent), static_cast<int>(exponent.size()), nullptr));
  Number n(BN_bin2bn(raw(modulus), static_cast<int>(modulus.size()), nullptr));
  auto const bits = BN_num_bits(n.get());
  if (bits < kMinRsaBits || bits > kMaxRsaBits) return no_key("an RSA key has 1,024 to 16,384 bits");
  if (BN_is_odd(e.get()) == 0 || BN_is_one(e.get()) == 1 || BN_is_odd(n.get()) == 0)
    return no_key("these numbers are no RSA key");
  Builder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  Parameters const parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  KeyContext const context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* made = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1)
    return no_key("OpenSSL does not take the RSA key");
  return AnyKey(made);
}

/// Reads a blob whole: whatever follows the key is refused.
Result<SshPublicKey> read_blob(ByteView blob) {
  auto rest = blob;
  auto type = TRY(take_string(rest));
  if (as_text(type) == kEd25519) {
    auto key = TRY(take_string(rest));
    if (key.size() != kEd25519Bytes || !rest.empty()) return no_key("an Ed25519 key has 32 bytes");
    return SshPublicKey{SshKeyType::ed25519, to_bytes(blob)};
  }
  if (as_text(type) != kRsa) return no_key("only ssh-rsa and ssh-ed25519 keys are taken");
  auto exponent = TRY(take_string(rest));
  auto modulus = TRY(take_string(rest));
  if (!rest.empty()) return no_key("something follows the key");
  TRY(rsa_key(exponent, modulus));
  return SshPublicKey{SshKeyType::rsa, to_bytes(blob)};
}

Number number_of(EVP_PKEY const* key, char const* name) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(key, name, &number);
  return Number(number);
}
Result<Bytes> rsa_blob(EVP_PKEY const* key) {
  auto const exponent = number_of(key, OSSL_PKEY_PARAM_RSA_E);
  auto const modulus = number_of(key, OSSL_PKEY_PARAM_RSA_N);
  if (!exponent || !modulus) return no_key("not an RSA key");
  return rsa_blob(exponent.get(), modulus.get());
}
Result<Bytes> ed25519_public(EVP_PKEY const* key) {
  Bytes out(kEd25519Bytes);
  std::size_t length = out.size();
  if (EVP_PKEY_get_raw_public_key(key, raw(out), &length) != 1 || length != out.size())
    return no_key("not an Ed25519 key");
  return out;
}

Result<SshPublicKey> read_der(ByteView der) {
  auto const* at = raw(der);
  AnyKey const key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  if (!key || at != raw(der) + der.size()) return no_key("no public key in DER");
  if (EVP_PKEY_is_a(key.get(), "ED25519") == 1)
    return read_blob(ed25519_blob(TRY(ed25519_public(key.get()))));
  return read_blob(TRY(rsa_blob(key.get())));
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  auto const first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// The base64 between RFC 4716's two lines, without headers ("Comment: …") and what a '\' continues of them.
std::string body_of_rfc4716(std::string_view text) {
  std::string out;
  bool header = false;
  while (!text.empty()) {
    auto const end = text.find('\n');
    auto const line = trimmed(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    bool const continued = line.ends_with('\\');
    if (!header && !line.starts_with("----") && !line.contains(':')) out += line;
    header = continued && (header || line.contains(':'));
  }
  return out;
}

std::string with_colons(ByteView digest) {
  std::string out;
  for (auto const& byte : digest) (out += out.empty() ? "" : ":") += to_hex(ByteView(&byte, 1));
  return out;
}
std::string digest_with_colons(EVP_MD const* method, ByteView bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned length = 0;
  EVP_Digest(bytes.data(), bytes.size(), out.data(), &length, method, nullptr);
  return with_colons(std::as_bytes(std::span(out).first(length)));
}

std::string text_of(Buffer const& buffer) {
  char* data = nullptr;
  auto const length = BIO_get_mem_data(buffer.get(), &data);
  return {data, static_cast<std::size_t>(length)};
}

/// What `write` says is needed, written by it.
template <class Write>
Bytes der_of(Write const& write) {
  Bytes out(static_cast<std::size_t>(std::max(write(nullptr), 0)));
  auto* at = raw(out);
  write(&at);
  return out;
}

Result<SshKeyPair> make_rsa() {
  AnyKey const key(EVP_RSA_gen(kNewRsaBits));
  if (!key) return fail(Fault::unavailable, "OpenSSL made no RSA key");
  Buffer const pem(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey_traditional(pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  Pkcs8 const pkcs8(EVP_PKEY2PKCS8(key.get()));
  auto const der = der_of([&](unsigned char** at) { return i2d_PKCS8_PRIV_KEY_INFO(pkcs8.get(), at); });
  auto blob = TRY(rsa_blob(key.get()));
  return SshKeyPair{{SshKeyType::rsa, std::move(blob)}, text_of(pem), digest_with_colons(EVP_sha1(), der)};
}

/// OpenSSH's PROTOCOL.key, without a passphrase.
std::string openssh_private_key(ByteView blob, ByteView seed, ByteView key, ByteView check) {
  constexpr std::size_t kAlignment = 8;
  constexpr std::size_t kColumns = 70;
  Bytes secret;
  secret.insert(secret.end(), check.begin(), check.end());
  secret.insert(secret.end(), check.begin(), check.end());
  secret.insert(secret.end(), blob.begin(), blob.end());
  Bytes both = to_bytes(seed);
  both.insert(both.end(), key.begin(), key.end());
  put_string(secret, both);
  put_string(secret, {});  // no comment
  for (unsigned pad = 1; secret.size() % kAlignment != 0; ++pad)
    secret.push_back(static_cast<std::byte>(pad));
  Bytes out = to_bytes(as_bytes(std::string_view("openssh-key-v1\0", 15)));
  put_string(out, as_bytes("none"));  // cipher
  put_string(out, as_bytes("none"));  // of the passphrase
  put_string(out, {});
  put_length(out, 1);  // keys
  put_string(out, blob);
  put_string(out, secret);
  auto const base64 = to_base64(out);
  std::string pem = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
  for (std::size_t at = 0; at < base64.size(); at += kColumns) pem += base64.substr(at, kColumns) + "\n";
  return pem + "-----END OPENSSH PRIVATE KEY-----\n";
}

Result<SshKeyPair> make_ed25519(Entropy& entropy) {
  std::array<std::byte, kEd25519Bytes> seed{};
  std::array<std::byte, 4> check{};
  entropy.fill(seed);
  entropy.fill(check);
  AnyKey const key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, raw(ByteView(seed)), seed.size()));
  if (!key) return fail(Fault::unavailable, "OpenSSL made no Ed25519 key");
  auto const shown = TRY(ed25519_public(key.get()));
  SshPublicKey made{SshKeyType::ed25519, ed25519_blob(shown)};
  auto secret = openssh_private_key(made.blob, seed, shown, check);
  auto fingerprint = imported_fingerprint(made);
  return SshKeyPair{std::move(made), std::move(secret), std::move(fingerprint)};
}

}  // namespace

std::string SshPublicKey::text() const {
  return std::string(type == SshKeyType::rsa ? kRsa : kEd25519) + " " + to_base64(blob);
}

Result<SshPublicKey> parse_ssh_public_key(std::string_view text) {
  if (text.size() > kMaxTextBytes) return no_key("the key is too long");
  text = trimmed(text);
  if (text.starts_with("---- BEGIN SSH2 PUBLIC KEY ----"))
    return read_blob(TRY(from_base64(body_of_rfc4716(text))));
  auto const space = text.find(' ');
  if (space == std::string_view::npos) {
    std::string base64(text);
    std::erase_if(base64, [](char c) { return c == '\r' || c == '\n'; });
    return read_der(TRY(from_base64(base64)));
  }
  auto const rest = trimmed(text.substr(space));
  auto key = TRY(read_blob(TRY(from_base64(rest.substr(0, rest.find_first_of(" \t\r\n"))))));
  if (text.substr(0, space) != (key.type == SshKeyType::rsa ? kRsa : kEd25519))
    return no_key("the key is not of the type that it says");
  return key;
}

std::string imported_fingerprint(SshPublicKey const& key) {
  if (key.type == SshKeyType::ed25519) return to_base64(digest::sha256(key.blob).bytes);
  ByteView rest = key.blob;
  auto numbers = [&]() -> Result<AnyKey> {
    TRY(take_string(rest));
    auto exponent = TRY(take_string(rest));
    auto modulus = TRY(take_string(rest));
    return rsa_key(exponent, modulus);
  }();
  if (!numbers) return {};
  auto const der = der_of([&](unsigned char** at) { return i2d_PUBKEY(numbers->get(), at); });
  return digest_with_colons(EVP_md5(), der);
}

Result<SshKeyPair> make_ssh_key_pair(SshKeyType type, Entropy& entropy) {
  return type == SshKeyType::rsa ? make_rsa() : make_ed25519(entropy);
}

}  // namespace argosy::crypto
