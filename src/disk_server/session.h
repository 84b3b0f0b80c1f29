// disk_server/session.h - what a disk server is told: which snapshot to serve, where it is, and the
// credentials that read it. A private file says so, and whoever wrote it replaces it before the credentials
// end.
#pragma once
#include <boost/describe.hpp>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/error.h"
#include "http/url.h"
#include "remote/sign.h"

namespace argosy::disk_server {

/// As JSON, with these names.
struct Session {
  std::string endpoint;  ///< URL of EBS direct, or unix:PATH of a local socket that speaks it
  std::string region;
  std::string snapshot_id;
  std::int64_t volume_size_bytes = 0;  ///< what lies behind the snapshot's end reads as zeros
  std::string access_key_id;
  std::string secret_access_key;
  std::optional<std::string> session_token;
  std::optional<std::string>
      expires;  ///< for people who look into the file: the region says what has expired
  std::optional<std::string>
      authority_path;  ///< PEM of the authorities of an https endpoint; none: the system's

  remote::Credentials credentials() const { return {access_key_id, secret_access_key, session_token}; }
  bool operator==(Session const&) const = default;
};
BOOST_DESCRIBE_STRUCT(Session, (),
                      (endpoint, region, snapshot_id, volume_size_bytes, access_key_id, secret_access_key,
                       session_token, expires, authority_path))

/// What `endpoint` says. Fails with `invalid`.
Result<http::Endpoint> endpoint_of(Session const& session);

/// Fails with `invalid`.
Result<Session> parse_session(std::string_view text);
std::string print_session(Session const& session);

/// The file at a path, read again when it was replaced. Any thread.
class SessionFile {
 public:
  /// Fails if it cannot be read, `denied` if others than its owner may read it.
  static Result<std::unique_ptr<SessionFile>> open(std::string path);

  /// As the file says now. What cannot be read, or names another disk, is tried again each time, and what was
  /// read before stays until then; the log says once why.
  std::shared_ptr<Session const> current();

 private:
  SessionFile(std::string path, std::string stamp, std::shared_ptr<Session const> session)
      : path_(std::move(path)), stamp_(std::move(stamp)), session_(std::move(session)) {}

  std::string const path_;
  std::mutex mutex_;     // guards what follows
  std::string stamp_;    ///< of the file as it was read
  std::string failure_;  ///< why the one that has changed could not be
  std::shared_ptr<Session const> session_;
};

}  // namespace argosy::disk_server
