// replication/reseal.cpp - see reseal.h.
#include "replication/reseal.h"

#include <algorithm>

#include "content/sealing.h"

namespace argosy::replication {
namespace {

namespace m = messages::replication;
using content::kBlockBytes;
using content::kFanout;

constexpr auto kSealed = store::Sealing::aes_256_gcm;
/// Nodes asked for together: 400 KiB for each level of the walk.
constexpr std::size_t kNodesAhead = 16;
/// What is remembered is made durable so often: a crash costs at most this much work again.
constexpr std::uint64_t kFlushBytes = 128ULL << 20U;

}  // namespace

bool Reseal::Batch::is_full() const {
  return blocks.size() == m::kMaxFetchBlocks || ranges.size() == m::kMaxRanges;
}

Reseal::Reseal(content::Content& content, Source& source, DiskToReseal disk, Clock& clock)
    : content_(content),
      source_(source, disk.lease, disk.source_snapshot_id, disk.content_bytes),
      disk_(std::move(disk)),
      clock_(clock) {
  progress_.moved_bytes = disk_.moved_bytes;
}

Result<content::Child> Reseal::find_known(content::Reference const& reference) {
  return content_.lookup().find(disk_.domain, reference.digest, kSealed);
}

Result<void> Reseal::begin() {
  begun_ = true;
  if (!disk_.root) return source_.check_content(0);
  auto const height = content::height_of(disk_.volume_size_gib);
  root_ = TRY(find_known(*disk_.root));
  if (root_) {
    auto const blocks = TRY(count_whole(*root_, height, 0));
    progress_.done_bytes = blocks * kBlockBytes;
    return source_.check_content(blocks);
  }
  Bytes bytes;
  auto frames = TRY(source_.fetch({root_range(height)}, std::span(&disk_.root->id, 1), bytes));
  TRY(count_moved(frames.front().size()));
  auto node = TRY(source_.open_node(frames.front(), height, *disk_.root));
  TRY(source_.check_content(node.blocks));
  return push(nullptr, 0, std::move(node));
}

/// Lets the collection of garbage go on, which waits for older pins: what was sealed so far is counted on
/// anew under a newer one. The uppermost chunks suffice, for what lies below a needed node is needed.
Result<void> Reseal::hold() {
  auto& store = content_.store();
  auto pin = store.pin();
  std::vector<store::ChunkId> ids;
  if (root_) ids.push_back(root_->id);
  for (auto const& frame : path_)
    for (auto const& child : frame->sealed.children)
      if (child) ids.push_back(child->id);
  auto const here = TRY(store.count_on(disk_.domain.number, ids));
  if (std::ranges::find(here, store::Presence::absent) != here.end())
    return fail(Fault::unavailable, "what was sealed so far is damaged: it is sealed anew");
  pin_.reset();
  pin_.emplace(std::move(pin));
  return {};
}

/// More than a node says is refused before it is asked for.
Result<void> Reseal::count_said(Frame& frame, std::uint64_t blocks) const {
  if (blocks > frame.source.blocks - frame.said_blocks)
    return source_.sent("a manifest node with a wrong count of blocks");
  frame.said_blocks += blocks;
  return {};
}

Result<void> Reseal::push(std::shared_ptr<Frame> const& parent, std::size_t slot, content::Node node) {
  auto frame = std::make_shared<Frame>();
  frame->parent = parent;
  frame->slot = static_cast<std::uint8_t>(slot);
  frame->position = parent ? parent->position * kFanout + slot : 0;
  frame->sealed.level = node.level;
  frame->source = std::move(node);
  for (std::size_t i = kFanout; i > 0; --i) {
    if (!frame->source.children[i - 1]) continue;
    auto const last = (frame->position * kFanout + i - 1) * content::blocks_per_child(frame->source.level);
    if (last >= content::blocks_of(disk_.volume_size_gib))
      return source_.sent("a manifest node that reaches beyond the disk");
    break;
  }
  auto const children = static_cast<std::uint64_t>(
      std::ranges::count_if(frame->source.children, [](auto const& child) { return child.has_value(); }));
  if (frame->source.level == 1 && frame->source.blocks != children)
    return source_.sent("a manifest node with a wrong count of blocks");
  if (parent) TRY(count_said(*parent, frame->source.blocks));
  if (parent) ++parent->waits_for;
  path_.push_back(std::move(frame));
  return {};
}

/// The blocks below a node that the domain has already.
Result<std::uint64_t> Reseal::count_whole(content::Reference const& known, std::uint8_t level,
                                          std::uint64_t position) const {
  auto& tree = content_.tree();
  bool const beyond = TRY(reaches_beyond(tree, disk_.domain.number, known.id, level, position,
                                         content::blocks_of(disk_.volume_size_gib)));
  if (beyond) return source_.sent("a manifest node that reaches beyond the disk");
  return TRY(tree.node(disk_.domain.number, known.id))->view().blocks;
}

/// A child that the domain has already.
Result<void> Reseal::count_known(Frame& frame, std::size_t slot, content::Reference const& known) {
  std::uint64_t blocks = 1;
  if (frame.source.level > 1)
    blocks = TRY(count_whole(known, static_cast<std::uint8_t>(frame.source.level - 1),
                             frame.position * kFanout + slot));
  if (frame.source.level > 1) TRY(count_said(frame, blocks));
  frame.sealed.children[slot] = known;
  frame.sealed.blocks += blocks;
  progress_.done_bytes += blocks * kBlockBytes;
  return {};
}

/// The source's nodes are not kept: they are counted in a record of their own.
Result<void> Reseal::count_moved(std::uint64_t bytes) {
  progress_.moved_bytes += bytes;
  auto count = journal_moved(disk_.journal, progress_.moved_bytes);
  return count ? content_.store().place(disk_.domain.number, *std::move(count)) : Result<void>{};
}

/// Asks for a child of a node of nodes, and for the next ones that the domain does not know. The first one in
/// any case: somebody else may have sealed it since the caller looked.
Result<void> Reseal::fetch_ahead(Frame& frame, std::size_t from_slot) {
  m::Range range{frame.source.level, static_cast<std::int64_t>(frame.position), {}};
  std::vector<store::ChunkId> ids;
  for (auto slot = from_slot; slot < kFanout && ids.size() < kNodesAhead; ++slot) {
    auto const& child = frame.source.children[slot];
    if (!child) continue;
    auto const known = slot == from_slot ? content::Child{} : TRY(find_known(*child));
    if (known) continue;
    range.slots.push_back(static_cast<std::byte>(slot));
    ids.push_back(child->id);
  }
  Bytes bytes;
  auto const frames = TRY(source_.fetch({range}, ids, bytes));
  TRY(count_moved(bytes.size() - 4 * frames.size()));  // each stands behind its length
  for (std::size_t i = 0; i < frames.size(); ++i) {
    auto const slot = std::to_integer<std::size_t>(range.slots[i]);
    frame.ahead[slot] = TRY(source_.open_node(frames[i], static_cast<std::uint8_t>(frame.source.level - 1),
                                              *frame.source.children[slot]));
  }
  return {};
}

/// Takes blocks that the domain does not know, up to a full batch.
Result<void> Reseal::take_blocks(std::shared_ptr<Frame> const& frame, Batch& batch) {
  m::Range range{1, static_cast<std::int64_t>(frame->position), {}};
  for (; frame->next < kFanout && !batch.is_full(); ++frame->next) {
    auto const& child = frame->source.children[frame->next];
    if (!child) continue;
    auto const known = TRY(find_known(*child));
    if (known) {
      TRY(count_known(*frame, frame->next, *known));
      continue;
    }
    range.slots.push_back(static_cast<std::byte>(frame->next));
    batch.blocks.push_back({frame, static_cast<std::uint8_t>(frame->next), *child});
    ++frame->waits_for;
  }
  if (!range.slots.empty()) batch.ranges.push_back(std::move(range));
  return {};
}

/// To the next child that the domain does not know.
Result<void> Reseal::descend(std::shared_ptr<Frame> const& frame) {
  while (frame->next < kFanout) {
    auto const slot = frame->next++;
    auto const& child = frame->source.children[slot];
    if (!child) continue;
    auto const known = TRY(find_known(*child));
    if (known) {
      TRY(count_known(*frame, slot, *known));
      continue;
    }
    if (!frame->ahead.contains(slot)) TRY(fetch_ahead(*frame, slot));
    auto node = std::move(frame->ahead.extract(slot).mapped());
    return push(frame, slot, std::move(node));
  }
  return {};
}

/// Nothing at the end of the walk, or of the time.
Result<std::optional<Reseal::Batch>> Reseal::next_batch(Time until) {
  Batch batch;
  while (!path_.empty() && !batch.is_full() && clock_.now() < until) {
    auto const frame = path_.back();
    if (frame->source.level == 1) {
      TRY(take_blocks(frame, batch));
    } else {
      TRY(descend(frame));
    }
    if (path_.back() != frame || frame->next < kFanout) continue;
    path_.pop_back();
    frame->left = true;
    TRY(settle(frame));
  }
  if (batch.blocks.empty()) return std::nullopt;
  return batch;
}

/// Seals a node that the walk has left and that waits for nothing more; then perhaps its parent.
Result<void> Reseal::settle(std::shared_ptr<Frame> frame) {
  while (frame && frame->left && frame->waits_for == 0) {
    if (frame->sealed.blocks != frame->source.blocks)
      return source_.sent("a manifest node with a wrong count of blocks");
    auto const made = TRY(content_.put_node(disk_.domain, frame->sealed, kSealed));
    auto const parent = frame->parent;
    if (parent) {
      parent->sealed.children[frame->slot] = made;
      parent->sealed.blocks += frame->sealed.blocks;
      --parent->waits_for;
    } else {
      root_ = made;
    }
    frame = parent;
  }
  return {};
}

/// Stores what is not here yet, and remembers all of it.
Result<void> Reseal::put(std::span<content::StoredNode const> blocks, std::optional<store::Placement> count) {
  auto& store = content_.store();
  std::vector<store::ChunkId> ids;
  for (auto const& block : blocks) ids.push_back(block.reference.id);
  auto const here = TRY(store.count_on(disk_.domain.number, ids));
  std::vector<store::NewChunk> chunks;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    bool const twice = std::find(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(i), ids[i]) !=
                       ids.begin() + static_cast<std::ptrdiff_t>(i);
    if (here[i] != store::Presence::closed && !twice) chunks.push_back({ids[i], blocks[i].stored});
  }
  if (chunks.empty() && count) {  // it came all the same
    TRY(store.place(disk_.domain.number, *std::move(count)));
  } else {
    TRY(store.put_blocks(disk_.domain.number, chunks, std::move(count)));
  }
  for (auto const& block : blocks) TRY(content_.lookup().remember(disk_.domain, block.reference));
  return {};
}

Result<void> Reseal::move(Batch const& batch) {
  std::vector<store::ChunkId> ids;
  for (auto const& block : batch.blocks) ids.push_back(block.reference.id);
  Bytes bytes;
  auto const frames = TRY(source_.fetch(batch.ranges, ids, bytes));
  std::vector<content::StoredNode> made;
  std::uint64_t moved = 0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    auto const unsealed = TRY(source_.open_block(frames[i], batch.blocks[i].reference));
    auto sealed = content::seal_block(unsealed, disk_.domain.secret);
    auto const id = digest::sha256(sealed.stored);
    made.push_back({std::move(sealed.stored), {id, batch.blocks[i].reference.digest, sealed.key}});
    moved += frames[i].size();
  }
  std::optional<store::Placement> count;
  {
    std::lock_guard lock(mutex_);
    progress_.moved_bytes += moved;
    unflushed_bytes_ += moved;
    count = journal_moved(disk_.journal, progress_.moved_bytes);
  }
  TRY(put(made, std::move(count)));
  std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < made.size(); ++i) {
    auto const& [frame, slot, reference] = batch.blocks[i];
    frame->sealed.children[slot] = made[i].reference;
    ++frame->sealed.blocks;
    --frame->waits_for;
    TRY(settle(frame));
  }
  progress_.done_bytes += made.size() * kBlockBytes;
  return {};
}

Result<bool> Reseal::step(Time until) {
  TRY(hold());
  if (!begun_) TRY(begin());
  TRY(move_batches<Batch>(
      mutex_, [&] { return next_batch(until); }, [&](Batch const& batch) { return move(batch); }));
  if (unflushed_bytes_ >= kFlushBytes) {
    TRY(content_.store().flush());
    unflushed_bytes_ = 0;
  }
  return path_.empty();
}

}  // namespace argosy::replication
