// cli/download.cpp - see download.h.
#include "cli/download.h"

#include <atomic>
#include <charconv>
#include <deque>
#include <mutex>
#include <vector>

#include "cli/block_reader.h"
#include "cli/file.h"
#include "cli/format.h"
#include "cli/parallel.h"
#include "cli/patience.h"

namespace argosy::cli {
namespace {

/// So many of an earlier run's blocks are read from the file before it is told how far that is.
constexpr std::size_t kBlocksCompared = 1'024;

/// By block index. A bit a block: 64 TiB are 16 MiB.
using Written = std::vector<bool>;

/// A line "INDEX DIGEST" of the journal.
struct Entry {
  std::uint64_t index = 0;
  std::string digest;  ///< hexadecimal
  bool is_there = false;
};

/// Nothing if it cannot be read or names none of the volume's `blocks`: a block that no entry names is asked
/// for again.
std::optional<Entry> parse_entry(std::string_view line, std::uint64_t blocks) {
  std::uint64_t index = 0;
  auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), index);
  auto rest = line.substr(static_cast<std::size_t>(end - line.data()));
  if (error != std::errc{} || index >= blocks || !rest.starts_with(' ')) return std::nullopt;
  return Entry{index, std::string(rest.substr(1)), false};
}

bool has_block(File const& file, Entry const& entry) {
  Bytes block(kBlockBytes);
  auto offset = static_cast<off_t>(entry.index * kBlockBytes);
  auto got = pread(file.descriptor(), block.data(), block.size(), offset);
  return got == static_cast<ssize_t>(block.size()) && digest::sha256(block).hex() == entry.digest;
}

/// Which blocks earlier runs have written: of those that their journal names, those that have its digest in
/// the file.
class Earlier {
 public:
  /// `blocks`: that the volume has room for.
  Earlier(File const& file, std::uint64_t blocks, DownloadOptions const& options, Terminal& terminal,
          Terminal::Line line)
      : file_(file), blocks_(blocks), options_(options), terminal_(terminal), line_(line) {}

  Outcome<Written> find(Journal const& journal) {
    TRY(journal.read([&](std::string_view line) { take(line); }));
    compare();
    return std::move(written_);
  }

 private:
  void take(std::string_view line) {
    auto entry = parse_entry(line, blocks_);
    if (!entry) return;
    entries_.push_back(*std::move(entry));
    if (entries_.size() == kBlocksCompared) compare();
  }

  void compare() {
    if (entries_.empty()) return;
    run_each(options_.jobs, entries_.size(),
             [&](std::size_t i) { entries_[i].is_there = has_block(file_, entries_[i]); });
    for (auto const& entry : entries_) {
      if (!entry.is_there) continue;
      if (entry.index >= written_.size()) written_.resize(entry.index + 1);
      written_[entry.index] = true;
    }
    bytes_ += entries_.size() * kBlockBytes;
    terminal_.update(line_, {"comparing", bytes_, options_.expected_bytes, std::nullopt});
    entries_.clear();
  }

  File const& file_;
  std::uint64_t const blocks_;
  DownloadOptions const& options_;
  Terminal& terminal_;
  Terminal::Line const line_;
  Written written_;
  std::vector<Entry> entries_;  ///< that are not compared yet
  std::uint64_t bytes_ = 0;
};

/// step() runs on several threads, each with one block; holds one page of block tokens at a time, and its
/// reader another.
class Download {
 public:
  Download(Session& session, std::string snapshot_id, File const& file, std::string path, Journal& journal,
           DownloadOptions const& options, Terminal& terminal, Terminal::Line line)
      : session_(session),
        snapshot_id_(std::move(snapshot_id)),
        reader_(session_, snapshot_id_),
        file_(file),
        path_(std::move(path)),
        journal_(journal),
        options_(options),
        patience_(options.patience, [this] { show(kTryingAgain); }),
        terminal_(terminal),
        line_(line) {}

  /// Before the steps: what is there already, and the length of the file.
  Outcome<void> begin() {
    auto page = TRY(patience_.persist([&] { return list_blocks(session_, snapshot_id_, {}); }));
    auto size = static_cast<std::uint64_t>(page.volume_size) * kGiB;
    written_ = TRY(Earlier(file_, size / kBlockBytes, options_, terminal_, line_).find(journal_));
    if (written_.empty() && ftruncate(file_.descriptor(), 0) != 0)  // what lies in it is of another export
      return std::unexpected(system_failure(path_, "cannot shorten"));
    if (ftruncate(file_.descriptor(), static_cast<off_t>(size)) != 0)
      return std::unexpected(system_failure(path_, "cannot make it as long as the volume"));
    take(page);
    patience_.progressed();
    return {};
  }

  Outcome<bool> step() {
    auto block = TRY(claim());
    if (!block) return false;
    if (!is_there(static_cast<std::uint64_t>(block->block_index))) TRY(fetch(*block));
    patience_.progressed();
    std::lock_guard lock(mutex_);
    ++done_;
    show("downloading");
    return true;
  }

  Downloaded result() const { return {done_, received_}; }

 private:
  void show(char const* state) {
    terminal_.update(line_, {state, done_ * kBlockBytes, options_.expected_bytes, std::nullopt});
  }

  void take(ebs::ListSnapshotBlocksResponse const& page) {
    waiting_.assign(page.blocks.begin(), page.blocks.end());
    next_page_ = behind(page.blocks, page.next_token);
  }

  Outcome<std::optional<ebs::Block>> claim() {
    std::lock_guard lock(mutex_);
    while (waiting_.empty() && next_page_)
      take(TRY(patience_.persist([&] { return list_blocks(session_, snapshot_id_, *next_page_); })));
    if (waiting_.empty()) return std::nullopt;
    auto block = std::move(waiting_.front());
    waiting_.pop_front();
    return block;
  }

  bool is_there(std::uint64_t index) const { return index < written_.size() && written_[index]; }

  Outcome<void> fetch(ebs::Block const& block) {
    auto data = TRY(patience_.persist([&] { return reader_.get(block); }));
    auto index = static_cast<std::uint64_t>(block.block_index);
    if (!is_all_zero(data)) TRY(write(index * kBlockBytes, data));
    ++received_;
    return journal_.append(std::to_string(index) + " " + to_hex(digest::sha256(data).bytes));
  }

  Outcome<void> write(std::uint64_t offset, ByteView data) {
    while (!data.empty()) {
      auto put = pwrite(file_.descriptor(), data.data(), data.size(), static_cast<off_t>(offset));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return std::unexpected(system_failure(path_, "cannot write"));
      offset += static_cast<std::uint64_t>(put);
      data = data.subspan(static_cast<std::size_t>(put));
    }
    return {};
  }

  Session& session_;
  std::string const snapshot_id_;
  BlockReader reader_;
  File const& file_;
  std::string const path_;
  Journal& journal_;
  DownloadOptions const options_;
  Written written_;  ///< of earlier runs; read alone once the steps have begun
  Patience patience_;
  Terminal& terminal_;
  Terminal::Line const line_;
  std::atomic<std::uint64_t> received_ = 0;
  std::atomic<std::uint64_t> done_ = 0;
  std::mutex mutex_;  // guards what follows
  std::deque<ebs::Block> waiting_;
  std::optional<PageStart> next_page_;
};

}  // namespace

Outcome<Downloaded> download(Session& session, std::string const& snapshot_id, std::string const& path,
                             Journal& journal, DownloadOptions const& options, Terminal& terminal,
                             std::string const& label) {
  auto file = TRY(File::open(path, O_RDWR | O_CREAT));
  auto line = terminal.begin(label);
  Download download(session, snapshot_id, file, path, journal, options, terminal, line);
  auto outcome = download.begin();
  if (outcome) outcome = run_steps(options.jobs, [&] { return download.step(); });
  terminal.end(line);
  TRY(std::move(outcome));
  if (fsync(file.descriptor()) != 0) return std::unexpected(system_failure(path, "cannot write"));
  return download.result();
}

}  // namespace argosy::cli
