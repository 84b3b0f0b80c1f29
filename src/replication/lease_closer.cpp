// replication/lease_closer.cpp - see lease_closer.h.
#include "replication/lease_closer.h"

#include "base/log.h"
#include "catalogue/ended_leases.h"
#include "sql/in_transaction.h"

namespace argosy::replication {
namespace {

constexpr std::size_t kClosedAtOnce = 32;
/// A source that answers slowly has fewer closed: a stop waits for the step under way.
constexpr Duration kStepTime{250};
constexpr auto kInterval = std::chrono::seconds(1);

}  // namespace

Result<Time> LeaseCloser::step() {
  auto const now = clock_.now();
  auto const sources = TRY(sql::in_transaction(catalogue_, sql::Access::read, [](catalogue::Transaction& tx) {
    return catalogue::list_sources_of_ended_leases(tx);
  }));
  bool more = false;
  for (auto const& source : sources) {
    auto& patience = patience_[source];
    if (patience.is_tried() && now < patience.next()) continue;
    auto const closed = close_some(source);
    if (closed) {
      patience.succeeded();
      more = more || *closed;
      continue;
    }
    patience.failed(clock_.now());
    if (patience.is_over(clock_.now())) {
      TRY(forget(source));
      continue;
    }
    log_warning("{}: leases at {} that are not needed any more wait to be closed: {}", region_, source,
                closed.error().message);
  }
  return more ? now : now + kInterval;
}

/// True if there may be more.
Result<bool> LeaseCloser::close_some(std::string const& source) {
  auto const until = clock_.now() + kStepTime;
  auto const leases = TRY(sql::in_transaction(catalogue_, sql::Access::read, [&](catalogue::Transaction& tx) {
    return catalogue::list_ended_leases(tx, source, kClosedAtOnce);
  }));
  for (auto const& lease : leases) {
    if (clock_.now() >= until) return true;
    TRY(close(source, lease));
    TRY(sql::in_transaction(catalogue_, sql::Access::write, [&](catalogue::Transaction& tx) {
      return catalogue::remove_ended_lease(tx, source, lease);
    }));
  }
  return leases.size() == kClosedAtOnce;
}

/// After a day they have run out there by themselves.
Result<void> LeaseCloser::forget(std::string const& source) {
  log_warning("{}: {} has not answered for a day: its leases have run out", region_, source);
  TRY(sql::in_transaction(catalogue_, sql::Access::write, [&](catalogue::Transaction& tx) {
    return catalogue::remove_ended_leases(tx, source);
  }));
  patience_.erase(source);
  return {};
}

/// Fails only if it is worth another try: a lease that the source does not know, or refuses to close, runs
/// out by itself, and so does one at a region that is no source any more.
Result<void> LeaseCloser::close(std::string const& source, std::string const& lease) {
  auto const found = sources_.find(source);
  if (!found) return {};
  auto closed = (*found)->close(lease);
  if (!closed && closed.error().fault == Fault::unavailable) return closed;
  return {};
}

}  // namespace argosy::replication
