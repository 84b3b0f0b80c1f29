// upkeep/damage.cpp - see damage.h.
#include "upkeep/damage.h"

#include "base/log.h"
#include "catalogue/domains.h"
#include "catalogue/images.h"
#include "catalogue/roots.h"
#include "content/reference.h"

namespace argosy::upkeep {
namespace {

constexpr std::size_t kSnapshotsPerStep = 256;
constexpr Duration kWatchInterval{2'000};

}  // namespace

std::string describe(DamagedSnapshot const& snapshot) {
  std::string out = snapshot.snapshot_id + " of account " + snapshot.account;
  for (std::size_t i = 0; i < snapshot.images.size(); ++i) out += (i == 0 ? " (" : ", ") + snapshot.images[i];
  return snapshot.images.empty() ? out : out + ")";
}

Result<bool> DamageReport::step() {
  if (!surveyed_) {
    surveyed_ = TRY(survey_.step());
    return false;
  }
  auto session = TRY(catalogue_.take());
  auto tx = TRY(catalogue::Transaction::begin(*session, sql::Access::read));
  auto disks = TRY(catalogue::list_completed_disks(tx, after_, kSnapshotsPerStep));
  for (auto const& disk : disks) {
    after_ = disk.snapshot_id;
    auto const root = TRY(content::decode_clear_reference(disk.root));
    bool const affected =
        root ? TRY(survey_.affects(catalogue::domain_number(disk.account), root->id)) : false;
    if (!affected) continue;
    DamagedSnapshot found{disk.snapshot_id, disk.account, {}};
    auto images = TRY(catalogue::list_images_using(tx, disk.snapshot_id));
    for (auto const& [id, name] : images) found.images.push_back(id + " (" + name + ")");
    snapshots_.push_back(std::move(found));
  }
  return disks.size() < kSnapshotsPerStep;
}

Result<Time> DamageWatch::step() {
  auto const now = clock_.now();
  if (!report_) {
    reporting_ = store_.damage_found();
    if (reporting_ == reported_) return now + kWatchInterval;
    report_ = std::make_unique<DamageReport>(catalogue_, store_);
  }
  auto done = report_->step();
  if (!done) {
    report_.reset();
    return std::unexpected(std::move(done).error());
  }
  if (!*done) return now;
  for (auto const& snapshot : report_->snapshots())
    log_error(
        "{}: damaged content belongs to {}: 'argosyd repair' brings it from a region with a copy, and so "
        "does storing it again",
        region_, describe(snapshot));
  reported_ = reporting_;
  report_.reset();
  return now + kWatchInterval;
}

}  // namespace argosy::upkeep
