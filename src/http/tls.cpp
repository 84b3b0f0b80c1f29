// http/tls.cpp - see tls.h; OpenSSL does the work.
#include "http/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <array>
#include <ctime>
#include <utility>

#include "base/log.h"
#include "base/text.h"

namespace argosy::http {
namespace {

constexpr auto kLookAgain = std::chrono::seconds(1);
/// A certificate that ends sooner is worth a line in the log.
constexpr auto kExpiryNotice = std::chrono::days(21);

using Context = std::shared_ptr<ssl_ctx_st>;

std::unexpected<Error> broken(std::string const& path) {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_peek_last_error(), text.data(), text.size());
  ERR_clear_error();
  return fail(Fault::invalid, path + ": " + text.data());
}

Result<void> load_own(SSL_CTX* context, TlsFiles const& files) {
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate_path.c_str()) != 1)
    return broken(files.certificate_path);
  if (SSL_CTX_use_PrivateKey_file(context, files.key_path.c_str(), SSL_FILETYPE_PEM) != 1)
    return broken(files.key_path);
  if (SSL_CTX_check_private_key(context) != 1) return broken(files.key_path);
  return {};
}

Result<Context> make_context(TlsContext::Role role, TlsFiles const& files) {
  bool const server = role == TlsContext::Role::server;
  Context context(SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()), SSL_CTX_free);
  if (!context) return broken("TLS");
  bool const own = !files.certificate_path.empty();
  bool const mutual = own && !files.authority_path.empty();
  SSL_CTX_set_min_proto_version(context.get(), mutual ? TLS1_3_VERSION : TLS1_2_VERSION);
  if (own) TRY(load_own(context.get(), files));
  if (!files.authority_path.empty()) {
    if (SSL_CTX_load_verify_file(context.get(), files.authority_path.c_str()) != 1)
      return broken(files.authority_path);
  } else if (!server) {
    SSL_CTX_set_default_verify_paths(context.get());
  }
  if (!server) SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (server && !files.authority_path.empty()) {
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    // Every connection proves itself anew: an authority that is taken out is out at once.
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context.get(), 0);
  }
  return context;
}

/// When our own certificate does; nothing without one.
std::optional<Time> expiry_of(SSL_CTX* context) {
  auto const* certificate = SSL_CTX_get0_certificate(context);
  std::tm expires{};
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &expires) != 1)
    return std::nullopt;
  return Time{std::chrono::seconds{::timegm(&expires)}};
}

void notice_expiry(SSL_CTX* context, std::string const& path) {
  auto const expires = expiry_of(context);
  if (!expires) return;
  auto const left = *expires - system_clock().now();
  if (left < Duration::zero()) {
    log_error("{}: the certificate has expired", path);
  } else if (left < kExpiryNotice) {
    log_warning("{}: the certificate expires in {} days", path,
                std::chrono::floor<std::chrono::days>(left).count());
  }
}

}  // namespace

Result<std::unique_ptr<TlsContext>> TlsContext::open(Role role, TlsFiles files) {
  std::unique_ptr<TlsContext> out(new TlsContext(role, std::move(files)));
  out->stamp_ = out->stamp();
  out->context_ = TRY(make_context(role, out->files_));
  out->looked_ = std::chrono::steady_clock::now();
  notice_expiry(out->context_.get(), out->files_.certificate_path);
  return out;
}

Context TlsContext::current() {
  std::lock_guard lock(mutex_);
  auto const now = std::chrono::steady_clock::now();
  if (now < looked_ + kLookAgain) return context_;
  looked_ = now;
  auto seen = stamp();
  auto const said = std::exchange(failure_, {});
  if (seen == stamp_) return context_;
  auto made = make_context(role_, files_);
  auto const& name = files_.certificate_path.empty() ? files_.authority_path : files_.certificate_path;
  if (!made) {
    failure_ = made.error().message;
    if (failure_ != said) log_error("{}: TLS goes on with what was read before: {}", name, failure_);
    return context_;
  }
  stamp_ = std::move(seen);
  context_ = *std::move(made);
  log_info("{}: read anew for TLS", name);
  notice_expiry(context_.get(), files_.certificate_path);
  return context_;
}

std::optional<Time> TlsContext::expires() { return expiry_of(current().get()); }

/// Changes whenever a file does, or who may read it.
std::string TlsContext::stamp() const {
  std::string out;
  for (auto const& path : {files_.certificate_path, files_.key_path, files_.authority_path}) {
    struct stat facts {};
    if (path.empty() || ::stat(path.c_str(), &facts) != 0) {
      out += "-;";
      continue;
    }
    out +=
        fmt::format("{} {} {}.{};", facts.st_ino, facts.st_size, facts.st_ctim.tv_sec, facts.st_ctim.tv_nsec);
  }
  return out;
}

std::vector<std::string> peer_names(ssl_st* connection) {
  std::vector<std::string> out;
  std::unique_ptr<X509, void (*)(X509*)> certificate(SSL_get1_peer_certificate(connection), X509_free);
  if (!certificate) return out;
  std::unique_ptr<GENERAL_NAMES, void (*)(GENERAL_NAMES*)> names(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free);
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    auto const* name = sk_GENERAL_NAME_value(names.get(), i);
    auto const* value = name->type == GEN_DNS ? name->d.dNSName : name->d.iPAddress;
    if (name->type != GEN_DNS && name->type != GEN_IPADD) continue;
    std::string text(reinterpret_cast<char const*>(ASN1_STRING_get0_data(value)),
                     static_cast<std::size_t>(ASN1_STRING_length(value)));
    if (name->type == GEN_IPADD) {
      std::array<char, INET6_ADDRSTRLEN> shown{};
      if (::inet_ntop(text.size() == 4 ? AF_INET : AF_INET6, text.data(), shown.data(), shown.size()) ==
          nullptr)
        continue;
      text = shown.data();
    }
    out.push_back(to_lower(text));
  }
  return out;
}

}  // namespace argosy::http
