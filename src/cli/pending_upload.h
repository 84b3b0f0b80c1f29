// cli/pending_upload.h - what is known of an upload that may have to go on after the process died.
#pragma once
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cli/journal.h"
#include "cli/reference.h"
#include "digest/sha256.h"

namespace argosy::cli {

/// What is uploaded is to be encrypted.
struct Encryption {
  std::string key_arn;  ///< empty: the default key of EBS
};

/// What makes two imports the same work. A file that is written to is another disk: its size or its time
/// differs. Of a device, or a disk made of other files, that cannot be seen here: its UploadSum differs, and
/// whoever takes up what is done compares that.
struct UploadIdentity {
  std::string endpoint;
  std::string account;
  std::string region;
  std::string path;         ///< of the disk, absolute
  std::size_t ordinal = 0;  ///< which disk of the image it is
  std::uint64_t volume_size_gib = 0;
  std::string description;
  std::vector<TagArgument> tags;
  std::optional<Encryption> encryption;
};

/// What the blocks of a whole disk add up to: CompleteSnapshot is called with it.
struct UploadSum {
  std::uint64_t blocks = 0;
  std::string aggregate;  ///< hexadecimal
  bool operator==(UploadSum const&) const = default;
};

/// One upload's record, a hint: the upload goes on without it. Any thread may record blocks.
class PendingUpload {
 public:
  /// Takes up what an earlier run left for the same work. Fails with `locked` while another run is at it.
  /// Records older than what any upload can wait are removed. Where nothing can be written the record is in
  /// memory: `is_kept` tells.
  static Outcome<std::unique_ptr<PendingUpload>> open(std::string const& state_directory,
                                                      UploadIdentity const& identity);

  /// A later run finds what was recorded, at least the snapshot.
  bool is_kept() const { return kept_; }
  /// With it the same StartSnapshot gives the same snapshot.
  std::string const& client_token() const { return client_token_; }
  std::string const& snapshot_id() const { return snapshot_id_; }  ///< empty: not started
  /// The service had acknowledged this block to an earlier run.
  bool has(std::uint64_t index) const { return index < blocks_.size() && blocks_[index]; }
  std::uint64_t count() const { return count_; }
  /// What CompleteSnapshot was called with.
  std::optional<UploadSum> const& completion() const { return completion_; }

  /// What is recorded holds for this object in any case. The first line that cannot be written fails; from
  /// then on nothing is written, for a line after a torn one would be another.
  Outcome<void> record_snapshot(std::string const& id);
  Outcome<void> record_block(std::uint64_t index);
  Outcome<void> record_completion(UploadSum const& sum);
  /// Begins anew with another client token, and with writing. Fails as these.
  Outcome<void> restart();
  /// The work is done.
  void forget() { journal_->remove(); }

 private:
  PendingUpload(std::unique_ptr<Journal> journal, std::string title, bool kept)
      : journal_(std::move(journal)), title_(std::move(title)), kept_(kept) {}
  Outcome<void> load();
  void take(std::string_view line);
  Outcome<void> write(std::string const& line);
  void set_block(std::uint64_t index);

  std::unique_ptr<Journal> journal_;
  std::string title_;
  bool kept_;
  std::mutex mutex_;  // guards is_writing_
  bool is_writing_ = true;
  std::string client_token_;
  std::string snapshot_id_;
  std::vector<bool> blocks_;  ///< as they were found: what is recorded meanwhile is not asked about
  std::uint64_t count_ = 0;   ///< of these
  std::optional<UploadSum> completion_;
};

}  // namespace argosy::cli
