// replication/repair.cpp - see repair.h.
#include "replication/repair.h"

#include <algorithm>

#include "base/log.h"
#include "catalogue/snapshots.h"
#include "sql/in_transaction.h"

namespace argosy::replication {
namespace {

constexpr Duration kStepTime{250};

std::unexpected<Error> no_copy(DiskToRepair const& disk) {
  auto what = "account " + disk.account + " has no completed copy there";
  if (!disk.root->digest)
    what +=
        " that is sealed as this snapshot is; what is encrypted on its way to a region is stored there "
        "as other bytes";
  return fail(Fault::not_found, what + ". Uploading or copying it here once more brings it back");
}

}  // namespace

Repair::Repair(sql::Pool& catalogue, content::Content& content, Sources& sources, std::string const& here,
               DiskToRepair disk, Clock& clock)
    : catalogue_(catalogue),
      content_(content),
      disk_(std::move(disk)),
      clock_(clock),
      candidates_(sources.all()) {
  std::erase_if(candidates_, [&](Source const* source) { return source->region() == here; });
}

Repair::~Repair() { close(); }

Result<bool> Repair::step() {
  if (source_ == nullptr) {
    if (candidates_.empty()) return true;
    source_ = candidates_.back();
    candidates_.pop_back();
  }
  auto done = advance();
  if (done && !*done) return false;
  if (done) {
    repaired_from_ = source_->region();
    log_info("{} was repaired from {}: {} bytes moved", disk_.snapshot_id, repaired_from_, moved_bytes_);
    close();
    return true;
  }
  refusals_.push_back(source_->region() + ": " + done.error().message);
  close();
  return false;
}

Result<bool> Repair::advance() {
  if (!copy_) {
    TRY(open(*source_));
    return false;
  }
  bool const whole = TRY(copy_->step(clock_.now() + kStepTime));
  moved_bytes_ = copy_->progress().moved_bytes;
  if (whole) TRY(content_.store().flush());
  return whole;
}

Result<void> Repair::open(Source& source) {
  auto const root = content::encode_clear_reference(disk_.root);
  auto opened =
      source.open({disk_.account, std::string(messages::replication::kResourceByRoot) + to_hex(root)});
  if (!opened && opened.error().code == "InvalidSnapshot.NotFound") return no_copy(disk_);
  if (!opened) return std::unexpected(std::move(opened).error());
  lease_ = opened->lease;
  auto same = std::ranges::find(opened->snapshots, root, &messages::replication::Snapshot::root);
  if (same == opened->snapshots.end()) return fail(Fault::corrupt, "it opened something else");
  auto check_needed = [this] {
    return sql::in_transaction(catalogue_, sql::Access::read,
                               [&](catalogue::Transaction& tx) -> Result<void> {
                                 TRY(catalogue::find_snapshot(tx, disk_.snapshot_id));
                                 return {};
                               });
  };
  copy_ = std::make_unique<DiskCopy>(
      content_, source,
      DiskToCopy{disk_.domain, disk_.root, disk_.volume_size_gib, lease_, same->snapshot_id, {}, 0},
      std::move(check_needed), clock_);
  return {};
}

void Repair::close() {
  copy_.reset();
  if (source_ != nullptr && !lease_.empty())
    if (auto closed = source_->close(lease_); !closed)
      log_warning("the lease {} at {} will run out by itself", lease_, source_->region());
  lease_.clear();
  source_ = nullptr;
}

}  // namespace argosy::replication
