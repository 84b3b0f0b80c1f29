// content/content.cpp - see content.h.
#include "content/content.h"

#include <list>
#include <mutex>
#include <unordered_map>

#include "base/assert.h"
#include "content/builder.h"

namespace argosy::content {
namespace {

/// Rows of an upload's journal read at a time.
constexpr std::size_t kJournalPage = 4'096;

/// Where a known block's stored form is looked up: tells nothing without the domain's secret.
Digest lookup_name(Domain const& domain, Digest const& digest) {
  return crypto::hmac_sha256(domain.secret.bytes(), digest.bytes);
}
/// The row's content opens only for who knows the block. The digest is the salt: the other way round HKDF's
/// first step would be the row's name itself, which lies beside the row.
crypto::Key lookup_key(Domain const& domain, Digest const& digest) {
  return crypto::hkdf_sha256(domain.secret.bytes(), digest.bytes, as_bytes("argosy lookup 1"));
}

/// Reads an upload's journal page by page.
class Journal {
 public:
  Journal(store::Store& store, std::string const& upload) : store_(store), upload_(upload) {}
  Result<std::optional<Change>> next() {
    if (at_ == page_.size()) {
      if (ended_) return std::nullopt;
      page_ = TRY(store_.placements(upload_, from_, kJournalPage));
      at_ = 0;
      ended_ = page_.size() < kJournalPage;
      if (page_.empty()) return std::nullopt;
      from_ = page_.back().block + 1;
    }
    auto const& row = page_[at_++];
    auto block = TRY(decode_reference(row.reference));
    return Change{row.block, block};
  }

 private:
  store::Store& store_;
  std::string const& upload_;
  std::vector<store::PlacementRow> page_;
  std::size_t at_ = 0;
  std::uint64_t from_ = 0;
  bool ended_ = false;
};

}  // namespace

struct Content::State {
  Options options;
  Entropy& entropy;
  std::mutex mutex;  // guards the cache below
  struct CacheKey {
    store::Domain domain;
    ChunkId id;
    bool operator==(CacheKey const&) const = default;
  };
  struct CacheHash {
    std::size_t operator()(CacheKey const& key) const { return std::hash<ChunkId>()(key.id) ^ key.domain; }
  };
  using Recent =
      std::list<std::pair<CacheKey, std::shared_ptr<Node const>>>;  // shared: a reader outlives eviction
  Recent recent;
  std::unordered_map<CacheKey, Recent::iterator, CacheHash> cache;

  std::shared_ptr<Node const> cached(CacheKey const& key) {
    std::lock_guard lock(mutex);
    auto found = cache.find(key);
    if (found == cache.end()) return nullptr;
    recent.splice(recent.begin(), recent, found->second);
    return found->second->second;
  }
  void remember(CacheKey const& key, std::shared_ptr<Node const> node) {
    std::lock_guard lock(mutex);
    if (cache.contains(key)) return;
    recent.emplace_front(key, std::move(node));
    cache[key] = recent.begin();
    if (recent.size() > options.cached_nodes) {
      cache.erase(recent.back().first);
      recent.pop_back();
    }
  }
};

Content::Content(store::Store& store, Options const& options, Entropy& entropy)
    : store_(store), state_(new State{options, entropy, {}, {}, {}}) {}
Content::~Content() = default;

Result<void> Content::put_block(Domain const& domain, std::string const& upload, std::uint64_t index,
                                ByteView block, Digest const& digest) {
  store::Placement placement{upload, index, {}};
  auto pin = store_.pin();  // until the journal names the chunk
  if (digest == hole_digest(0)) return store_.place(domain.number, std::move(placement));
  auto name = lookup_name(domain, digest);
  auto row = TRY(store_.recall(domain.number, name.bytes));
  if (row) {
    auto id = crypto::unwrap(lookup_key(domain, digest), name.bytes, *row);
    bool here = id && id->size() == 32 ? TRY(store_.contains(domain.number, ChunkId::copy_of(*id))) : false;
    if (here) {
      placement.reference = encode_reference(Reference{ChunkId::copy_of(*id), digest});
      return store_.place(domain.number, std::move(placement));
    }
  }
  auto stored = encode_block(block, state_->options.zstd_level);
  store::NewChunk chunk{digest::sha256(stored), stored};
  placement.reference = encode_reference(Reference{chunk.id, digest});
  TRY(store_.put(domain.number, chunk, std::move(placement)));
  auto sealed = crypto::wrap(lookup_key(domain, digest), name.bytes, chunk.id.bytes, state_->entropy);
  return store_.remember(domain.number, name.bytes, chunk.id, sealed);
}

Result<UploadSummary> Content::summarize(std::string const& upload) {
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

Result<FinishedDisk> Content::finish(Domain const& domain, std::string const& upload,
                                     std::int64_t volume_size_gib, Child const& parent,
                                     std::int64_t parent_size_gib) {
  Journal journal(store_, upload);
  Builder builder([&] { return journal.next(); }, [&](ChunkId const& id) { return node(domain.number, id); },
                  [&](StoredNode const& made) {
                    return store_.put(domain.number, {made.reference.id, made.stored}, std::nullopt);
                  });
  auto disk = TRY(builder.build(volume_size_gib, parent, parent_size_gib));
  TRY(store_.flush());
  return disk;
}

Result<void> Content::forget_upload(std::string const& upload) { return store_.remove_placements(upload); }

Result<std::shared_ptr<Node const>> Content::node(store::Domain domain, ChunkId const& id) {
  State::CacheKey key{domain, id};
  if (auto found = state_->cached(key)) return found;
  auto stored = TRY(store_.get(domain, id));
  auto opened = std::make_shared<Node const>(TRY(decode_node(stored)));
  state_->remember(key, opened);
  return opened;
}

Result<Child> Content::find(Disk const& disk, std::uint8_t level, std::uint64_t position) {
  auto height = height_of(disk.volume_size_gib);
  if (level > height) return fail(Fault::invalid, "a level above the root");
  std::uint64_t const width = blocks_per_child(static_cast<std::uint8_t>(level + 1));
  Child child = disk.root;
  for (auto at = height; child && at > level; --at) {
    auto opened = TRY(node(disk.domain, child->id));
    auto step = blocks_per_child(at);
    auto slot = position * width / step % kFanout;
    if (at == height && position * width / step >= kFanout) return Child{};
    child = opened->children[slot];
  }
  return child;
}

Result<std::optional<Bytes>> Content::read_block(Disk const& disk, std::uint64_t index, Digest* digest) {
  auto child = TRY(find(disk, 0, index));
  if (!child) return std::nullopt;
  auto stored = TRY(store_.get(disk.domain, child->id));
  auto block = TRY(decode_block(stored));
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
    auto node = TRY(content_.node(domain, side.child->id));
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
