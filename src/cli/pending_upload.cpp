// cli/pending_upload.cpp - see pending_upload.h. The lines: a title (the identity as JSON), then "token
// UUID", "snapshot ID", "INDEX" for each acknowledged block, "complete BLOCKS AGGREGATE".
#include "cli/pending_upload.h"

#include <sys/stat.h>

#include <boost/json.hpp>
#include <charconv>
#include <filesystem>

#include "base/entropy.h"

namespace argosy::cli {
namespace {

/// No upload waits longer than EC2's longest timeout, three days.
constexpr auto kOldest = std::chrono::hours(24 * 7);
constexpr char const* kEnding = ".import";

/// Changes when the file is written to or replaced.
Outcome<boost::json::object> describe_file(std::string const& path) {
  struct stat about {};
  if (stat(path.c_str(), &about) != 0) return std::unexpected(system_failure(path, "cannot look at it"));
  return boost::json::object{{"path", path},
                             {"inode", about.st_ino},
                             {"size", about.st_size},
                             {"modified", about.st_mtim.tv_sec},
                             {"nanoseconds", about.st_mtim.tv_nsec}};
}

Outcome<std::string> make_title(UploadIdentity const& identity) {
  boost::json::object title{{"argosy import", 1}};
  title["endpoint"] = identity.endpoint;
  title["account"] = identity.account;
  title["region"] = identity.region;
  title["file"] = TRY(describe_file(identity.path));
  title["ordinal"] = identity.ordinal;
  title["volume_size_gib"] = identity.volume_size_gib;
  title["description"] = identity.description;
  boost::json::array tags;
  for (auto const& tag : identity.tags) tags.push_back({tag.key, tag.value});
  title["tags"] = std::move(tags);
  if (identity.encryption) title["encrypted"] = identity.encryption->key_arn;
  return boost::json::serialize(title);
}

void remove_old_records(std::string const& folder) {
  std::error_code ignored;
  auto const now = std::filesystem::file_time_type::clock::now();
  for (std::filesystem::directory_iterator entry(folder, ignored), end; entry != end;
       entry.increment(ignored))
    if (entry->path().extension() == kEnding && now - entry->last_write_time(ignored) > kOldest)
      std::filesystem::remove(entry->path(), ignored);
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

Outcome<std::unique_ptr<PendingUpload>> PendingUpload::open(std::string const& state_directory,
                                                            UploadIdentity const& identity) {
  auto title = TRY(make_title(identity));
  remove_old_records(state_directory);
  auto name = to_hex(digest::sha256(as_bytes(title)).bytes).substr(0, 32) + kEnding;
  auto journal = Journal::open(state_directory + "/" + name);
  if (!journal && journal.error().exit == Exit::locked) return std::unexpected(journal.error());
  if (journal) {
    std::unique_ptr<PendingUpload> pending(new PendingUpload(*std::move(journal), title, true));
    if (pending->load()) return pending;
  }
  auto in_memory = TRY(Journal::open_in_memory());
  std::unique_ptr<PendingUpload> pending(new PendingUpload(std::move(in_memory), std::move(title), false));
  TRY(pending->load());
  return pending;
}

Outcome<void> PendingUpload::load() {
  TRY(journal_->resume(title_));
  TRY(journal_->read([&](std::string_view line) { take(line); }));
  if (client_token_.empty()) return restart();
  return {};
}

/// What cannot be read is left out: then a block is sent once more, or the upload begins anew.
void PendingUpload::take(std::string_view line) {
  auto blank = line.find(' ');
  auto word = line.substr(0, blank);
  auto rest = blank == line.npos ? std::string_view{} : line.substr(blank + 1);
  if (auto index = parse_number(line)) {
    set_block(*index);
  } else if (word == "token") {
    client_token_ = rest;
  } else if (word == "snapshot") {
    snapshot_id_ = rest;
  } else if (word == "complete") {
    auto space = rest.find(' ');
    auto blocks = parse_number(rest.substr(0, space));
    if (blocks && space != rest.npos) completion_ = UploadSum{*blocks, std::string(rest.substr(space + 1))};
  }
}

void PendingUpload::set_block(std::uint64_t index) {
  constexpr std::uint64_t kMostBlocks = 65'536ULL * 2048;  // of the largest volume, 64 TiB
  if (index >= kMostBlocks) return;
  if (index >= blocks_.size()) blocks_.resize(index + 1);
  if (!blocks_[index]) ++count_;
  blocks_[index] = true;
}

Outcome<void> PendingUpload::write(std::string const& line) {
  std::lock_guard lock(mutex_);
  if (!is_writing_) return {};
  auto written = journal_->append(line);
  is_writing_ = written.has_value();
  return written;
}

Outcome<void> PendingUpload::record_snapshot(std::string const& id) {
  snapshot_id_ = id;
  auto written = write("snapshot " + id);
  kept_ = kept_ && is_writing_;
  return written;
}

Outcome<void> PendingUpload::record_block(std::uint64_t index) { return write(std::to_string(index)); }

Outcome<void> PendingUpload::record_completion(UploadSum const& completion) {
  completion_ = completion;
  return write("complete " + std::to_string(completion.blocks) + " " + completion.aggregate);
}

Outcome<void> PendingUpload::restart() {
  client_token_ = make_uuid(system_entropy());
  snapshot_id_.clear();
  blocks_.clear();
  count_ = 0;
  completion_.reset();
  auto begun = journal_->begin(title_);
  is_writing_ = begun.has_value();
  return begun ? write("token " + client_token_) : begun;
}

}  // namespace argosy::cli
