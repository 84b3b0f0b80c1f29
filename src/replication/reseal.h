// replication/reseal.h - brings one disk's content into a domain in sealed form: walks the source's manifest
// with its key, asks for what the domain does not know, opens each chunk, seals it for the domain.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "content/content.h"
#include "replication/disk_copy.h"

namespace argosy::replication {

struct DiskToReseal {
  content::Domain
      domain;           ///< of the account that copies, with the secret under which chunks are to be sealed
  content::Child root;  ///< at the source; with its key if the disk is encrypted there
  std::int64_t volume_size_gib = 1;
  std::string lease;
  std::string source_snapshot_id;
  std::string journal;                                       ///< as DiskToCopy's
  std::uint64_t moved_bytes = 0;                             ///< for this copy by Reseals before this one
  std::optional<std::int64_t> content_bytes = std::nullopt;  ///< as DiskToCopy's
};

/// Works below the compression: chunks are not unpacked, unless a peer's word on their digests is to be
/// checked. What was sealed is remembered by its digest, so that the next version of the disk reseals only
/// what changed, and so does one made anew after a crash (but for the last 128 MiB). It cannot make an
/// unsealed disk of a sealed one.
class Reseal {
 public:
  Reseal(content::Content& content, Source& source, DiskToReseal disk, Clock& clock);

  /// As DiskCopy's. Whoever steps must come back or destroy it: the collection of garbage waits for it.
  Result<bool> step(Time until);
  CopyProgress const& progress() const { return progress_; }
  /// After the end: the sealed disk, with its key; nothing for a disk of zeros.
  content::Child const& root() const { return root_; }

 private:
  /// A node of the source whose sealed form is not whole here.
  struct Frame {
    std::shared_ptr<Frame> parent;  ///< shared: it waits also for children that the walk has left
    std::uint8_t slot = 0;          ///< in the parent
    std::uint64_t position = 0;
    content::Node source;
    content::Node sealed;                        ///< what is made of it so far
    std::uint64_t said_blocks = 0;               ///< by its children, of nodes that the walk has come to
    std::size_t next = 0;                        ///< the slot that the walk looks at next
    bool left = false;                           ///< by the walk
    std::size_t waits_for = 0;                   ///< children that are under way
    std::map<std::size_t, content::Node> ahead;  ///< children of the source that were asked for together
  };
  struct Block {
    std::shared_ptr<Frame> frame;
    std::uint8_t slot = 0;
    content::Reference reference;  ///< at the source
  };
  /// Blocks to ask for, perhaps of several nodes.
  struct Batch {
    std::vector<messages::replication::Range> ranges;
    std::vector<Block> blocks;
    bool is_full() const;
  };

  Result<void> begin();
  Result<void> hold();
  Result<content::Child> find_known(content::Reference const& reference);
  Result<std::uint64_t> count_whole(content::Reference const& known, std::uint8_t level,
                                    std::uint64_t position) const;
  Result<void> count_known(Frame& frame, std::size_t slot, content::Reference const& known);
  Result<void> push(std::shared_ptr<Frame> const& parent, std::size_t slot, content::Node node);
  Result<void> count_said(Frame& frame, std::uint64_t blocks) const;
  Result<void> count_moved(std::uint64_t bytes);
  Result<void> fetch_ahead(Frame& frame, std::size_t from_slot);
  Result<std::optional<Batch>> next_batch(Time until);
  Result<void> take_blocks(std::shared_ptr<Frame> const& frame, Batch& batch);
  Result<void> descend(std::shared_ptr<Frame> const& frame);
  Result<void> settle(std::shared_ptr<Frame> frame);
  Result<void> put(std::span<content::StoredNode const> blocks, std::optional<store::Placement> count);
  Result<void> move(Batch const& batch);

  content::Content& content_;
  OpenedDisk const source_;
  DiskToReseal disk_;
  Clock& clock_;
  bool begun_ = false;
  std::optional<store::Store::Pin> pin_;  ///< nothing durable names what was sealed before the root is
  std::mutex mutex_;                      // guards what follows: the walk is one, the fetches are several
  std::vector<std::shared_ptr<Frame>> path_;
  content::Child root_;
  std::uint64_t unflushed_bytes_ = 0;
  CopyProgress progress_;
};

}  // namespace argosy::replication
