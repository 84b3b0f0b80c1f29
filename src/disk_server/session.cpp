// disk_server/session.cpp - see session.h.
#include "disk_server/session.h"

#include <sys/stat.h>

#include <utility>

#include "base/log.h"
#include "base/private_file.h"
#include "http/listener.h"
#include "wire/json.h"

namespace argosy::disk_server {
namespace {

/// Differs when the file was replaced or written; empty if there is none.
std::string stamp_of(std::string const& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return {};
  return fmt::format("{} {} {} {} {}", facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtim.tv_sec,
                     facts.st_mtim.tv_nsec);
}

Result<Session> read_session(std::string const& path) {
  auto const text = TRY(read_private_file(path));
  auto session = parse_session(text);
  if (!session) return fail(session.error().fault, path + ": " + session.error().message);
  return session;
}

}  // namespace

Result<http::Endpoint> endpoint_of(Session const& session) {
  auto socket = http::local_path(session.endpoint);
  if (socket.empty()) return http::parse_endpoint(session.endpoint);
  if (!socket.starts_with('/')) return fail(Fault::invalid, session.endpoint + ": not an absolute path");
  http::Endpoint endpoint{false, "localhost", 80, {}};
  endpoint.local_socket = std::move(socket);
  return endpoint;
}

Result<Session> parse_session(std::string_view text) {
  auto session = TRY(wire::decode_json<Session>(text, wire::Naming::snake));
  if (session.volume_size_bytes <= 0) return fail(Fault::invalid, "volume_size_bytes must be positive");
  TRY(endpoint_of(session));
  return session;
}

std::string print_session(Session const& session) { return wire::encode_json(session, wire::Naming::snake); }

Result<std::unique_ptr<SessionFile>> SessionFile::open(std::string path) {
  auto stamp = stamp_of(path);
  auto session = std::make_shared<Session const>(TRY(read_session(path)));
  return std::unique_ptr<SessionFile>(new SessionFile(std::move(path), std::move(stamp), std::move(session)));
}

std::shared_ptr<Session const> SessionFile::current() {
  std::lock_guard lock(mutex_);
  auto stamp = stamp_of(path_);
  if (stamp == stamp_) return session_;
  auto const said = std::exchange(failure_, {});
  auto read = read_session(path_);
  if (!read) {
    failure_ = read.error().message;
  } else if (read->snapshot_id != session_->snapshot_id ||
             read->volume_size_bytes != session_->volume_size_bytes) {
    failure_ = path_ + " names another disk";
  } else {
    stamp_ = std::move(stamp);
    session_ = std::make_shared<Session const>(*std::move(read));
  }
  if (!failure_.empty() && failure_ != said)
    log_error("the session of {} stays what it was: {}", session_->snapshot_id, failure_);
  return session_;
}

}  // namespace argosy::disk_server
