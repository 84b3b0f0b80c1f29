// cli/upload.h - a disk into a new snapshot, block by block; one that an earlier run began goes on.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/disk.h"
#include "cli/ebs.h"
#include "cli/pending_upload.h"
#include "cli/terminal.h"

namespace argosy::cli {

/// The aggregate checksum of CompleteSnapshot (LINEAR): digests arrive in any order and are hashed in that of
/// the disk. Holds only those that have come too early.
class AggregateChecksum {
 public:
  /// `position`: 0, 1, 2 … in the disk's order, each once; no digest for a block of zeros, which is not put.
  void add(std::uint64_t position, std::optional<digest::Digest> const& checksum);
  std::uint64_t blocks() const { return blocks_; }
  /// Call once, after all.
  digest::Digest finish() { return hash_.finish(); }

 private:
  digest::Sha256 hash_;
  std::uint64_t next_ = 0;
  std::uint64_t blocks_ = 0;
  std::map<std::uint64_t, std::optional<digest::Digest>> early_;
};

struct UploadOptions {
  std::string description;
  std::vector<TagArgument> tags;
  std::uint64_t volume_size_gib = 0;
  std::size_t jobs = 8;
  std::chrono::milliseconds patience{};
  std::optional<Encryption> encryption;  ///< nothing: as the account's settings say
};

struct Uploaded {
  std::string snapshot_id;
  std::uint64_t blocks = 0;       ///< written blocks of the disk
  std::uint64_t blocks_sent = 0;  ///< of those, by this run
};

/// Completed on return. Goes on with the upload of `pending` if its snapshot waits for it or is completed;
/// every block of the disk is read and hashed, those acknowledged before are not sent again, and the
/// aggregate checksum proves that they are those of this disk. An upload that is gone, failed or does not fit
/// the disk is begun anew, and that is said; a completed snapshot of what the disk was stays, also one that
/// was completed while the disk was read. After a failure that may pass it is left to the next run; after
/// another the unfinished snapshot is deleted.
Outcome<Uploaded> upload(Session& session, Disk& disk, UploadOptions const& options, PendingUpload& pending,
                         Terminal& terminal, std::string const& label);

/// Whether the disk is still the one whose upload an earlier run completed: all of it is read, nothing is
/// sent. False where that run could not record what its blocks added up to.
Outcome<bool> is_unchanged(Session& session, Disk& disk, UploadOptions const& options, PendingUpload& pending,
                           Terminal& terminal, std::string const& label);

}  // namespace argosy::cli
