// ebs/content_ledger.h - how many bytes of content each account has in a region, with the uploads under way,
// so that no block has to ask the catalogue.
#pragma once
#include <map>
#include <mutex>
#include <string>

#include "access/caller.h"
#include "base/clock.h"
#include "images/snapshot.h"
#include "sql/session.h"

namespace argosy::ebs {

/// Any thread. One for each region. Completed snapshots and copies count what they hold; an upload counts
/// what was put to it, at most its volume's size, until it is completed. What other calls add or remove is
/// seen within ten seconds.
class ContentLedger {
 public:
  /// Counts one more block of an upload. Fails with ServiceQuotaExceededException if the account has reached
  /// its limit; then nothing is counted.
  Result<void> charge_block(sql::Pool& catalogue, access::Caller const& caller,
                            images::Snapshot const& upload, Time now);
  /// What was counted for an upload in this run of the process.
  std::int64_t uploaded_bytes(std::string const& account, std::string const& upload);

 private:
  struct Entry {
    Time read{};
    std::int64_t settled_bytes = 0;               ///< without the uploads under way
    std::map<std::string, std::int64_t> uploads;  ///< bytes by id
  };
  static Result<void> refresh(sql::Pool& catalogue, std::string const& account, Entry& entry);

  std::mutex mutex_;  // guards accounts_
  std::map<std::string, Entry> accounts_;
};

}  // namespace argosy::ebs
