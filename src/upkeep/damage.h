// upkeep/damage.h - which snapshots and images hold content that is damaged or lost.
#pragma once
#include <string>
#include <vector>

#include "base/clock.h"
#include "sql/session.h"
#include "store/survey.h"

namespace argosy::upkeep {

struct DamagedSnapshot {
  std::string snapshot_id;
  std::string account;
  std::vector<std::string> images;  ///< "ami-… (name)", of those that need it
};

/// One look at a region. One thread at a time.
class DamageReport {
 public:
  DamageReport(sql::Pool& catalogue, store::Store& store)
      : catalogue_(catalogue), store_(store), survey_(store) {}

  /// A bounded piece; true at the end.
  Result<bool> step();
  std::uint64_t damaged_chunks() const { return survey_.damaged_chunks(); }
  std::vector<DamagedSnapshot> const& snapshots() const { return snapshots_; }

 private:
  sql::Pool& catalogue_;
  store::Store& store_;
  store::Survey survey_;
  bool surveyed_ = false;
  std::string after_;  ///< the snapshot looked at last
  std::vector<DamagedSnapshot> snapshots_;
};

/// "snap-… of account 111122223333 (ami-… (name), ami-… (name))"
std::string describe(DamagedSnapshot const& snapshot);

/// Logs, for a background thread, whom damage concerns soon after it was found.
class DamageWatch {
 public:
  DamageWatch(std::string region, sql::Pool& catalogue, store::Store& store, Clock& clock)
      : region_(std::move(region)), catalogue_(catalogue), store_(store), clock_(clock) {}
  Result<Time> step();

 private:
  std::string region_;
  sql::Pool& catalogue_;
  store::Store& store_;
  Clock& clock_;
  std::uint64_t reported_ = 0;  ///< of store::Store::damage_found
  std::uint64_t reporting_ = 0;
  std::unique_ptr<DamageReport> report_;
};

}  // namespace argosy::upkeep
