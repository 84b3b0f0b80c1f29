// content/content.cpp - see content.h.
#include "content/content.h"

#include <algorithm>

#include "content/builder.h"
#include "content/sealing.h"

namespace argosy::content {
namespace {

/// Rows of an upload's journal read at a time.
constexpr std::size_t kJournalPage = 4'096;
/// Blocks that are counted on at once, for which a collection waits: a few milliseconds.
constexpr std::size_t kCountedAtOnce = 256;

/// Reads an upload's journal page by page.
class Journal {
 public:
  Journal(store::Store& store, Upload const& upload) : store_(store), upload_(upload) {}
  /// Counts on the blocks before it names them, and fails with `corrupt` if one is not here any more.
  void count_on_blocks(store::Domain domain) { domain_ = domain; }
  Result<std::optional<Change>> next() {
    if (at_ == page_.size() && !ended_) TRY(turn());
    if (at_ == page_.size()) return std::nullopt;
    if (domain_ && at_ % kCountedAtOnce == 0) TRY(count_on_next());
    return std::optional(page_[at_++]);
  }

 private:
  Result<void> turn() {
    auto const rows = TRY(store_.placements(upload_.id, from_, kJournalPage));
    page_.clear();
    at_ = 0;
    ended_ = rows.size() < kJournalPage;
    for (auto const& row : rows) {
      auto block =
          TRY(upload_.key ? open_journal_reference(row.reference, *upload_.key, upload_.id, row.block)
                          : decode_reference(row.reference));
      if (block && block->key.has_value() != upload_.key.has_value())
        return fail(Fault::corrupt, "a journal of another form than its upload's");
      page_.push_back({row.block, std::move(block)});
      from_ = row.block + 1;
    }
    return {};
  }
  Result<void> count_on_next() {
    std::vector<ChunkId> ids;
    for (auto i = at_; i < std::min(page_.size(), at_ + kCountedAtOnce); ++i)
      if (page_[i].block) ids.push_back(page_[i].block->id);
    auto const here = TRY(store_.count_on(*domain_, ids));
    if (std::ranges::find(here, store::Presence::absent) == here.end()) return {};
    return fail(Fault::corrupt, "Blocks were lost: what was stored of this upload is damaged");
  }

  store::Store& store_;
  Upload const& upload_;
  std::optional<store::Domain> domain_;  ///< in which they are counted on, if they are
  std::vector<Change> page_;
  std::size_t at_ = 0;
  std::uint64_t from_ = 0;
  bool ended_ = false;
};

}  // namespace

struct Content::State {
  struct CacheKey {
    store::Domain domain;
    ChunkId id;
    bool operator==(CacheKey const&) const = default;
  };
  struct CacheHash {
    std::size_t operator()(CacheKey const& key) const { return std::hash<ChunkId>()(key.id) ^ key.domain; }
  };
  /// An opened node and the reference that it was opened by.
  struct Opened {
    Reference reference;
    std::shared_ptr<Node const> node;  // shared: a reader outlives eviction
  };

  State(store::Store& store, Options const& content_options, Entropy& randomness)
      : options(content_options),
        entropy(randomness),
        lookup(store, randomness),
        tree(store, content_options.cached_nodes),
        cache(content_options.cached_nodes) {}

  Options options;
  Entropy& entropy;
  Lookup lookup;
  store::Tree tree;
  Recent<CacheKey, Opened, CacheHash> cache;

  /// What the journal says of a block.
  Bytes placement_of(Reference const& reference, Upload const& upload, std::uint64_t index) {
    if (!upload.key) return encode_reference(reference);
    return seal_journal_reference(reference, *upload.key, upload.id, index, entropy);
  }
};

Content::Content(store::Store& store, Options const& options, Entropy& entropy)
    : store_(store), state_(std::make_unique<State>(store, options, entropy)) {}
Content::~Content() = default;

store::Tree& Content::tree() { return state_->tree; }
Lookup& Content::lookup() { return state_->lookup; }

Result<void> Content::put_block(Domain const& domain, Upload const& upload, std::uint64_t index,
                                ByteView block, Digest const& digest) {
  store::Placement placement{upload.id, index, {}};
  auto pin = store_.pin();  // until the journal names the chunk
  if (digest == hole_digest(0)) return store_.place(domain.number, std::move(placement));
  auto known = TRY(state_->lookup.find(domain, digest, upload.form()));
  if (known) {
    placement.reference = state_->placement_of(*known, upload, index);
    return store_.place(domain.number, std::move(placement));
  }
  auto stored = encode_block(block, state_->options.zstd_level);
  Reference reference{{}, digest};
  if (upload.key) {
    auto sealed = seal_block(stored, domain.secret);
    stored = std::move(sealed.stored);
    reference.key = sealed.key;
  }
  reference.id = digest::sha256(stored);
  placement.reference = state_->placement_of(reference, upload, index);
  TRY(store_.put(domain.number, {reference.id, stored}, std::move(placement)));
  return state_->lookup.remember(domain, reference);
}

Result<UploadSummary> Content::summarize(Upload const& upload) {
  Journal journal(store_, upload);
  UploadSummary summary;
  digest::Sha256 hash;
  while (true) {
    auto change = TRY(journal.next());
    if (!change) break;
    ++summary.blocks;
    hash.update(change->block ? change->block->digest.bytes : hole_digest(0).bytes);
  }
  summary.linear = hash.finish();
  return summary;
}

Result<Child> Content::put_node(Domain const& domain, Node const& node, store::Sealing form) {
  bool const sealed = form != store::Sealing::none;
  auto const made = sealed ? seal_node(node, domain.secret) : encode_node(node);
  if (!made) return Child{};
  TRY(store_.put(domain.number, {made->reference.id, made->stored}, std::nullopt));
  if (sealed) TRY(state_->lookup.remember(domain, made->reference));
  return Child(made->reference);
}

Result<FinishedDisk> Content::finish(Domain const& domain, Upload const& upload, std::int64_t volume_size_gib,
                                     Child const& parent, std::int64_t parent_size_gib) {
  if (parent && parent->key.has_value() != upload.key.has_value())
    return fail(Fault::invalid, "of an upload and its parent one is encrypted and the other is not");
  Journal journal(store_, upload);
  journal.count_on_blocks(domain.number);
  Builder builder([&] { return journal.next(); },
                  [&](Reference const& reference) { return node(domain.number, reference); },
                  [&](Node const& made) { return put_node(domain, made, upload.form()); });
  auto disk = TRY(builder.build(volume_size_gib, parent, parent_size_gib));
  TRY(store_.flush());
  return disk;
}

Result<void> Content::forget_upload(std::string const& upload) { return store_.remove_placements(upload); }

Result<std::shared_ptr<Node const>> Content::node(store::Domain domain, Reference const& reference) {
  State::CacheKey const key{domain, reference.id};
  // Who names another digest or does not hold the key is given nothing that another has opened.
  if (auto found = state_->cache.find(key); found && found->reference == reference) return found->node;
  auto stored = TRY(store_.get(domain, reference.id));
  auto opened = std::make_shared<Node const>(TRY(open_node(stored, reference)));
  state_->cache.put(key, {reference, opened});
  return opened;
}

Result<Child> Content::find_block(Disk const& disk, std::uint64_t index) {
  auto const height = height_of(disk.volume_size_gib);
  if (!store::is_below(height, 0, index)) return Child{};
  auto child = disk.root;
  for (auto level = height; child && level > 0; --level) {
    auto opened = TRY(node(disk.domain, *child));
    child = opened->children[store::slot_towards(level, 0, index)];
  }
  return child;
}

Result<std::optional<Bytes>> Content::read_block(Disk const& disk, std::uint64_t index, Digest* digest) {
  auto child = TRY(find_block(disk, index));
  if (!child) return std::nullopt;
  auto stored = TRY(store_.get(disk.domain, child->id));
  auto block = TRY(decode_block(stored, *child));
  if (digest != nullptr) *digest = child->digest;
  return block;
}

namespace {

/// Walks two trees at once and visits the blocks where they differ, ascending; equal subtrees are not
/// entered.
class Walk {
 public:
  Walk(Content& content, Disk const& first, Disk const& second, std::uint64_t from, std::size_t limit)
      : content_(content), first_(first), second_(second), from_(from), limit_(limit) {}

  Result<Page<ChangedEntry>> run() {
    auto height = std::max(height_of(first_.volume_size_gib), height_of(second_.volume_size_gib));
    auto first = first_.root ? Side{first_.root, height_of(first_.volume_size_gib)} : Side{};
    auto second = second_.root ? Side{second_.root, height_of(second_.volume_size_gib)} : Side{};
    TRY(visit(height, 0, first, second));
    return std::move(page_);
  }

 private:
  /// A child and the level it has: lower than its place where one disk's tree is lower than the other's.
  struct Side {
    Child child;
    std::uint8_t level = 0;
  };

  Result<std::array<Side, kFanout>> children(store::Domain domain, std::uint8_t level, Side const& side) {
    std::array<Side, kFanout> out;
    if (!side.child) return out;
    if (side.level < level) {
      out[0] = side;
      return out;
    }
    auto node = TRY(content_.node(domain, *side.child));
    for (std::size_t slot = 0; slot < kFanout; ++slot)
      out[slot] = {node->children[slot], static_cast<std::uint8_t>(level - 1)};
    return out;
  }

  static bool same(Side const& a, Side const& b) {
    if (!a.child || !b.child) return !a.child && !b.child;
    return a.level == b.level && a.child->digest == b.child->digest;
  }

  Result<void> visit(std::uint8_t level, std::uint64_t first_block, Side const& a, Side const& b) {
    if (same(a, b) || page_.next) return {};
    if (level == 0) {
      if (page_.entries.size() == limit_) {
        page_.next = first_block;
      } else {
        page_.entries.push_back({first_block, a.child, b.child});
      }
      return {};
    }
    auto as = TRY(children(first_.domain, level, a));
    auto bs = TRY(children(second_.domain, level, b));
    auto step = blocks_per_child(level);
    for (std::size_t slot = 0; slot < kFanout && !page_.next; ++slot) {
      auto start = first_block + slot * step;
      if (start + step <= from_) continue;
      TRY(visit(static_cast<std::uint8_t>(level - 1), start, as[slot], bs[slot]));
    }
    return {};
  }

  Content& content_;
  Disk const& first_;
  Disk const& second_;
  std::uint64_t from_;
  std::size_t limit_;
  Page<ChangedEntry> page_;
};

}  // namespace

Result<Page<ChangedEntry>> Content::list_changes(Disk const& first, Disk const& second, std::uint64_t from,
                                                 std::size_t limit) {
  return Walk(*this, first, second, from, limit).run();
}

Result<Page<BlockEntry>> Content::list_blocks(Disk const& disk, std::uint64_t from, std::size_t limit) {
  Disk empty{disk.domain, std::nullopt, disk.volume_size_gib};
  auto changes = TRY(list_changes(empty, disk, from, limit));
  Page<BlockEntry> page;
  page.next = changes.next;
  for (auto const& change : changes.entries) page.entries.push_back({change.index, *change.second});
  return page;
}

}  // namespace argosy::content
