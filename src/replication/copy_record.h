// replication/copy_record.h - what the catalogue says of a copy while it goes on and at its end: in the
// snapshots and the image that it makes, where EC2 shows it.
#pragma once
#include <string>

#include "base/clock.h"
#include "catalogue/copies.h"
#include "replication/transfer.h"

namespace argosy::replication {

/// How far the content of one disk has come.
struct DiskProgress {
  std::uint64_t done_bytes = 0;   ///< here now, moved or found
  std::uint64_t moved_bytes = 0;  ///< by this copy
};

// The caller has checked the task's epoch in the same transaction, and commits.

Result<void> record_progress(catalogue::Transaction& tx, catalogue::CopyDisk const& disk,
                             DiskProgress const& progress);
/// All of it is here and durable: the snapshot becomes `completed`. `envelope` is what its KMS key made of
/// the disk's secret.
Result<void> record_disk(catalogue::Transaction& tx, catalogue::CopyDisk const& disk,
                         DiskProgress const& progress, CopiedDisk const& copied, Bytes envelope, Time now);
/// What the copy waits for: the status message of the snapshots that are not here yet, the state reason of
/// the image. Empty: nothing.
Result<void> record_waiting(catalogue::Transaction& tx, catalogue::Copy const& copy, std::string const& code,
                            std::string const& reason);
/// The image becomes `available`; the task ends.
Result<void> record_success(catalogue::Transaction& tx, catalogue::Copy const& copy);
/// The image becomes `failed`, what is not complete `error`; the task ends. `code` is the image's.
Result<void> record_failure(catalogue::Transaction& tx, catalogue::Copy const& copy, std::string const& code,
                            std::string const& reason);

}  // namespace argosy::replication
