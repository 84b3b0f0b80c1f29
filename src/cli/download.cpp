// cli/download.cpp - see download.h.
#include "cli/download.h"

#include <deque>
#include <mutex>

#include "cli/file.h"
#include "cli/format.h"
#include "cli/parallel.h"
#include "cli/patience.h"

namespace argosy::cli {
namespace {

/// step() runs on several threads, each with one block; holds one page of block tokens at a time.
class Download {
 public:
  Download(Session& session, std::string snapshot_id, File const& file, std::string path,
           DownloadOptions const& options, Terminal& terminal, Terminal::Line line)
      : session_(session),
        snapshot_id_(std::move(snapshot_id)),
        file_(file),
        path_(std::move(path)),
        expected_bytes_(options.expected_bytes),
        patience_(options.patience),
        terminal_(terminal),
        line_(line) {}

  /// Before the steps: the length of the file.
  Outcome<void> begin() {
    auto page = TRY(list_blocks(session_, snapshot_id_, std::nullopt));
    auto size = static_cast<std::uint64_t>(page.volume_size) * kGiB;
    if (ftruncate(file_.descriptor(), static_cast<off_t>(size)) != 0)
      return std::unexpected(system_failure(path_, "cannot make it as long as the volume"));
    take(std::move(page));
    return {};
  }

  Outcome<bool> step() {
    auto block = TRY(claim());
    if (!block) return false;
    auto data = TRY(patience_.persist([&] { return get_block(session_, snapshot_id_, *block); }));
    patience_.progressed();
    if (!is_all_zero(data)) TRY(write(static_cast<std::uint64_t>(block->block_index) * kBlockBytes, data));
    std::lock_guard lock(mutex_);
    ++done_;
    terminal_.update(line_, {"downloading", done_ * kBlockBytes, expected_bytes_, std::nullopt});
    return true;
  }

  std::uint64_t blocks() const { return done_; }

 private:
  void take(ebs::ListSnapshotBlocksResponse page) {
    waiting_.assign(page.blocks.begin(), page.blocks.end());
    next_page_ = std::move(page.next_token);
  }

  Outcome<std::optional<ebs::Block>> claim() {
    std::lock_guard lock(mutex_);
    while (waiting_.empty() && next_page_ && !next_page_->empty())
      take(TRY(patience_.persist([&] { return list_blocks(session_, snapshot_id_, next_page_); })));
    if (waiting_.empty()) return std::nullopt;
    auto block = std::move(waiting_.front());
    waiting_.pop_front();
    return block;
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
  File const& file_;
  std::string const path_;
  std::uint64_t const expected_bytes_;
  Patience patience_;
  Terminal& terminal_;
  Terminal::Line const line_;
  std::mutex mutex_;  // guards what follows
  std::deque<ebs::Block> waiting_;
  std::optional<std::string> next_page_;
  std::uint64_t done_ = 0;
};

}  // namespace

Outcome<std::uint64_t> download(Session& session, std::string const& snapshot_id, std::string const& path,
                                DownloadOptions const& options, Terminal& terminal,
                                std::string const& label) {
  auto file = TRY(File::open(path, O_WRONLY | O_CREAT | O_TRUNC));
  auto line = terminal.begin(label);
  Download download(session, snapshot_id, file, path, options, terminal, line);
  auto outcome = download.begin();
  if (outcome) outcome = run_steps(options.jobs, [&] { return download.step(); });
  terminal.end(line);
  TRY(std::move(outcome));
  if (fsync(file.descriptor()) != 0) return std::unexpected(system_failure(path, "cannot write"));
  return download.blocks();
}

}  // namespace argosy::cli
