// http/tls.h - TLS from PEM files, read anew when they change, and who a verified certificate says it is.
#pragma once
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

struct ssl_st;      // OpenSSL's SSL
struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace argosy::http {

struct TlsFiles {
  std::string certificate_path;  ///< PEM, the whole chain; a client may have none
  std::string key_path;          ///< PEM
  /// PEM of the authorities that the other side's certificate must come from. A client without them trusts
  /// the system's, a server without them asks for no certificate. With them and a certificate of our own both
  /// sides prove themselves: TLS 1.3 only.
  std::string authority_path;
};

/// Any thread.
class TlsContext {
 public:
  enum class Role { server, client };

  /// Fails with `invalid` if the files cannot be read or do not fit each other.
  static Result<std::unique_ptr<TlsContext>> open(Role role, TlsFiles files);

  /// What a new connection uses. At most once a second it looks whether a file has changed, and reads them
  /// anew. Files that cannot be used are tried again and again, and what was read before stays until then;
  /// the log says once why.
  std::shared_ptr<ssl_ctx_st> current();
  /// When our own certificate expires, as it is used now; nothing without one.
  std::optional<Time> expires();

 private:
  TlsContext(Role role, TlsFiles files) : role_(role), files_(std::move(files)) {}
  std::string stamp() const;

  Role const role_;
  TlsFiles const files_;
  std::mutex mutex_;  // guards what follows
  std::shared_ptr<ssl_ctx_st> context_;
  std::string stamp_;    ///< of the files as they were read
  std::string failure_;  ///< why those that have changed could not be
  std::chrono::steady_clock::time_point looked_;
};

/// The DNS names and addresses in the other side's certificate, in lower case; none without one.
std::vector<std::string> peer_names(ssl_st* connection);

}  // namespace argosy::http
