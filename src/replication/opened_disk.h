// replication/opened_disk.h - a disk that a lease opened at the source: its chunks by place, verified, over a
// few connections.
#pragma once
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "content/reference.h"
#include "replication/source.h"
#include "store/tree.h"

namespace argosy::replication {

/// Any thread. The source outlives it.
class OpenedDisk {
 public:
  /// `content_bytes`: what the source said of it then; nothing if that does not matter.
  OpenedDisk(Source& source, std::string lease, std::string snapshot_id,
             std::optional<std::int64_t> content_bytes)
      : source_(source),
        lease_(std::move(lease)),
        snapshot_id_(std::move(snapshot_id)),
        content_bytes_(content_bytes) {}

  bool is_peer() const { return source_.is_peer(); }
  /// The stored bytes at these places, each verified against its id; the views point into `bytes`. Fails as
  /// Source::fetch does, and as `sent` for any other bytes.
  Result<std::vector<ByteView>> fetch(std::vector<messages::replication::Range> const& ranges,
                                      std::span<store::ChunkId const> ids, Bytes& bytes) const;
  /// The node that a reference names, sealed if the reference has a key. Fails as `sent` if it does not
  /// open, has another level, if the reference's digest is not its children's, or if one of these is zeros.
  Result<content::Node> open_node(ByteView stored, std::uint8_t level,
                                  content::Reference const& reference) const;
  /// The unsealed form of the block that a reference names. Fails as `sent` if it does not open or is no
  /// block, and, from another process, if the reference's digest is not its plaintext's.
  Result<Bytes> open_block(ByteView stored, content::Reference const& reference) const;
  /// Fails as `sent` unless a disk whose root says that it has so many blocks holds what the source said.
  Result<void> check_content(std::uint64_t blocks) const;
  /// The failure with which whatever is not believed ends: `corrupt`, the source's own.
  std::unexpected<Error> sent(std::string_view what) const;

 private:
  Source& source_;
  std::string lease_;
  std::string snapshot_id_;
  std::optional<std::int64_t> content_bytes_;
};

/// Calls `work` on each of a disk's connections at once; the first failure, if one fails.
Result<void> over_connections(std::function<Result<void>()> const& work);

/// Takes batches from a walk, one at a time under `mutex`, and moves them over a disk's connections at once:
/// until there is none, or one fails.
template <class Batch>
Result<void> move_batches(std::mutex& mutex, std::function<Result<std::optional<Batch>>()> const& next,
                          std::function<Result<void>(Batch const&)> const& move) {
  bool failed = false;  // guarded by `mutex`
  return over_connections([&]() -> Result<void> {
    while (true) {
      std::optional<Batch> batch;
      {
        std::lock_guard lock(mutex);
        if (failed) return {};
        auto taken = next();
        failed = !taken;
        if (!taken) return std::unexpected(std::move(taken).error());
        batch = *std::move(taken);
      }
      if (!batch) return {};
      auto moved = move(*batch);
      if (moved) continue;
      std::lock_guard lock(mutex);
      failed = true;
      return moved;
    }
  });
}

/// Whether anything below a node that is here and whole, at its level and position, lies beyond a disk of so
/// many blocks. Only what it reaches last is read.
Result<bool> reaches_beyond(store::Tree& tree, store::Domain domain, store::ChunkId const& id,
                            std::uint8_t level, std::uint64_t position, std::uint64_t disk_blocks);

/// The range that is the root alone.
messages::replication::Range root_range(std::uint8_t height);

}  // namespace argosy::replication
