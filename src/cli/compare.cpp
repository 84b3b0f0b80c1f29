// cli/compare.cpp - see compare.h.
#include "cli/compare.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>

#include "cli/block_reader.h"
#include "cli/parallel.h"
#include "cli/patience.h"

namespace argosy::cli {
namespace {

/// A block that may differ; a side without a token has not written it.
struct Candidate {
  std::uint64_t index = 0;
  std::optional<std::string> token_a;
  std::optional<std::string> token_b;
};

/// Candidates in ascending order, one page of tokens a side at a time. One thread at a time.
class Candidates {
 public:
  virtual ~Candidates() = default;
  virtual Outcome<std::optional<Candidate>> next() = 0;
};

/// The written blocks of one snapshot.
class WrittenBlocks {
 public:
  WrittenBlocks(Side side, Patience const& patience) : side_(side), patience_(patience) {}
  /// The next one, or nothing.
  Outcome<ebs::Block const*> peek() {
    while (waiting_.empty() && next_page_) {
      auto page =
          TRY(patience_.persist([&] { return list_blocks(side_.session, side_.snapshot_id, *next_page_); }));
      waiting_.assign(page.blocks.begin(), page.blocks.end());
      next_page_ = behind(page.blocks, page.next_token);
    }
    return waiting_.empty() ? nullptr : &waiting_.front();
  }
  std::string take() {
    auto token = std::move(waiting_.front().block_token);
    waiting_.pop_front();
    return token;
  }

 private:
  Side side_;
  Patience const& patience_;
  std::deque<ebs::Block> waiting_;
  std::optional<PageStart> next_page_ = PageStart{};
};

/// All that is written on either side.
class AllBlocks final : public Candidates {
 public:
  AllBlocks(Side a, Side b, Patience const& patience) : a_(a, patience), b_(b, patience) {}
  Outcome<std::optional<Candidate>> next() override {
    auto const* a = TRY(a_.peek());
    auto const* b = TRY(b_.peek());
    if (a == nullptr && b == nullptr) return std::nullopt;
    auto index = a == nullptr   ? b->block_index
                 : b == nullptr ? a->block_index
                                : std::min(a->block_index, b->block_index);
    Candidate candidate{static_cast<std::uint64_t>(index), std::nullopt, std::nullopt};
    if (a != nullptr && a->block_index == index) candidate.token_a = a_.take();
    if (b != nullptr && b->block_index == index) candidate.token_b = b_.take();
    return candidate;
  }

 private:
  WrittenBlocks a_;
  WrittenBlocks b_;
};

/// Those that the service says were changed between the two.
class ChangedBlocks final : public Candidates {
 public:
  /// The first page was asked for already, to learn whether the service can say it.
  ChangedBlocks(Side a, Side b, Patience const& patience, ebs::ListChangedBlocksResponse const& first)
      : a_(std::move(a)), b_(std::move(b)), patience_(patience) {
    take(first);
  }
  Outcome<std::optional<Candidate>> next() override {
    while (waiting_.empty() && next_page_)
      take(TRY(patience_.persist(
          [&] { return list_changes(a_.session, a_.snapshot_id, b_.snapshot_id, *next_page_); })));
    if (waiting_.empty()) return std::nullopt;
    auto change = std::move(waiting_.front());
    waiting_.pop_front();
    return Candidate{static_cast<std::uint64_t>(change.block_index), std::move(change.first_block_token),
                     std::move(change.second_block_token)};
  }

 private:
  void take(ebs::ListChangedBlocksResponse const& page) {
    waiting_.assign(page.changed_blocks.begin(), page.changed_blocks.end());
    next_page_ = behind(page.changed_blocks, page.next_token);
  }
  Side a_;
  Side b_;
  Patience const& patience_;
  std::deque<ebs::ChangedBlock> waiting_;
  std::optional<PageStart> next_page_;
};

/// How far it has come, for the terminal. Any thread.
class Shown {
 public:
  /// `expected_bytes`: 0 if not known.
  Shown(Terminal& terminal, std::string const& label, std::uint64_t expected_bytes)
      : terminal_(terminal), line_(terminal.begin(label)), expected_bytes_(expected_bytes) {}
  Shown(Shown const&) = delete;
  Shown& operator=(Shown const&) = delete;
  ~Shown() { terminal_.end(line_); }

  void expect(std::uint64_t bytes) { expected_bytes_ = bytes; }
  void add(std::uint64_t bytes) {
    bytes_ += bytes;
    tell("comparing");
  }
  void tell(char const* state) const {
    auto const bytes = bytes_.load();
    terminal_.update(line_, {state, bytes, std::max(bytes, expected_bytes_.load()), std::nullopt});
  }
  std::uint64_t bytes() const { return bytes_; }

 private:
  Terminal& terminal_;
  Terminal::Line const line_;
  std::atomic<std::uint64_t> expected_bytes_;
  std::atomic<std::uint64_t> bytes_ = 0;
};

/// step() runs on several threads, each with one block of both sides.
class Reading {
 public:
  Reading(Side const& a, Side const& b, std::unique_ptr<Candidates> candidates, Patience& patience,
          Shown& shown)
      : a_(a.session, a.snapshot_id),
        b_(b.session, b.snapshot_id),
        candidates_(std::move(candidates)),
        patience_(patience),
        shown_(shown) {}

  Outcome<bool> step() {
    auto candidate = TRY(claim());
    if (!candidate) return false;
    auto a = TRY(read(a_, candidate->index, candidate->token_a));
    auto b = TRY(read(b_, candidate->index, candidate->token_b));
    patience_.progressed();
    auto [at, ignored] = std::ranges::mismatch(a, b);
    std::lock_guard lock(mutex_);
    shown_.add(kBlockBytes);
    if (at == a.end() || (first_ && *first_ < candidate->index)) return true;
    first_ = candidate->index;
    first_byte_ = candidate->index * kBlockBytes + static_cast<std::uint64_t>(at - a.begin());
    return true;
  }

  /// After the last step.
  Comparison result() const {
    Comparison comparison;
    comparison.same = !first_;
    comparison.by = "reading";
    comparison.first_block = first_;
    if (first_) comparison.first_byte_offset = first_byte_;
    comparison.bytes_compared = shown_.bytes();
    return comparison;
  }

 private:
  /// Behind the first difference nothing more is read; what is claimed before it is read to its end.
  Outcome<std::optional<Candidate>> claim() {
    std::lock_guard lock(mutex_);
    if (first_) return std::nullopt;
    return candidates_->next();
  }
  Outcome<Bytes> read(BlockReader& reader, std::uint64_t index, std::optional<std::string> const& token) {
    if (!token) return Bytes(kBlockBytes);
    ebs::Block block{static_cast<std::int64_t>(index), *token};
    return patience_.persist([&] { return reader.get(block); });
  }

  BlockReader a_;
  BlockReader b_;
  std::unique_ptr<Candidates> candidates_;
  Patience& patience_;
  Shown& shown_;
  std::mutex mutex_;  // guards what follows, and candidates_
  std::optional<std::uint64_t> first_;
  std::uint64_t first_byte_ = 0;
};

std::string digest_of(ec2::Snapshot const& snapshot) {
  return snapshot.argosy ? snapshot.argosy->content_digest.value_or("") : std::string();
}

/// Nothing if the service cannot say it: the snapshots have no common ancestor, or asking is not allowed.
std::unique_ptr<Candidates> ask_for_changes(Side const& a, Side const& b, Patience const& patience) {
  auto first = list_changes(a.session, a.snapshot_id, b.snapshot_id, {});
  if (!first) return nullptr;
  return std::make_unique<ChangedBlocks>(a, b, patience, *first);
}

std::uint64_t content_bytes(ec2::Snapshot const& snapshot) {
  return static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, snapshot.full_snapshot_size_in_bytes.value_or(0)));
}

}  // namespace

Outcome<Comparison> compare_snapshots(Side const& a, Side const& b, CompareOptions const& options,
                                      Terminal& terminal, std::string const& label) {
  auto snapshot_a = TRY(find_snapshot(a.session, a.snapshot_id));
  auto snapshot_b = TRY(find_snapshot(b.session, b.snapshot_id));
  Comparison comparison;
  if (snapshot_a.volume_size != snapshot_b.volume_size) {
    comparison.by = "size";
    return comparison;
  }
  auto digest = digest_of(snapshot_a);
  bool agree = !digest.empty() && digest == digest_of(snapshot_b);
  if (agree && !options.read) {
    comparison.same = true;
    comparison.by = "digest";
    comparison.content_digest = digest;
    return comparison;
  }
  Shown shown(terminal, label, std::max(content_bytes(snapshot_a), content_bytes(snapshot_b)));
  Patience patience(options.patience, [&] { shown.tell(kTryingAgain); });
  std::unique_ptr<Candidates> candidates;
  if (options.same_region && !options.read) candidates = ask_for_changes(a, b, patience);
  if (candidates) shown.expect(0);  // how many were changed is not known before the end
  if (!candidates) candidates = std::make_unique<AllBlocks>(a, b, patience);
  Reading reading(a, b, std::move(candidates), patience, shown);
  TRY(run_steps(options.jobs, [&] { return reading.step(); }));
  comparison = reading.result();
  if (agree && comparison.same) comparison.content_digest = digest;
  return comparison;
}

}  // namespace argosy::cli
