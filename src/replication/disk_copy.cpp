// replication/disk_copy.cpp - see disk_copy.h.
#include "replication/disk_copy.h"

#include <future>

namespace argosy::replication {
namespace {

namespace m = messages::replication;
using content::ChunkId;
using content::kBlockBytes;
using content::kFanout;

/// Blocks that are here already, compared one by one beside a request.
constexpr std::size_t kBlocksPerCheck = 64;
/// Connections of one disk: more only compete for the same cores.
constexpr std::size_t kConnections = 2;
/// Rows of the journal read at a time.
constexpr std::size_t kJournalPage = 1'024;

}  // namespace

Result<std::uint64_t> find_moved_bytes(store::Store& store, std::string const& snapshot,
                                       std::uint64_t saved_bytes) {
  while (true) {
    auto rows = TRY(store.placements(snapshot, saved_bytes + 1, kJournalPage));
    if (rows.empty()) return saved_bytes;
    saved_bytes = rows.back().block;
  }
}

bool DiskCopy::Batch::is_full() const {
  return blocks.size() == m::kMaxFetchBlocks || here.size() == kBlocksPerCheck ||
         ranges.size() == m::kMaxRanges;
}

DiskCopy::DiskCopy(content::Content& content, Source& source, DiskToCopy disk, Clock& clock)
    : content_(content), source_(source), disk_(std::move(disk)), clock_(clock) {
  progress_.moved_bytes = disk_.moved_bytes;
}

/// Counts what came. The journal of the copy has a hole at each sum, in the record of the first chunk that
/// the sum counts: what survives a kill has been counted.
std::optional<store::Placement> DiskCopy::count_moved(std::span<ByteView const> frames) {
  for (auto const& frame : frames) progress_.moved_bytes += frame.size();
  if (disk_.journal.empty()) return std::nullopt;
  return store::Placement{disk_.journal, progress_.moved_bytes, {}};
}

/// Asks for chunks and verifies each against its id; the views point into `bytes`.
Result<std::vector<ByteView>> DiskCopy::fetch(std::vector<m::Range> const& ranges,
                                              std::span<ChunkId const> ids, Bytes& bytes) {
  bytes = TRY(source_.fetch({disk_.lease, disk_.source_snapshot_id, ranges}));
  auto frames = TRY(split_frames(bytes, ids.size()));
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (digest::sha256(frames[i]) != ids[i])
      return fail(Fault::corrupt,
                  source_.region() + " sent bytes that are not those of chunk " + ids[i].hex());
  return frames;
}

Result<void> DiskCopy::begin() {
  begun_ = true;
  if (!disk_.root) return {};
  auto const height = content::height_of(disk_.volume_size_gib);
  auto& store = content_.store();
  auto here = TRY(store.count_on(disk_.domain, std::span(&disk_.root->id, 1)));
  if (here.front() == store::Presence::closed) {
    auto node = TRY(content_.node(disk_.domain, disk_.root->id));
    TRY(check_node(*node, height, *disk_.root));
    progress_.done_bytes = node->blocks * kBlockBytes;
    return {};
  }
  if (here.front() == store::Presence::absent) {
    Bytes bytes;
    std::vector<m::Range> ranges{{height + 1, 0, Bytes(1)}};
    auto frames = TRY(fetch(ranges, std::span(&disk_.root->id, 1), bytes));
    store::NewChunk chunk{disk_.root->id, frames.front()};
    TRY(store.stage_nodes(disk_.domain, std::span(&chunk, 1), count_moved(frames)));
  }
  return push(height, 0, disk_.root);
}

/// A node has the id that was asked for. A peer could still put it at a place that is not its own, or give it
/// a digest that is not its children's.
Result<void> DiskCopy::check_node(content::Node const& node, std::uint8_t level,
                                  content::Reference const& reference) const {
  if (node.level != level)
    return fail(Fault::corrupt, source_.region() + " sent a manifest node of the wrong level");
  if (source_.is_peer() && content::node_digest(node) != reference.digest)
    return fail(Fault::corrupt, source_.region() + " sent a manifest node with another's digest");
  return {};
}

/// Goes down to a node that is staged here.
Result<void> DiskCopy::push(std::uint8_t level, std::uint64_t position, content::Child const& reference) {
  Frame frame;
  frame.level = level;
  frame.position = position;
  frame.reference = reference;
  frame.node = TRY(content_.node(disk_.domain, reference->id));
  TRY(check_node(*frame.node, level, *reference));
  if (!path_.empty()) path_.back().blocks += frame.node->blocks;
  std::vector<ChunkId> ids;
  std::vector<std::size_t> slots;
  for (std::size_t slot = 0; slot < kFanout; ++slot) {
    if (!frame.node->children[slot]) continue;
    if ((position * kFanout + slot) * content::blocks_per_child(level) >=
        content::blocks_of(disk_.volume_size_gib))
      return fail(Fault::corrupt, source_.region() + " sent a manifest node that reaches beyond the disk");
    ids.push_back(frame.node->children[slot]->id);
    slots.push_back(slot);
  }
  auto found = TRY(content_.store().count_on(disk_.domain, ids));
  frame.here.resize(kFanout, store::Presence::absent);
  for (std::size_t i = 0; i < slots.size(); ++i) frame.here[slots[i]] = found[i];
  if (level > 1) TRY(fetch_nodes(frame));
  path_.push_back(std::move(frame));
  return {};
}

/// Stages the children of a node of nodes that are not here, many at a time.
Result<void> DiskCopy::fetch_nodes(Frame const& frame) {
  m::Range range{frame.level, static_cast<std::int64_t>(frame.position), {}};
  std::vector<ChunkId> ids;
  auto flush = [&]() -> Result<void> {
    if (ids.empty()) return {};
    Bytes bytes;
    auto frames = TRY(fetch({range}, ids, bytes));
    std::vector<store::NewChunk> chunks;
    for (std::size_t i = 0; i < ids.size(); ++i) chunks.push_back({ids[i], frames[i]});
    range.slots.clear();
    ids.clear();
    return content_.store().stage_nodes(disk_.domain, chunks, count_moved(frames));
  };
  for (std::size_t slot = 0; slot < kFanout; ++slot) {
    auto const& child = frame.node->children[slot];
    if (!child || frame.here[slot] != store::Presence::absent) continue;
    range.slots.push_back(static_cast<std::byte>(slot));
    ids.push_back(child->id);
    if (ids.size() == m::kMaxFetchNodes) TRY(flush());
  }
  return flush();
}

/// Takes missing blocks of a node of blocks, up to a full batch.
void DiskCopy::take_blocks(Frame& frame, Batch& batch) {
  m::Range range{1, static_cast<std::int64_t>(frame.position), {}};
  for (; frame.next < kFanout && !batch.is_full(); ++frame.next) {
    auto const& child = frame.node->children[frame.next];
    if (!child) continue;
    ++frame.blocks;
    if (frame.here[frame.next] == store::Presence::closed) {
      progress_.done_bytes += kBlockBytes;
      if (source_.is_peer()) batch.here.push_back(*child);
      continue;
    }
    range.slots.push_back(static_cast<std::byte>(frame.next));
    batch.blocks.push_back(*child);
  }
  if (!range.slots.empty()) batch.ranges.push_back(std::move(range));
}

/// To the next child that is not whole here; counts those that are.
Result<void> DiskCopy::descend(Frame& frame) {
  while (frame.next < kFanout) {
    auto slot = frame.next++;
    auto const child = frame.node->children[slot];
    if (!child) continue;
    if (frame.here[slot] != store::Presence::closed)
      return push(static_cast<std::uint8_t>(frame.level - 1), frame.position * kFanout + slot, child);
    auto whole = TRY(content_.node(disk_.domain, child->id));
    TRY(check_node(*whole, static_cast<std::uint8_t>(frame.level - 1), *child));
    frame.blocks += whole->blocks;
    progress_.done_bytes += whole->blocks * kBlockBytes;
  }
  return {};
}

/// Nothing at the end of the walk.
Result<std::optional<DiskCopy::Batch>> DiskCopy::next_batch() {
  Batch batch;
  while (!path_.empty() && !batch.is_full()) {
    auto& frame = path_.back();
    auto const depth = path_.size();
    if (frame.level == 1) {
      take_blocks(frame, batch);
    } else {
      TRY(descend(frame));
    }
    if (path_.size() == depth && path_.back().next == kFanout) {
      if (path_.back().blocks != path_.back().node->blocks)
        return fail(Fault::corrupt, source_.region() + " sent a manifest node with a wrong count of blocks");
      exhausted_.push_back(path_.back().reference->id);
      path_.pop_back();
    }
  }
  if (batch.blocks.empty() && batch.here.empty()) return std::nullopt;
  return batch;
}

/// The chunk has the id that was asked for. A peer could still give it a digest that is not its plaintext's,
/// and so make differing disks look alike: what comes from another process is opened and compared.
Result<void> DiskCopy::check_block(ByteView stored, content::Reference const& reference) const {
  auto header = TRY(store::decode_chunk_header(stored));
  if (header.kind != store::Kind::block)
    return fail(Fault::corrupt, source_.region() + " sent a manifest node where a block should be");
  if (!source_.is_peer()) return {};
  auto block = TRY(content::decode_block(stored));
  if (digest::sha256(block) != reference.digest)
    return fail(Fault::corrupt, source_.region() + " sent a block with another's digest");
  return {};
}

Result<void> DiskCopy::move(Batch const& batch) {
  Bytes bytes;
  for (auto const& block : batch.here) {
    auto stored = TRY(content_.store().get(disk_.domain, block.id));
    TRY(check_block(stored, block));
  }
  if (batch.blocks.empty()) return {};
  std::vector<ChunkId> ids;
  for (auto const& block : batch.blocks) ids.push_back(block.id);
  auto frames = TRY(fetch(batch.ranges, ids, bytes));
  std::vector<store::NewChunk> chunks;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    TRY(check_block(frames[i], batch.blocks[i]));
    chunks.push_back({ids[i], frames[i]});
  }
  std::optional<store::Placement> count;
  {
    std::lock_guard lock(mutex_);
    count = count_moved(frames);
  }
  TRY(content_.store().put_blocks(disk_.domain, chunks, std::move(count)));
  std::lock_guard lock(mutex_);
  progress_.done_bytes += frames.size() * kBlockBytes;
  return {};
}

/// One connection's share of a step.
Result<void> DiskCopy::work(Time until) {
  while (true) {
    std::optional<Batch> batch;
    {
      std::lock_guard lock(mutex_);
      if (failed_ || clock_.now() >= until) return {};
      auto next = next_batch();
      failed_ = !next;
      if (!next) return std::unexpected(std::move(next).error());
      if (!*next) return {};
      batch = *std::move(next);
    }
    auto moved = move(*batch);
    if (!moved) {
      std::lock_guard lock(mutex_);
      failed_ = true;
      return moved;
    }
  }
}

Result<bool> DiskCopy::step(Time until) {
  if (!begun_) TRY(begin());
  std::vector<std::future<Result<void>>> others;
  for (std::size_t i = 1; i < kConnections; ++i)
    others.push_back(std::async(std::launch::async, [&] { return work(until); }));
  auto result = work(until);
  for (auto& other : others)
    if (auto done = other.get(); !done && result) result = std::move(done);
  if (!result) return std::unexpected(std::move(result).error());
  for (auto const& id : exhausted_) TRY(content_.store().close_node(disk_.domain, id));
  exhausted_.clear();
  return path_.empty();
}

}  // namespace argosy::replication
