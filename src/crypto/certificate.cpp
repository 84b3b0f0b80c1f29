// crypto/certificate.cpp - see certificate.h; OpenSSL does the work.
#include "crypto/certificate.h"

#include <openssl/pem.h>  // before cms.h, which reads and writes PEM only then

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <memory>

#include "crypto/openssl_pointer.h"

namespace argosy::crypto {
namespace {

constexpr long kSlowClockSeconds = 3'600;
constexpr long kDaySeconds = 86'400;

using Certificate = OpensslPointer<X509, X509_free>;
using PrivateKey = OpensslPointer<EVP_PKEY, EVP_PKEY_free>;
using Buffer = OpensslPointer<BIO, BIO_free>;
using Message = OpensslPointer<CMS_ContentInfo, CMS_ContentInfo_free>;
using Store = OpensslPointer<X509_STORE, X509_STORE_free>;

struct FreeCertificates {
  void operator()(STACK_OF(X509) * list) const { sk_X509_pop_free(list, X509_free); }
};
using Certificates = std::unique_ptr<STACK_OF(X509), FreeCertificates>;

std::unexpected<Error> broken(Fault fault, std::string const& what) {
  std::array<char, 256> text{};
  auto const code = ERR_peek_last_error();
  ERR_error_string_n(code, text.data(), text.size());
  ERR_clear_error();
  return fail(fault, code == 0 ? what : what + ": " + text.data());
}

Buffer buffer_of(std::string_view text) {
  return Buffer(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}
std::string text_of(Buffer const& buffer) {
  char* data = nullptr;
  auto const length = BIO_get_mem_data(buffer.get(), &data);
  return {data, static_cast<std::size_t>(length)};
}
Buffer empty_buffer() { return Buffer(BIO_new(BIO_s_mem())); }

Result<Certificate> read_certificate(std::string const& pem) {
  Certificate out(PEM_read_bio_X509(buffer_of(pem).get(), nullptr, nullptr, nullptr));
  if (!out) return broken(Fault::invalid, "no certificate in PEM");
  return out;
}
Result<PrivateKey> read_key(std::string const& pem) {
  PrivateKey out(PEM_read_bio_PrivateKey(buffer_of(pem).get(), nullptr, nullptr, nullptr));
  if (!out) return broken(Fault::invalid, "no private key in PEM");
  return out;
}
/// Every certificate in a PEM text.
Result<Store> read_authorities(std::string const& pem) {
  Store store(X509_STORE_new());
  auto buffer = buffer_of(pem);
  int count = 0;
  while (Certificate one{PEM_read_bio_X509(buffer.get(), nullptr, nullptr, nullptr)}) {
    X509_STORE_add_cert(store.get(), one.get());
    ++count;
  }
  if (count == 0) return broken(Fault::invalid, "no authority's certificate in PEM");
  ERR_clear_error();  // the end of the text is an error of PEM's
  X509_STORE_set_purpose(store.get(), X509_PURPOSE_SSL_CLIENT);
  return store;
}

std::string to_pem(X509* certificate) {
  auto buffer = empty_buffer();
  PEM_write_bio_X509(buffer.get(), certificate);
  return text_of(buffer);
}
std::string to_pem(EVP_PKEY* key) {
  auto buffer = empty_buffer();
  PEM_write_bio_PKCS8PrivateKey(buffer.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(buffer);
}

bool is_address(std::string const& name) {
  std::array<unsigned char, sizeof(in6_addr)> parsed{};
  return ::inet_pton(AF_INET, name.c_str(), parsed.data()) == 1 ||
         ::inet_pton(AF_INET6, name.c_str(), parsed.data()) == 1;
}
/// RFC 1123: labels of letters, digits and '-'.
bool is_dns_name(std::string const& name) {
  return !name.empty() && name.size() <= 253 && name.front() != '.' && name.front() != '-' &&
         name.find("..") == std::string::npos && std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                  c == '.';
         });
}

bool add_extension(X509* certificate, X509* issuer, int id, std::string const& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  OpensslPointer<X509_EXTENSION, X509_EXTENSION_free> extension(
      X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

/// A certificate with a random number and a name, not signed yet.
Certificate new_certificate(std::string_view name, EVP_PKEY* key, int days) {
  Certificate out(X509_new());
  std::array<unsigned char, 16> serial{};
  RAND_bytes(serial.data(), static_cast<int>(serial.size()));
  serial[0] = static_cast<unsigned char>(serial[0] & 0x7fU);  // a positive number
  OpensslPointer<BIGNUM, BN_free> number(BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr));
  BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(out.get()));
  X509_set_version(out.get(), X509_VERSION_3);
  X509_gmtime_adj(X509_getm_notBefore(out.get()), -kSlowClockSeconds);
  X509_gmtime_adj(X509_getm_notAfter(out.get()), days * kDaySeconds);
  X509_set_pubkey(out.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(out.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<unsigned char const*>(name.data()),
                             static_cast<int>(std::min<std::size_t>(name.size(), 64)), -1, 0);
  return out;
}

}  // namespace

Result<Certified> make_authority(std::string_view name, int days) {
  PrivateKey key(EVP_EC_gen("P-256"));
  if (!key) return broken(Fault::unavailable, "cannot make a key");
  auto certificate = new_certificate(name, key.get(), days);
  auto* self = certificate.get();
  X509_set_issuer_name(self, X509_get_subject_name(self));
  bool const made = add_extension(self, self, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                    add_extension(self, self, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                    add_extension(self, self, NID_subject_key_identifier, "hash") &&
                    X509_sign(self, key.get(), EVP_sha256()) != 0;
  if (!made) return broken(Fault::invalid, "cannot make the authority");
  return Certified{to_pem(self), to_pem(key.get())};
}

Result<Certified> issue_certificate(Certified const& authority, std::vector<std::string> const& names,
                                    int days) {
  auto issuer = TRY(read_certificate(authority.certificate));
  auto issuer_key = TRY(read_key(authority.key));
  if (X509_check_ca(issuer.get()) != 1 || X509_check_private_key(issuer.get(), issuer_key.get()) != 1)
    return broken(Fault::invalid, "this is no authority's certificate with its key");
  if (X509_cmp_current_time(X509_get0_notAfter(issuer.get())) <= 0)
    return fail(Fault::invalid, "the authority has expired");
  std::string list;
  for (auto const& name : names) {
    bool const address = is_address(name);
    if (!address && !is_dns_name(name))
      return fail(Fault::invalid, "'" + name + "' is neither a DNS name nor an address");
    (list += list.empty() ? "" : ",") += (address ? "IP:" : "DNS:") + name;
  }
  if (list.empty()) return fail(Fault::invalid, "a certificate needs a name");
  PrivateKey key(EVP_EC_gen("P-256"));
  if (!key) return broken(Fault::unavailable, "cannot make a key");
  auto certificate = new_certificate(names.front(), key.get(), days);
  auto* made = certificate.get();
  if (ASN1_TIME_compare(X509_get0_notAfter(made), X509_get0_notAfter(issuer.get())) > 0)
    X509_set1_notAfter(made, X509_get0_notAfter(issuer.get()));
  X509_set_issuer_name(made, X509_get_subject_name(issuer.get()));
  bool const whole =
      add_extension(made, issuer.get(), NID_basic_constraints, "critical,CA:FALSE") &&
      add_extension(made, issuer.get(), NID_key_usage, "critical,digitalSignature,keyAgreement") &&
      add_extension(made, issuer.get(), NID_ext_key_usage, "serverAuth,clientAuth") &&
      add_extension(made, issuer.get(), NID_subject_alt_name, list) &&
      add_extension(made, issuer.get(), NID_authority_key_identifier, "keyid") &&
      X509_sign(made, issuer_key.get(), EVP_sha256()) != 0;
  if (!whole) return broken(Fault::invalid, "cannot issue the certificate");
  return Certified{to_pem(made), to_pem(key.get())};
}

Result<Time> find_end(std::string const& certificate) {
  auto const read = TRY(read_certificate(certificate));
  std::tm parts{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(read.get()), &parts) != 1)
    return broken(Fault::invalid, "a certificate without an end");
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::from_time_t(::timegm(&parts)));
}

bool has_name(std::string const& certificate, std::string const& name) {
  auto read = read_certificate(certificate);
  if (!read) return false;
  return is_address(name) ? X509_check_ip_asc(read->get(), name.c_str(), 0) == 1
                          : X509_check_host(read->get(), name.data(), name.size(),
                                            X509_CHECK_FLAG_NO_WILDCARDS, nullptr) == 1;
}

Result<void> check_issued(std::string const& certificate, std::string const& authorities) {
  auto read = TRY(read_certificate(certificate));
  auto store = TRY(read_authorities(authorities));
  OpensslPointer<X509_STORE_CTX, X509_STORE_CTX_free> context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), read.get(), nullptr);
  if (X509_verify_cert(context.get()) != 1)
    return fail(Fault::denied, std::string("the certificate is not accepted: ") +
                                   X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
  return {};
}

Result<std::string> sign_and_seal(std::string_view plain, Certified const& own,
                                  std::string const& destination) {
  auto certificate = TRY(read_certificate(own.certificate));
  auto key = TRY(read_key(own.key));
  auto recipient = TRY(read_certificate(destination));
  Message signed_message(
      CMS_sign(certificate.get(), key.get(), nullptr, buffer_of(plain).get(), CMS_BINARY | CMS_NOSMIMECAP));
  auto bytes = empty_buffer();
  if (!signed_message || i2d_CMS_bio(bytes.get(), signed_message.get()) != 1)
    return broken(Fault::invalid, "cannot sign with this key");
  Certificates recipients(sk_X509_new_null());
  sk_X509_push(recipients.get(), recipient.release());
  Message sealed(CMS_encrypt(recipients.get(), bytes.get(), EVP_aes_256_gcm(), CMS_BINARY));
  auto out = empty_buffer();
  if (!sealed || PEM_write_bio_CMS(out.get(), sealed.get()) != 1)
    return broken(Fault::invalid, "cannot seal for that certificate (its key must be on P-256 or RSA)");
  return text_of(out);
}

Result<Unsealed> unseal(std::string const& sealed, Certified const& own, std::string const& authorities) {
  auto certificate = TRY(read_certificate(own.certificate));
  auto key = TRY(read_key(own.key));
  auto store = TRY(read_authorities(authorities));
  Message envelope(PEM_read_bio_CMS(buffer_of(sealed).get(), nullptr, nullptr, nullptr));
  if (!envelope) return broken(Fault::invalid, "this is nothing that was sealed (CMS in PEM)");
  auto bytes = empty_buffer();
  if (CMS_decrypt(envelope.get(), key.get(), certificate.get(), nullptr, bytes.get(), CMS_BINARY) != 1)
    return broken(Fault::denied, "it is not sealed for this certificate, or was changed");
  Message signed_message(d2i_CMS_bio(bytes.get(), nullptr));
  if (!signed_message) return broken(Fault::denied, "it is not signed");
  auto plain = empty_buffer();
  if (CMS_verify(signed_message.get(), nullptr, store.get(), nullptr, plain.get(), CMS_BINARY) != 1)
    return broken(Fault::denied, "its signature is not accepted");
  std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> signers(
      CMS_get0_signers(signed_message.get()), [](STACK_OF(X509) * list) { sk_X509_free(list); });
  if (!signers || sk_X509_num(signers.get()) != 1)
    return fail(Fault::denied, "it has not exactly one signer");
  return Unsealed{text_of(plain), to_pem(sk_X509_value(signers.get(), 0))};
}

}  // namespace argosy::crypto
