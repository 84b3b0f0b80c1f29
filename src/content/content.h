// content/content.h - the disks of one region: blocks in, one reference out; blocks, lists and differences
// back.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "content/lookup.h"
#include "store/tree.h"

namespace argosy::content {

/// A disk: everything that is needed to find a block of it.
struct Disk {
  store::Domain domain = 0;
  Child root;  ///< with its key if the disk is encrypted
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

/// An upload under way. Everything that an encrypted one puts is sealed under the domain's secret, and its
/// journal under the upload's key.
struct Upload {
  std::string id;                                 ///< the snapshot's
  std::optional<crypto::Key> key = std::nullopt;  ///< of an encrypted one
  store::Sealing form() const { return key ? store::Sealing::aes_256_gcm : store::Sealing::none; }
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
  std::size_t cached_nodes = 256;  ///< kept in memory, about 25 KiB each, and as many as they are stored
};

/// Safe to call from any thread. The store outlives it.
class Content {
 public:
  Content(store::Store& store, Options const& options, Entropy& entropy);
  ~Content();
  Content(Content const&) = delete;
  Content& operator=(Content const&) = delete;

  /// Stores one block of an upload (kBlockBytes long; `digest` is its SHA-256, already computed and
  /// compared). On return it survives the death of the process. A block that the domain knows in the upload's
  /// form is not stored again; zeros erase.
  Result<void> put_block(Domain const& domain, Upload const& upload, std::uint64_t index, ByteView block,
                         Digest const& digest);
  /// Fails with `corrupt` if the journal does not open under the upload's key.
  Result<UploadSummary> summarize(Upload const& upload);
  /// Builds the manifest of the upload's blocks over its parent's. Everything below the root survives the
  /// loss of power on return. Memory does not grow with the disk. May be repeated. Fails with `corrupt` if a
  /// block of the upload is known to be damaged or lost, and with `invalid` if one of upload and parent is
  /// encrypted and the other is not: nothing of a disk is sealed in part.
  Result<FinishedDisk> finish(Domain const& domain, Upload const& upload, std::int64_t volume_size_gib,
                              Child const& parent, std::int64_t parent_size_gib);
  /// Forgets the journal of an upload that is finished and recorded, or given up.
  Result<void> forget_upload(std::string const& upload);

  /// The block in plain, verified; nothing if it is a hole. These three fail with `corrupt` if a key of the
  /// disk does not open what it should.
  Result<std::optional<Bytes>> read_block(Disk const& disk, std::uint64_t index, Digest* digest);
  /// Blocks that are not holes, by ascending index from `from` on.
  Result<Page<BlockEntry>> list_blocks(Disk const& disk, std::uint64_t from, std::size_t limit);
  /// Blocks whose digests differ, whether one disk is encrypted or both are, and under whatever keys; costs
  /// what differs, not what the disks hold.
  Result<Page<ChangedEntry>> list_changes(Disk const& first, Disk const& second, std::uint64_t from,
                                          std::size_t limit);

  /// A node of a domain, opened; from memory if it was opened lately by the same reference.
  Result<std::shared_ptr<Node const>> node(store::Domain domain, Reference const& reference);
  /// Stores a node below which everything is here, and remembers it if it is sealed; nothing if all its
  /// children are holes.
  Result<Child> put_node(Domain const& domain, Node const& node, store::Sealing form);

  store::Store& store() { return store_; }
  /// The same manifests for whoever holds no key.
  store::Tree& tree();
  Lookup& lookup();

 private:
  Result<Child> find_block(Disk const& disk, std::uint64_t index);

  struct State;
  store::Store& store_;
  std::unique_ptr<State> state_;
};

/// The stored form of a block: zstd if that is shorter, else raw.
Bytes encode_block(ByteView block, int zstd_level);
/// The block in plain, with every length checked before anything is unpacked. Fails with `corrupt`.
Result<Bytes> decode_block(ByteView stored);
/// The same of the block that a reference names, sealed if the reference has a key. A sealed one is compared
/// with the reference's digest, for whoever only moved it could not.
Result<Bytes> decode_block(ByteView stored, Reference const& reference);

}  // namespace argosy::content
