// replication/source.h - the asking side of replication: calls to the region that is copied from.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <semaphore>
#include <string>
#include <vector>

#include "content/reference.h"
#include "messages/replication/replication.h"
#include "remote/transport.h"

namespace argosy::replication {

/// What opens a disk whose content is encrypted.
struct Released {
  content::Child root;  ///< with its key
  bool sealed_apart;    ///< it is not to be given to another KMS key as it is
};

/// The code of what is the source's own fault: it does not answer (`unavailable`), or sent what cannot be
/// (`corrupt`). Below the domain: no client sees it. Whatever fails in this region has none.
inline constexpr std::string_view kSourceFailed = "source";
/// The same of one request: the source answers, and failed at what was asked (`unavailable`), perhaps because
/// a chunk is damaged there. Others may fare better.
inline constexpr std::string_view kRequestFailed = "request";

/// One other region (or this one, for a copy within it). Any thread.
class Source {
 public:
  /// `secret`: what regions of one process show each other. Without one a peer answers, another process: its
  /// transport proves both sides, and its bytes are believed less (see DiskCopy).
  Source(std::string region, std::string destination, std::unique_ptr<remote::Transport> transport,
         std::optional<std::string> secret)
      : region_(std::move(region)),
        destination_(std::move(destination)),
        transport_(std::move(transport)),
        secret_(std::move(secret)) {}

  std::string const& region() const { return region_; }
  bool is_peer() const { return !secret_; }
  /// Each fails with the source's public code and message, with kSourceFailed or with kRequestFailed. The
  /// lease of an opening that is not believed is given back.
  Result<messages::replication::OpenResponse> open(messages::replication::OpenRequest const& request);
  Result<void> renew(std::string const& lease);
  Result<void> close(std::string const& lease);
  Result<Released> release(messages::replication::ReleaseRequest const& request);
  /// The stored bytes of each chunk in the order asked, not verified yet.
  Result<Bytes> fetch(messages::replication::FetchRequest const& request);

 private:
  Result<http::Response> call(std::string const& operation, std::string const& body);

  std::string region_;
  std::string destination_;
  std::unique_ptr<remote::Transport> transport_;
  std::optional<std::string> secret_;
  /// Openings at the same time: users wait for them, on the workers of the public endpoint.
  using Places = std::counting_semaphore<4>;
  Places places_{4};
};

/// The regions that can be copied from, by name.
class Sources {
 public:
  void add(std::unique_ptr<Source> source) { sources_[source->region()] = std::move(source); }
  /// Fails with InvalidRegion.
  Result<Source*> find(std::string const& region);
  std::vector<Source*> all();

 private:
  std::map<std::string, std::unique_ptr<Source>> sources_;
};

/// Splits what `fetch` gave. Fails with kSourceFailed unless it holds exactly `count` chunks of possible
/// lengths.
Result<std::vector<ByteView>> split_frames(ByteView bytes, std::size_t count);

}  // namespace argosy::replication
