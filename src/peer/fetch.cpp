// peer/fetch.cpp - Fetch: from positions under an opened root to stored bytes, read as they lie in the packs.
#include <algorithm>

#include "catalogue/domains.h"
#include "peer/lease.h"

namespace argosy::peer {
namespace {

namespace m = messages::replication;

std::unexpected<Error> no_such_chunk() {
  return fail(Fault::invalid, "InvalidRange", "There is no chunk at that position of the opened disk");
}

/// An opened disk, whose key stays with the owner.
struct Disk {
  store::Domain domain = 0;
  std::optional<store::ChunkId> root;
  std::int64_t volume_size_gib = 1;
};

Result<Disk> find_disk(Source& source, Peer const& peer, m::FetchRequest const& request) {
  auto session = TRY(source.catalogue.take());
  auto tx = TRY(catalogue::Transaction::begin(*session, sql::Access::read));
  auto lease = TRY(find_own_lease(tx, source, peer, request.lease));
  auto disk = std::ranges::find(lease.disks, request.snapshot_id, &catalogue::LeaseDisk::snapshot_id);
  if (disk == lease.disks.end()) return no_such_chunk();
  if (!disk->envelope.empty()) {
    auto const caller = TRY(source.keys.root_of(lease.account));
    TRY(source.keys.check_copied(tx, caller, disk->kms_key, disk->envelope));
  }
  auto const root = TRY(content::decode_clear_reference(disk->root));
  return Disk{catalogue::domain_number(disk->domain), root ? std::optional(root->id) : std::nullopt,
              disk->volume_size_gib};
}

/// The ids of the children that a range asks for.
Result<void> resolve(store::Tree& tree, Disk const& disk, m::Range const& range,
                     std::vector<store::ChunkId>& ids) {
  auto const height = content::height_of(disk.volume_size_gib);
  if (range.level < 1 || range.level > height + 1 || range.position < 0 ||
      static_cast<std::uint64_t>(range.position) >= content::blocks_of(disk.volume_size_gib))
    return no_such_chunk();
  if (range.level == height + 1) {  // the root itself
    bool const is_root =
        range.position == 0 && range.slots.size() == 1 && range.slots.front() == std::byte{0};
    if (!is_root || !disk.root) return no_such_chunk();
    ids.push_back(*disk.root);
    return {};
  }
  if (!disk.root) return no_such_chunk();
  auto const at = TRY(tree.find(disk.domain, *disk.root, height, static_cast<std::uint8_t>(range.level),
                                static_cast<std::uint64_t>(range.position)));
  if (!at) return no_such_chunk();
  auto const node = TRY(tree.node(disk.domain, *at));
  for (auto slot : range.slots) {
    auto const* child = node->view().child(std::to_integer<std::size_t>(slot));
    if (child == nullptr) return no_such_chunk();
    ids.push_back(*child);
  }
  return {};
}

}  // namespace

Result<Bytes> fetch(Source& source, Peer const& peer, m::FetchRequest const& request) {
  auto disk = TRY(find_disk(source, peer, request));
  if (request.ranges.size() > m::kMaxRanges) return fail(Fault::invalid, "InvalidRange", "Too many ranges");
  std::size_t blocks = 0;
  std::size_t nodes = 0;
  for (auto const& range : request.ranges) (range.level == 1 ? blocks : nodes) += range.slots.size();
  if (blocks + nodes == 0 || blocks > m::kMaxFetchBlocks || nodes > m::kMaxFetchNodes)
    return fail(Fault::invalid, "InvalidRange",
                "A fetch asks for at most 16 blocks and 64 nodes, but for something");
  std::vector<store::ChunkId> ids;
  for (auto const& range : request.ranges) TRY(resolve(source.content.tree(), disk, range, ids));
  Bytes out;
  TRY(source.content.store().get_framed(disk.domain, ids, out));
  return out;
}

}  // namespace argosy::peer
