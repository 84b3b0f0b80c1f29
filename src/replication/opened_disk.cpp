// replication/opened_disk.cpp - see opened_disk.h.
#include "replication/opened_disk.h"

#include <future>

#include "content/content.h"
#include "content/sealing.h"

namespace argosy::replication {
namespace {

/// Connections of one disk: more only compete for the same cores.
constexpr std::size_t kConnections = 2;

}  // namespace

Result<std::vector<ByteView>> OpenedDisk::fetch(std::vector<messages::replication::Range> const& ranges,
                                                std::span<store::ChunkId const> ids, Bytes& bytes) const {
  bytes = TRY(source_.fetch({lease_, snapshot_id_, ranges}));
  auto frames = TRY(split_frames(bytes, ids.size()));
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (digest::sha256(frames[i]) != ids[i]) return sent("bytes that are not those of chunk " + ids[i].hex());
  return frames;
}

/// A key that does not open what it was given for was made up by the source, or damaged on its way.
Result<content::Node> OpenedDisk::open_node(ByteView stored, std::uint8_t level,
                                            content::Reference const& reference) const {
  auto node = content::open_node(stored, reference);
  if (!node) return sent("a manifest node that is not what its reference says: " + node.error().message);
  if (node->level != level) return sent("a manifest node of the wrong level");
  if (content::node_digest(*node) != reference.digest) return sent("a manifest node with another's digest");
  // Zeros are holes: one that is none has an equal digest but counts, and would be found for a hole later.
  auto const& zeros = content::hole_digest(static_cast<std::uint8_t>(level - 1));
  for (auto const& child : node->children)
    if (child && child->digest == zeros) return sent("zeros where a hole should be");
  return node;
}

/// What a peer says of the plaintext is compared, else it could make differing disks look alike.
Result<Bytes> OpenedDisk::open_block(ByteView stored, content::Reference const& reference) const {
  auto unsealed = reference.key ? content::open_block(stored, *reference.key) : to_bytes(stored);
  if (!unsealed) return sent("a block that is not what its reference says: " + unsealed.error().message);
  auto const header = store::decode_chunk_header(*unsealed);
  if (!header || header->kind != store::Kind::block || header->sealing != store::Sealing::none)
    return sent("something else where a block should be");
  if (!is_peer()) return unsealed;
  auto const block = content::decode_block(*unsealed);
  if (!block) return sent("a block that cannot be unpacked: " + block.error().message);
  if (digest::sha256(*block) != reference.digest) return sent("a block with another's digest");
  return unsealed;
}

/// An account's limit was held against what the source said.
Result<void> OpenedDisk::check_content(std::uint64_t blocks) const {
  if (!content_bytes_) return {};
  auto const said = static_cast<std::uint64_t>(*content_bytes_);
  bool const same = said % content::kBlockBytes == 0 && said / content::kBlockBytes == blocks;
  return same ? Result<void>{} : sent("a disk that holds more or less than it opened");
}

std::unexpected<Error> OpenedDisk::sent(std::string_view what) const {
  return fail(Fault::corrupt, std::string(kSourceFailed), source_.region() + " sent " + std::string(what));
}

Result<void> over_connections(std::function<Result<void>()> const& work) {
  std::vector<std::future<Result<void>>> others;
  for (std::size_t i = 1; i < kConnections; ++i)
    others.push_back(std::async(std::launch::async, [&] { return work(); }));
  auto result = work();
  for (auto& other : others)
    if (auto done = other.get(); !done && result) result = std::move(done);
  return result;
}

Result<bool> reaches_beyond(store::Tree& tree, store::Domain domain, store::ChunkId const& id,
                            std::uint8_t level, std::uint64_t position, std::uint64_t disk_blocks) {
  auto at = id;
  while (true) {
    auto const node = TRY(tree.node(domain, at));
    auto const blocks_per_child = content::blocks_per_child(level);
    position = position * content::kFanout + node->view().slots.back();
    if (position * blocks_per_child >= disk_blocks) return true;
    if (level == 1 || (position + 1) * blocks_per_child <= disk_blocks) return false;
    at = node->view().ids.back();
    --level;
  }
}

messages::replication::Range root_range(std::uint8_t height) { return {height + 1, 0, Bytes(1)}; }

}  // namespace argosy::replication
