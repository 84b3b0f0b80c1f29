// replication/disk_copy.h - brings one disk's content into this region's store as it is: walks the manifest
// by ids, asks for what the account's domain lacks, verifies and appends it, closes nodes children first.
// What another process says of sealed content is compared by the key that it released, as of open content.
#pragma once
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "content/content.h"
#include "replication/opened_disk.h"

namespace argosy::replication {

struct DiskToCopy {
  store::Domain domain = 0;  ///< of the account that copies
  std::optional<content::ClearReference> root;
  std::int64_t volume_size_gib = 1;
  std::string lease;
  std::string source_snapshot_id;
  std::string journal;  ///< the new snapshot's id: what was moved is counted under it; empty: nowhere
  std::uint64_t moved_bytes = 0;           ///< for this copy by DiskCopies before this one
  content::Child released = std::nullopt;  ///< the root of sealed content with its key, where there is one
  /// What the source opened, and so the most that comes; nothing: the root was known here before.
  std::optional<std::int64_t> content_bytes = std::nullopt;
};

struct CopyProgress {
  std::uint64_t done_bytes = 0;   ///< content, in bytes of blocks, that is known to be here
  std::uint64_t moved_bytes = 0;  ///< stored bytes that crossed the wire, since the copy began
};

/// The journal of a copy has a hole at each sum, in the record of the first chunk that the sum counts: what
/// survives a kill has been counted. Nothing without a journal.
std::optional<store::Placement> journal_moved(std::string const& journal, std::uint64_t moved_bytes);
/// Stored bytes that have crossed the wire for a copy into that snapshot: none is missing of what the store
/// has kept, unless a loss of power tore a pack. `saved_bytes`: a lower figure that was written down
/// somewhere else; what was counted before it is not looked at.
Result<std::uint64_t> find_moved_bytes(store::Store& store, std::string const& snapshot,
                                       std::uint64_t saved_bytes);

/// Fails unless something durable still names a disk's root: only as long as that has been so without a break
/// is what was once seen below it still here.
using CheckNeeded = std::function<Result<void>()>;

/// All state lies in the store: made anew after a crash, it goes on where it was and asks for nothing twice.
/// It moves sealed content without any key; then what a peer says of it is as true as its ids.
class DiskCopy {
 public:
  /// `check_needed` is asked before nodes are closed.
  DiskCopy(content::Content& content, Source& source, DiskToCopy disk, CheckNeeded check_needed,
           Clock& clock);

  /// Moves content over a few connections at once, until about `until`; true when all of it is here and
  /// closed (durable only after Store::flush). After a failure make a new one. Holds up no collection while
  /// it waits for the source.
  Result<bool> step(Time until);
  CopyProgress const& progress() const { return progress_; }

 private:
  /// What is known of a chunk: of a sealed one its id alone where no key was released.
  struct Known {
    store::ChunkId id;
    content::Child reference;
  };
  struct Child {
    std::uint8_t slot = 0;
    Known known;
    store::Presence here = store::Presence::absent;
  };
  /// A node whose subtree is not whole here.
  struct Frame {
    std::uint8_t level = 1;
    std::uint64_t position = 0;
    store::ChunkId id;
    std::uint64_t expected_blocks = 0;  ///< what the node says
    std::vector<Child> children;
    std::size_t next = 0;
    std::uint64_t blocks = 0;  ///< counted below it so far, or said by its children
  };
  /// Blocks to ask for, perhaps of several nodes.
  struct Batch {
    std::vector<messages::replication::Range> ranges;
    std::vector<Known> blocks;
    std::vector<content::Reference> here;  ///< need no asking, but a peer says what their digests are
    bool is_full() const;
  };

  Result<void> begin();
  Result<void> push(std::uint8_t level, std::uint64_t position, Known const& known);
  Result<void> count(Frame& frame, std::uint64_t blocks) const;
  Result<void> stage(std::span<store::ChunkId const> ids, std::span<ByteView const> nodes);
  Result<void> fetch_nodes(Frame const& frame);
  Result<std::optional<Batch>> next_batch();
  void take_blocks(Frame& frame, Batch& batch);
  Result<void> descend(Frame& frame);
  std::optional<store::Placement> count_moved(std::span<ByteView const> frames);
  Result<std::uint64_t> count_whole(Known const& known, std::uint8_t level, std::uint64_t position) const;
  Result<std::shared_ptr<store::TreeNode const>> node_here(store::ChunkId const& id) const;
  Result<std::vector<Child>> children_of(store::TreeNode const& node, std::uint8_t level,
                                         Known const& known) const;
  Result<void> check_block(ByteView stored, Known const& known) const;
  Result<void> move(Batch const& batch);
  Result<void> close_exhausted();

  content::Content& content_;
  OpenedDisk const source_;
  DiskToCopy disk_;
  CheckNeeded const check_needed_;
  bool const is_sealed_;  ///< all of it is, or nothing
  Clock& clock_;
  bool begun_ = false;
  std::mutex mutex_;  // guards what follows: the walk is one, the fetches are several
  std::vector<Frame> path_;
  std::vector<store::ChunkId> exhausted_;  ///< nodes below which everything was asked for, children first
  CopyProgress progress_;
};

}  // namespace argosy::replication
