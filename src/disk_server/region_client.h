// disk_server/region_client.h - the two calls of EBS direct that serve a disk, each tried once: whoever calls
// decides how long to go on.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "disk_server/session.h"
#include "http/message.h"
#include "messages/ebs/ebs.h"
#include "remote/transport.h"

namespace argosy::disk_server {

inline constexpr std::uint64_t kBlockBytes = messages::ebs::kBlockSize;

/// The code of a failure after which listing the blocks again gives tokens that are taken.
inline constexpr std::string_view kBadBlockToken = "INVALID_BLOCK_TOKEN";

/// Any thread. What may pass fails with `unavailable`: no answer, an overloaded region, an answer of
/// something that is not EBS direct, a signature that expired on its way or is of another time than the
/// region's, credentials that have expired or were renewed meanwhile. Everything else is definitive, and its
/// message names snapshot and block.
class RegionClient {
 public:
  using OpenTransport = std::function<Result<std::unique_ptr<remote::Transport>>(Session const&)>;

  RegionClient(SessionFile& file, OpenTransport open, Clock& clock)
      : file_(file), open_(std::move(open)), clock_(clock) {}

  std::string snapshot_id() const { return file_.current()->snapshot_id; }
  /// Written blocks from `start` on; with a token, what follows the page that had it.
  Result<messages::ebs::ListSnapshotBlocksResponse> list(std::uint64_t start,
                                                         std::optional<std::string> const& page_token);
  /// The block's kBlockBytes, compared with their checksum.
  Result<Bytes> get(messages::ebs::Block const& block);
  /// Somebody waits for the region. The log says so once, and once more when it has answered.
  void tell_away(Error const& why);

 private:
  Result<http::Response> send(http::Request request, std::string const& what);
  Result<std::shared_ptr<remote::Transport>> transport_of(Session const& session);
  void tell_answered();

  SessionFile& file_;
  OpenTransport const open_;
  std::atomic<bool> away_ = false;  ///< the log says that the region is
  Clock& clock_;
  std::mutex mutex_;                           // guards what follows
  std::string endpoint_;                       ///< that transport_ was opened for
  std::optional<std::string> authority_path_;  ///< the same
  std::shared_ptr<remote::Transport>
      transport_;  ///< shared: a call under way keeps the one that it began with
};

/// Over HTTP, with timeouts after which a region counts as away.
Result<std::unique_ptr<remote::Transport>> open_transport(Session const& session);

}  // namespace argosy::disk_server
