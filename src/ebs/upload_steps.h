// ebs/upload_steps.h - what is done for uploads while nobody asks: in the background, at a start, at an end.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "content/content.h"
#include "crypto/master_keys.h"
#include "ebs/upload_gates.h"
#include "keystore/ebs_keys.h"
#include "sql/session.h"

namespace argosy::ebs {

/// Accepted uploads that could not be completed for a reason that may pass. Each rests after a failure,
/// longer each time, and holds up none of the others. One thread.
class FailedCompletions {
 public:
  /// Which of these ids, in order, to complete now: one that has not failed yet, else the one that is due
  /// longest. Forgets what is not among them.
  std::optional<std::string> choose(std::vector<std::string> const& accepted, Time now);
  void add(std::string const& id, Time now);

 private:
  struct Failed {
    int times = 0;
    Time due{};
  };
  std::map<std::string, Failed> failed_;  // by id
};

/// One bounded piece of what follows CompleteSnapshot: completes an upload or forgets a journal; tells when
/// to come back.
Result<Time> step_uploads(sql::Pool& catalogue, content::Content& content, keystore::EbsKeys const& keys,
                          crypto::MasterKeys const& master_keys, FailedCompletions& failed, Clock& clock);
/// Ends the uploads that timed out or lost blocks, and makes durable what was put to those that rest: a loss
/// of power then takes nothing from them.
Result<Time> step_open_uploads(sql::Pool& catalogue, content::Content& content, UploadGates& gates, Time now);
/// At a start: ends every upload under way if the store's journal is damaged, for any of them may lack
/// blocks.
Result<void> end_damaged_uploads(sql::Pool& catalogue, content::Content& content);
/// Makes durable what was put to any upload: the last that a process does before it stops.
Result<void> settle_uploads(sql::Pool& catalogue, content::Content& content, UploadGates& gates);

}  // namespace argosy::ebs
