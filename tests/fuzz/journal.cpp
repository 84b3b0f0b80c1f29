// tests/fuzz/journal.cpp - what the command finds on disk of work that was interrupted: an import's record,
// and the lines of any.
#include "cli/journal.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "cli/pending_upload.h"
#include "fuzz/fuzz.h"

namespace argosy::fuzz {
namespace {

namespace files = std::filesystem;

/// A disk, and the record of its import; gone with the process.
class Record {
 public:
  Record() {
    files::create_directories(folder_);
    std::ofstream(folder_ / "disk.raw") << "disk";
    open();
    path_ = files::directory_iterator(folder_ / "state")->path();
    std::ifstream in(path_);
    std::getline(in, title_);
  }
  ~Record() {
    std::error_code ignored;
    files::remove_all(folder_, ignored);
  }
  Record(Record const&) = delete;
  Record& operator=(Record const&) = delete;

  std::string const& path() const { return path_; }
  std::string const& title() const { return title_; }
  void write(std::string_view text) const { std::ofstream(path_, std::ios::binary) << text; }
  std::unique_ptr<cli::PendingUpload> open() const {
    auto pending = cli::PendingUpload::open(
        folder_ / "state",
        {"127.0.0.1:1", "123456789012", "us-east-1", folder_ / "disk.raw", 1, 1, "", {}, {}});
    ARGOSY_ASSERT(pending && (*pending)->is_kept());
    return *std::move(pending);
  }

 private:
  files::path folder_ = files::temp_directory_path() / ("fuzz-journal-" + std::to_string(::getpid()));
  std::string path_;
  std::string title_;
};

using Lines = std::vector<std::string>;

/// The whole ones.
Lines split(std::string_view text) {
  Lines lines;
  for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return lines;
}

Lines read(cli::Journal const& journal) {
  Lines lines;
  ARGOSY_ASSERT(journal.read([&](std::string_view line) { lines.emplace_back(line); }));
  return lines;
}

/// The same work finds the whole lines, and what it appends behind them; other work finds nothing.
void check_lines(Record const& record, std::string const& text) {
  record.write(text);
  auto expected = split(text);
  bool const same = !expected.empty() && expected.front() == record.title();
  if (same) {
    expected.erase(expected.begin());
  } else {
    expected.clear();
  }
  for (int times = 0; times < 2; ++times) {
    auto journal = cli::Journal::open(record.path());
    ARGOSY_ASSERT(journal);
    auto resumed = (*journal)->resume(record.title());
    ARGOSY_ASSERT(resumed && *resumed == (same || times > 0));
    ARGOSY_ASSERT(read(**journal) == expected);
    expected.push_back("line " + std::to_string(times));
    ARGOSY_ASSERT((*journal)->append(expected.back()));
    ARGOSY_ASSERT(read(**journal) == expected);
  }
}

struct Found {
  std::string token;
  std::string snapshot;
  std::uint64_t count;
  std::optional<cli::UploadSum> completion;
  bool operator==(Found const&) const = default;
};

Found look(cli::PendingUpload const& pending) {
  return {pending.client_token(), pending.snapshot_id(), pending.count(), pending.completion()};
}

/// Whatever stands there an upload can go on, the same at each start, and what it records is found.
void check_upload(Record const& record, std::string const& text, std::uint64_t block) {
  record.write(text);
  Found found;
  bool had_block = false;
  {
    auto pending = record.open();
    found = look(*pending);
    had_block = pending->has(block);
    ARGOSY_ASSERT(!found.token.empty() && !found.token.contains('\n'));
    ARGOSY_ASSERT(found.count <= split(text).size());
  }
  {
    auto pending = record.open();
    ARGOSY_ASSERT(look(*pending) == found && pending->has(block) == had_block);
    ARGOSY_ASSERT(pending->record_block(block) && pending->record_snapshot("snap-1"));
    ARGOSY_ASSERT(pending->record_completion({block, "ab"}));
  }
  auto pending = record.open();
  ARGOSY_ASSERT(pending->has(block) && pending->count() == found.count + (had_block ? 0 : 1));
  found = {found.token, "snap-1", pending->count(), cli::UploadSum{block, "ab"}};
  ARGOSY_ASSERT(look(*pending) == found);
}

}  // namespace

/// A byte: whether the record's own title stands in front, how often the rest is repeated. Two bytes: a block
/// that is recorded.
void try_input(ByteView bytes) {
  static Record const record;
  Input input(bytes);
  auto const how = input.byte();
  auto const block = input.word();
  std::string text = (how & 1U) != 0 ? record.title() + "\n" : "";
  for (unsigned times = 0; times <= how >> 5U; ++times) text += as_text(input.rest());
  check_lines(record, text);
  check_upload(record, text, block);
}

}  // namespace argosy::fuzz
