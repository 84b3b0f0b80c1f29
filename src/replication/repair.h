// replication/repair.h - brings what is damaged or lost of a snapshot from another region that holds the same
// content.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "replication/disk_copy.h"
#include "sql/session.h"

namespace argosy::replication {

/// A snapshot that is to be repaired.
struct DiskToRepair {
  std::string snapshot_id;
  std::string account;  ///< its owner
  store::Domain domain = 0;
  std::optional<content::ClearReference> root;
  std::int64_t volume_size_gib = 1;
};

/// Asks one region after the other. What is here and whole is not moved again. One thread at a time.
class Repair {
 public:
  Repair(sql::Pool& catalogue, content::Content& content, Sources& sources, std::string const& here,
         DiskToRepair disk, Clock& clock);
  /// Gives back the lease at the source.
  ~Repair();
  Repair(Repair const&) = delete;
  Repair& operator=(Repair const&) = delete;

  /// A bounded piece; true at the end.
  Result<bool> step();
  /// At the end: the region that it was brought from; empty if none could give it.
  std::string const& source() const { return repaired_from_; }
  std::uint64_t moved_bytes() const { return moved_bytes_; }
  /// Why which region did not help, a line each.
  std::vector<std::string> const& refusals() const { return refusals_; }

 private:
  Result<void> open(Source& source);
  Result<bool> advance();
  void close();

  sql::Pool& catalogue_;
  content::Content& content_;
  DiskToRepair disk_;
  Clock& clock_;
  std::vector<Source*> candidates_;
  Source* source_ = nullptr;
  std::string lease_;
  std::unique_ptr<DiskCopy> copy_;
  std::uint64_t moved_bytes_ = 0;
  std::string repaired_from_;
  std::vector<std::string> refusals_;
};

}  // namespace argosy::replication
