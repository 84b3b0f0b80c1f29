// replication/lease_closer.h - gives back the leases at sources that nothing here needs any more, one bounded
// step at a time: after a copy's success, failure or cancellation, and whatever ended the process meanwhile.
#pragma once
#include <map>
#include <string>

#include "base/clock.h"
#include "replication/patience.h"
#include "replication/source.h"
#include "sql/session.h"

namespace argosy::replication {

/// One thread at a time.
class LeaseCloser {
 public:
  LeaseCloser(std::string region, sql::Pool& catalogue, Sources& sources, Clock& clock)
      : region_(std::move(region)), catalogue_(catalogue), sources_(sources), clock_(clock) {}

  /// Closes some at each source; forgets those of one that has not answered for a day. Tells when to come
  /// back: now if there are more.
  Result<Time> step();

 private:
  Result<bool> close_some(std::string const& source);
  Result<void> close(std::string const& source, std::string const& lease);
  Result<void> forget(std::string const& source);

  std::string region_;
  sql::Pool& catalogue_;
  Sources& sources_;
  Clock& clock_;
  std::map<std::string, Patience> patience_;  ///< with each source
};

}  // namespace argosy::replication
