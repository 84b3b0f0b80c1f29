// cli/download.cpp - see download.h.
#include "cli/download.h"

#include <atomic>
#include <charconv>
#include <deque>
#include <mutex>
#include <unordered_map>

#include "cli/block_reader.h"
#include "cli/file.h"
#include "cli/format.h"
#include "cli/parallel.h"
#include "cli/patience.h"

namespace argosy::cli {
namespace {

/// Block index -> the digest of what was written there.
using Written = std::unordered_map<std::uint64_t, digest::Digest>;

/// Lines "INDEX DIGEST"; what cannot be read is left out, and its block is asked for again.
Outcome<Written> read_journal(Journal const& journal) {
  Written written;
  TRY(journal.read([&](std::string_view line) {
    std::uint64_t index = 0;
    auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), index);
    auto rest = line.substr(static_cast<std::size_t>(end - line.data()));
    if (error != std::errc{} || !rest.starts_with(' ')) return;
    auto digest = from_hex(rest.substr(1));
    if (digest && digest->size() == digest::Digest{}.bytes.size())
      written[index] = digest::Digest::copy_of(*digest);
  }));
  return written;
}

/// step() runs on several threads, each with one block; holds one page of block tokens at a time, and its
/// reader another.
class Download {
 public:
  Download(Session& session, std::string snapshot_id, File const& file, std::string path, Journal& journal,
           Written written, DownloadOptions const& options, Terminal& terminal, Terminal::Line line)
      : session_(session),
        snapshot_id_(std::move(snapshot_id)),
        reader_(session_, snapshot_id_),
        file_(file),
        path_(std::move(path)),
        journal_(journal),
        written_(std::move(written)),
        expected_bytes_(options.expected_bytes),
        patience_(options.patience),
        terminal_(terminal),
        line_(line) {}

  /// Before the steps: the length of the file.
  Outcome<void> begin() {
    auto page =
        TRY(patience_.persist([&] { return list_blocks(session_, snapshot_id_, {}); }, [&] { tell(); }));
    auto size = static_cast<std::uint64_t>(page.volume_size) * kGiB;
    if (ftruncate(file_.descriptor(), static_cast<off_t>(size)) != 0)
      return std::unexpected(system_failure(path_, "cannot make it as long as the volume"));
    take(page);
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
    terminal_.update(line_, {state, done_ * kBlockBytes, expected_bytes_, std::nullopt});
  }

  void tell() {
    if (patience_.is_stalled()) show(kTryingAgain);
  }

  void take(ebs::ListSnapshotBlocksResponse const& page) {
    waiting_.assign(page.blocks.begin(), page.blocks.end());
    next_page_ = behind(page.blocks, page.next_token);
  }

  Outcome<std::optional<ebs::Block>> claim() {
    std::lock_guard lock(mutex_);
    while (waiting_.empty() && next_page_)
      take(TRY(patience_.persist([&] { return list_blocks(session_, snapshot_id_, *next_page_); },
                                 [&] { tell(); })));
    if (waiting_.empty()) return std::nullopt;
    auto block = std::move(waiting_.front());
    waiting_.pop_front();
    return block;
  }

  bool is_there(std::uint64_t index) const {
    auto found = written_.find(index);
    if (found == written_.end()) return false;
    Bytes block(kBlockBytes);
    auto got = pread(file_.descriptor(), block.data(), block.size(), static_cast<off_t>(index * kBlockBytes));
    return got == static_cast<ssize_t>(block.size()) && digest::sha256(block) == found->second;
  }

  Outcome<void> fetch(ebs::Block const& block) {
    auto data = TRY(patience_.persist([&] { return reader_.get(block); }, [&] { tell(); }));
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
  Written const written_;
  std::uint64_t const expected_bytes_;
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
  auto written = TRY(read_journal(journal));
  if (written.empty() && ftruncate(file.descriptor(), 0) != 0)  // what lies in it is of another export
    return std::unexpected(system_failure(path, "cannot shorten"));
  auto line = terminal.begin(label);
  Download download(session, snapshot_id, file, path, journal, std::move(written), options, terminal, line);
  auto outcome = download.begin();
  if (outcome) outcome = run_steps(options.jobs, [&] { return download.step(); });
  terminal.end(line);
  TRY(std::move(outcome));
  if (fsync(file.descriptor()) != 0) return std::unexpected(system_failure(path, "cannot write"));
  return download.result();
}

}  // namespace argosy::cli
