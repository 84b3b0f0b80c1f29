// ec2/describe_snapshots.cpp - DescribeSnapshots: what is selected, then each snapshot as the caller may see
// it.
#include "ec2/describe_snapshots.h"

#include "catalogue/snapshots.h"
#include "catalogue/tags.h"
#include "ec2/dry_run.h"
#include "ec2/page.h"
#include "ec2/shapes.h"

namespace argosy::ec2 {
namespace {

namespace m = messages::ec2;
using catalogue::Branch;

/// Leaves what those may use that RestorableBy names; if it names nobody, all.
Result<void> select_by_users(catalogue::Selection& selection, m::DescribeSnapshotsRequest const& request,
                             access::Caller const& caller) {
  auto const users = TRY(to_selector(request.restorable_by, "RestorableBy"));
  if (users.empty()) return {};
  selection.branches.clear();
  for (auto const& user : users) {
    auto account = user == "all" ? user : TRY(to_account(user, caller.account));
    if (account == "all") {
      selection.branches.push_back(Branch::everybody);
    } else if (account == caller.account) {
      selection.branches.insert(selection.branches.end(), {Branch::own, Branch::shared});
    } else {
      selection.shared_with.push_back(account);
    }
  }
  if (selection.shared_with.empty()) return {};
  if (!selection.branches.empty())
    return images::invalid_parameter_combination(
        "RestorableBy cannot name another account together with self or all.");
  selection.branches = {Branch::own};
  return {};
}

Result<catalogue::Selection> to_selection(m::DescribeSnapshotsRequest const& request,
                                          access::Caller const& caller) {
  catalogue::Selection out;
  out.account = caller.account;
  out.branches = {Branch::own, Branch::shared, Branch::everybody};
  out.filters = to_filters(request.filter);
  out.ids = TRY(to_selector(request.snapshot_id, "SnapshotId"));
  for (auto const& id : out.ids) TRY(images::SnapshotId::parse(id));
  auto const owners = TRY(to_selector(request.owner, "Owner"));
  for (auto const& owner : owners)
    if (!is_owner_alias(owner)) out.owners.push_back(TRY(to_account(owner, caller.account)));
  TRY(select_by_users(out, request, caller));
  if (!owners.empty() && out.owners.empty()) out.branches.clear();  // nothing here belongs to Amazon
  return out;
}

/// A snapshot that the caller may not see is answered as one that does not exist.
Result<void> check_ids(catalogue::Transaction& tx, access::Caller const& caller,
                       std::vector<std::string> const& ids) {
  for (auto const& id : ids) {
    auto parsed = TRY(images::SnapshotId::parse(id));
    TRY(catalogue::find_usable_snapshot(tx, caller.account, parsed));
  }
  return {};
}

m::SnapshotExtension to_extension(images::Snapshot const& snapshot) {
  m::SnapshotExtension out;
  if (!snapshot.copy_source_region.empty()) {
    out.copy_bytes_total = snapshot.content_bytes;
    out.copy_bytes_done = snapshot.copy_bytes_done;
    out.copy_bytes_moved = snapshot.copy_bytes_moved;
  }
  if (!snapshot.content_digest.empty()) out.content_digest = to_hex(snapshot.content_digest);
  return out;
}

Result<m::Snapshot> to_shape(catalogue::Transaction& tx, access::Caller const& caller,
                             images::Snapshot const& snapshot) {
  auto tags = TRY(catalogue::list_tags(tx, caller.account, snapshot.id));
  bool const completed = snapshot.state == images::SnapshotState::completed;
  m::Snapshot out;
  out.tag_set = ec2::to_shape(tags);
  out.storage_tier = "standard";
  if (!snapshot.copy_source_region.empty())
    out.transfer_type = snapshot.completion_duration_minutes ? "time-based" : "standard";
  if (snapshot.completion_duration_minutes)
    out.completion_duration_minutes = static_cast<std::int32_t>(*snapshot.completion_duration_minutes);
  out.completion_time = snapshot.completion_time;
  if (completed) out.full_snapshot_size_in_bytes = snapshot.content_bytes;
  out.snapshot_id = snapshot.id;
  out.volume_id = snapshot.volume_id;
  out.status = std::string(images::to_text(snapshot.state));
  if (!snapshot.status_message.empty()) out.status_message = snapshot.status_message;
  out.start_time = snapshot.start_time;
  out.progress = std::to_string(completed ? 100 : snapshot.progress_percent) + "%";
  out.owner_id = snapshot.owner;
  out.description = snapshot.description;
  out.volume_size = static_cast<std::int32_t>(snapshot.volume_size_gib);
  out.encrypted = snapshot.encrypted;
  if (snapshot.encrypted) out.kms_key_id = snapshot.kms_key;
  if (!snapshot.copy_source_region.empty() || completed) out.argosy = to_extension(snapshot);
  return out;
}

}  // namespace

Result<m::DescribeSnapshotsResponse> describe_snapshots(catalogue::Transaction& tx,
                                                        access::Caller const& caller,
                                                        crypto::Key const& token_key,
                                                        m::DescribeSnapshotsRequest const& request) {
  auto const selection = TRY(to_selection(request, caller));
  auto page = TRY(parse_page(token_key, caller.account, request, 5, 1'000));
  TRY(stop_if_dry_run(request.dry_run));
  if (page.is_first()) TRY(check_ids(tx, caller, request.snapshot_id));
  m::DescribeSnapshotsResponse response;
  auto& items = response.snapshot_set;
  auto const found = TRY(catalogue::list_snapshots(tx, selection, page.after, page.limit));
  for (auto const& position : found) {
    auto snapshot = TRY(catalogue::find_snapshot(tx, position.id));
    items.push_back(TRY(to_shape(tx, caller, snapshot)));
    if (!page.take(position, wire::size_of_parts(items.back()))) break;
  }
  response.next_token = next_token(token_key, caller.account, request, page);
  return response;
}

}  // namespace argosy::ec2
