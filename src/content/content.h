// content/content.h - the disks of one region: blocks in, one reference out; blocks, lists and differences
// back.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "content/reference.h"
#include "crypto/crypto.h"
#include "store/store.h"

namespace argosy::content {

/// Whose content it is: the account's number, and the secret under which known blocks are found again.
struct Domain {
  store::Domain number = 0;
  crypto::Key secret;
};

/// A disk: everything that is needed to find a block of it.
struct Disk {
  store::Domain domain = 0;
  Child root;
  std::int64_t volume_size_gib = 1;
};

struct BlockEntry {
  std::uint64_t index = 0;
  Reference reference;
};
/// A block that two disks do not have alike.
struct ChangedEntry {
  std::uint64_t index = 0;
  Child first;
  Child second;
};
template <class Entry>
struct Page {
  std::vector<Entry> entries;
  std::optional<std::uint64_t> next;  ///< where to go on; nothing at the end
};

/// What an upload has put so far, computed from its journal.
struct UploadSummary {
  std::uint64_t blocks = 0;  ///< distinct indices
  Digest linear;  ///< SHA-256 over the blocks' raw digests by ascending index: EBS's LINEAR aggregate
};
struct FinishedDisk {
  Child root;
  Digest digest;
  std::uint64_t blocks = 0;  ///< that are not holes
};

struct Options {
  int zstd_level = 1;
  std::size_t cached_nodes = 256;  ///< opened nodes kept in memory, about 18 KiB each
};

/// Safe to call from any thread. The store outlives it.
class Content {
 public:
  Content(store::Store& store, Options const& options, Entropy& entropy);
  ~Content();
  Content(Content const&) = delete;
  Content& operator=(Content const&) = delete;

  /// Stores one block of an upload (kBlockBytes long; `digest` is its SHA-256, already computed and
  /// compared). On return it survives the death of the process. A block that the domain knows is not stored
  /// again; zeros erase.
  Result<void> put_block(Domain const& domain, std::string const& upload, std::uint64_t index, ByteView block,
                         Digest const& digest);
  Result<UploadSummary> summarize(std::string const& upload);
  /// Builds the manifest of the upload's blocks over its parent's. Everything below the root survives the
  /// loss of power on return. Memory does not grow with the disk. May be repeated.
  Result<FinishedDisk> finish(Domain const& domain, std::string const& upload, std::int64_t volume_size_gib,
                              Child const& parent, std::int64_t parent_size_gib);
  /// Forgets the journal of an upload that is finished and recorded, or given up.
  Result<void> forget_upload(std::string const& upload);

  /// The block in plain, verified; nothing if it is a hole.
  Result<std::optional<Bytes>> read_block(Disk const& disk, std::uint64_t index, Digest* digest);
  /// Blocks that are not holes, by ascending index from `from` on.
  Result<Page<BlockEntry>> list_blocks(Disk const& disk, std::uint64_t from, std::size_t limit);
  /// Blocks whose digests differ; costs what differs, not what the disks hold.
  Result<Page<ChangedEntry>> list_changes(Disk const& first, Disk const& second, std::uint64_t from,
                                          std::size_t limit);

  /// The child of a disk's tree at a level (its height is the root's) and position; nothing for a hole.
  Result<Child> find(Disk const& disk, std::uint8_t level, std::uint64_t position);
  /// An opened node of a domain, from memory if it was used lately.
  Result<std::shared_ptr<Node const>> node(store::Domain domain, ChunkId const& id);

  store::Store& store() { return store_; }

 private:
  struct State;
  store::Store& store_;
  std::unique_ptr<State> state_;
};

/// The stored form of a block: zstd if that is shorter, else raw.
Bytes encode_block(ByteView block, int zstd_level);
/// The block in plain, with every length checked before anything is unpacked. Fails with `corrupt`.
Result<Bytes> decode_block(ByteView stored);

}  // namespace argosy::content
