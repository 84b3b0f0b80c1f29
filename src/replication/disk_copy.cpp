// replication/disk_copy.cpp - see disk_copy.h.
#include "replication/disk_copy.h"

namespace argosy::replication {
namespace {

namespace m = messages::replication;
using content::kBlockBytes;
using content::kFanout;
using store::ChunkId;

/// Blocks that are here already, compared one by one beside a request.
constexpr std::size_t kBlocksPerCheck = 64;
/// Rows of the journal read at a time.
constexpr std::size_t kJournalPage = 1'024;

bool is_sealed(store::Sealing sealing) { return sealing != store::Sealing::none; }

}  // namespace

std::optional<store::Placement> journal_moved(std::string const& journal, std::uint64_t moved_bytes) {
  if (journal.empty()) return std::nullopt;
  return store::Placement{journal, moved_bytes, {}};
}

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

DiskCopy::DiskCopy(content::Content& content, Source& source, DiskToCopy disk, CheckNeeded check_needed,
                   Clock& clock)
    : content_(content),
      source_(source, disk.lease, disk.source_snapshot_id, disk.content_bytes),
      disk_(std::move(disk)),
      check_needed_(std::move(check_needed)),
      is_sealed_(disk_.root && !disk_.root->digest),
      clock_(clock) {
  progress_.moved_bytes = disk_.moved_bytes;
}

/// Counts what came.
std::optional<store::Placement> DiskCopy::count_moved(std::span<ByteView const> frames) {
  for (auto const& frame : frames) progress_.moved_bytes += frame.size();
  return journal_moved(disk_.journal, progress_.moved_bytes);
}

Result<void> DiskCopy::begin() {
  begun_ = true;
  if (!disk_.root) return source_.check_content(0);
  auto const height = content::height_of(disk_.volume_size_gib);
  auto& store = content_.store();
  auto const& id = disk_.root->id;
  Known root{id, disk_.released};
  if (!is_sealed_) root.reference = content::Reference{id, *disk_.root->digest};
  auto here = TRY(store.count_on(disk_.domain, std::span(&id, 1)));
  if (here.front() == store::Presence::absent) {
    Bytes bytes;
    auto const frames = TRY(source_.fetch({root_range(height)}, std::span(&id, 1), bytes));
    TRY(stage(std::span(&id, 1), frames));
  }
  auto const node = TRY(node_here(id));
  TRY(source_.check_content(node->view().blocks));
  if (here.front() != store::Presence::closed) return push(height, 0, root);
  progress_.done_bytes = TRY(count_whole(root, height, 0)) * kBlockBytes;
  return {};
}

/// What is here and whole, but no node, is the source's fault, which called it one.
Result<std::shared_ptr<store::TreeNode const>> DiskCopy::node_here(ChunkId const& id) const {
  auto node = content_.tree().node(disk_.domain, id);
  if (node || node.error().fault != Fault::corrupt) return node;
  TRY(content_.store().get(disk_.domain, id));
  return source_.sent("something else where a manifest node should be");
}

/// The blocks below a node that is here with all that lies below it.
Result<std::uint64_t> DiskCopy::count_whole(Known const& known, std::uint8_t level,
                                            std::uint64_t position) const {
  auto const node = TRY(node_here(known.id));
  TRY(children_of(*node, level, known));
  bool const beyond = TRY(reaches_beyond(content_.tree(), disk_.domain, known.id, level, position,
                                         content::blocks_of(disk_.volume_size_gib)));
  if (beyond) return source_.sent("a manifest node that reaches beyond the disk");
  return node->view().blocks;
}

/// The children of a node that is here. It has the id that was asked for; a peer could still put it at a
/// place that is not its own, or give it a digest that is not its children's, or a key that is not its own.
Result<std::vector<DiskCopy::Child>> DiskCopy::children_of(store::TreeNode const& node, std::uint8_t level,
                                                           Known const& known) const {
  auto const& view = node.view();
  if (view.level != level) return source_.sent("a manifest node of the wrong level");
  if (is_sealed(view.sealing) != is_sealed_)
    return source_.sent("a sealed manifest node where an open one should be, or the other way round");
  std::vector<Child> out;
  for (std::size_t i = 0; i < view.ids.size(); ++i) out.push_back({view.slots[i], {view.ids[i], {}}});
  if (known.reference) {
    auto const opened = TRY(source_.open_node(node.stored(), level, *known.reference));
    for (auto& child : out) child.known.reference = opened.children[child.slot];
  } else if (view.sealed.size() != view.ids.size() * 64 + crypto::kTagBytes) {
    return source_.sent("a manifest node of the wrong length");
  }
  return out;
}

/// More than a node says is refused before it is asked for.
Result<void> DiskCopy::count(Frame& frame, std::uint64_t blocks) const {
  if (blocks > frame.expected_blocks - frame.blocks)
    return source_.sent("a manifest node with a wrong count of blocks");
  frame.blocks += blocks;
  return {};
}

/// Goes down to a node that is staged here.
Result<void> DiskCopy::push(std::uint8_t level, std::uint64_t position, Known const& known) {
  auto const node = TRY(node_here(known.id));
  auto const& view = node->view();
  Frame frame;
  frame.level = level;
  frame.position = position;
  frame.id = known.id;
  frame.expected_blocks = view.blocks;
  frame.children = TRY(children_of(*node, level, known));
  if (level == 1 && view.blocks != view.ids.size())
    return source_.sent("a manifest node with a wrong count of blocks");
  if (!path_.empty()) TRY(count(path_.back(), view.blocks));
  if ((position * kFanout + view.slots.back()) * content::blocks_per_child(level) >=
      content::blocks_of(disk_.volume_size_gib))
    return source_.sent("a manifest node that reaches beyond the disk");
  auto const found = TRY(content_.store().count_on(disk_.domain, view.ids));
  for (std::size_t i = 0; i < found.size(); ++i) frame.children[i].here = found[i];
  if (level > 1) TRY(fetch_nodes(frame));
  path_.push_back(std::move(frame));
  return {};
}

/// The store refuses what is no chunk, as if it had failed: whose fault that is, is told here.
Result<void> DiskCopy::stage(std::span<ChunkId const> ids, std::span<ByteView const> nodes) {
  std::vector<store::NewChunk> chunks;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    auto const header = store::decode_chunk_header(nodes[i]);
    if (!header || header->kind != store::Kind::node)
      return source_.sent("something else where a manifest node should be");
    chunks.push_back({ids[i], nodes[i]});
  }
  return content_.store().stage_nodes(disk_.domain, chunks, count_moved(nodes));
}

/// Stages the children of a node of nodes that are not here, many at a time.
Result<void> DiskCopy::fetch_nodes(Frame const& frame) {
  m::Range range{frame.level, static_cast<std::int64_t>(frame.position), {}};
  std::vector<ChunkId> ids;
  auto flush = [&]() -> Result<void> {
    if (ids.empty()) return {};
    Bytes bytes;
    auto const frames = TRY(source_.fetch({range}, ids, bytes));
    TRY(stage(ids, frames));
    range.slots.clear();
    ids.clear();
    return {};
  };
  for (auto const& child : frame.children) {
    if (child.here != store::Presence::absent) continue;
    range.slots.push_back(std::byte{child.slot});
    ids.push_back(child.known.id);
    if (ids.size() == m::kMaxFetchNodes) TRY(flush());
  }
  return flush();
}

/// Takes missing blocks of a node of blocks, up to a full batch.
void DiskCopy::take_blocks(Frame& frame, Batch& batch) {
  m::Range range{1, static_cast<std::int64_t>(frame.position), {}};
  for (; frame.next < frame.children.size() && !batch.is_full(); ++frame.next) {
    auto const& child = frame.children[frame.next];
    ++frame.blocks;
    if (child.here == store::Presence::closed) {
      progress_.done_bytes += kBlockBytes;
      if (source_.is_peer() && child.known.reference) batch.here.push_back(*child.known.reference);
      continue;
    }
    range.slots.push_back(std::byte{child.slot});
    batch.blocks.push_back(child.known);
  }
  if (!range.slots.empty()) batch.ranges.push_back(std::move(range));
}

/// To the next child that is not whole here; counts those that are.
Result<void> DiskCopy::descend(Frame& frame) {
  auto const below = static_cast<std::uint8_t>(frame.level - 1);
  while (frame.next < frame.children.size()) {
    auto const child = frame.children[frame.next++];
    auto const position = frame.position * kFanout + child.slot;
    if (child.here != store::Presence::closed) return push(below, position, child.known);
    auto const blocks = TRY(count_whole(child.known, below, position));
    TRY(count(frame, blocks));
    progress_.done_bytes += blocks * kBlockBytes;
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
    if (path_.size() == depth && path_.back().next == path_.back().children.size()) {
      if (path_.back().blocks != path_.back().expected_blocks)
        return source_.sent("a manifest node with a wrong count of blocks");
      exhausted_.push_back(path_.back().id);
      path_.pop_back();
    }
  }
  if (batch.blocks.empty() && batch.here.empty()) return std::nullopt;
  return batch;
}

/// The chunk has the id that was asked for. A peer could still give it a digest that is not its plaintext's,
/// and so make differing disks look alike: what comes from another process is opened and compared.
Result<void> DiskCopy::check_block(ByteView stored, Known const& known) const {
  auto const header = store::decode_chunk_header(stored);
  if (!header || header->kind != store::Kind::block)
    return source_.sent("something else where a block should be");
  if (is_sealed(header->sealing) != is_sealed_)
    return source_.sent("a sealed block where an open one should be, or the other way round");
  if (source_.is_peer() && known.reference) TRY(source_.open_block(stored, *known.reference));
  return {};
}

Result<void> DiskCopy::move(Batch const& batch) {
  Bytes bytes;
  for (auto const& block : batch.here) {
    auto stored = TRY(content_.store().get(disk_.domain, block.id));
    TRY(source_.open_block(stored, block));
  }
  if (batch.blocks.empty()) return {};
  std::vector<ChunkId> ids;
  for (auto const& block : batch.blocks) ids.push_back(block.id);
  auto frames = TRY(source_.fetch(batch.ranges, ids, bytes));
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

/// A collection that marked before the check found the root needed; one that marks later, although it began
/// before, finds it counted on; one that begins later waits for the pin. So none of them takes what was seen
/// below these nodes before they are closed.
Result<void> DiskCopy::close_exhausted() {
  if (exhausted_.empty()) return {};
  auto& store = content_.store();
  auto const pin = store.pin();
  auto const root = TRY(store.count_on(disk_.domain, std::span(&disk_.root->id, 1)));
  if (root.front() == store::Presence::absent)
    return fail(Fault::unavailable, "what was copied so far is damaged: it is asked for anew");
  TRY(check_needed_());
  for (auto const& id : exhausted_) TRY(store.close_node(disk_.domain, id));
  exhausted_.clear();
  return {};
}

Result<bool> DiskCopy::step(Time until) {
  if (!begun_) TRY(begin());
  auto next = [&]() -> Result<std::optional<Batch>> {
    if (clock_.now() >= until) return std::nullopt;
    return next_batch();
  };
  TRY(move_batches<Batch>(mutex_, next, [&](Batch const& batch) { return move(batch); }));
  TRY(close_exhausted());
  return path_.empty();
}

}  // namespace argosy::replication
