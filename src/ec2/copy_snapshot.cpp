// ec2/copy_snapshot.cpp - CopySnapshot: check, then record snapshot and task in one transaction.
#include "ec2/copy_snapshot.h"

#include "ec2/copy_task.h"
#include "ec2/dry_run.h"
#include "ec2/limits.h"
#include "ec2/shapes.h"

namespace argosy::ec2 {

namespace m = messages::ec2;

Result<void> check_copy_snapshot(std::string const& region, m::CopySnapshotRequest const& request) {
  TRY(images::SnapshotId::parse(request.source_snapshot_id));
  TRY(images::check_description(request.description.value_or("")));
  if (request.destination_region && *request.destination_region != region)
    return images::invalid_parameter_value("DestinationRegion is " + *request.destination_region +
                                           ", but the call was sent to " + region +
                                           ": send it to the destination region");
  TRY(check_destination(request.destination_outpost_arn, request.destination_availability_zone,
                        std::nullopt));
  TRY(images::check_wish({request.encrypted, request.kms_key_id}));
  if (request.completion_duration_minutes)
    TRY(images::check_completion_duration(*request.completion_duration_minutes, "CompletionDurationMinutes"));
  TRY(tags_for(request.tag_specification, "snapshot", {"snapshot"}));
  return stop_if_dry_run(request.dry_run);
}

Result<m::CopySnapshotResponse> copy_snapshot(catalogue::Transaction& tx, access::Caller const& caller,
                                              Time now, Entropy& entropy, keystore::EbsKeys const& keys,
                                              crypto::MasterKeys const& master_keys,
                                              messages::replication::OpenResponse const& opened,
                                              m::CopySnapshotRequest const& request) {
  TRY(check_copy_limits(tx, caller, false, opened));
  auto tags = TRY(tags_for(request.tag_specification, "snapshot", {"snapshot"}));
  auto minutes = request.completion_duration_minutes
                     ? std::optional<std::int64_t>(*request.completion_duration_minutes)
                     : std::nullopt;
  auto description = request.description.value_or("[Copied " + request.source_snapshot_id + " from " +
                                                  request.source_region + "]");
  auto copies = TRY(record_copy(tx, now, entropy, keys, master_keys, opened,
                                {caller,
                                 request.source_region,
                                 request.source_snapshot_id,
                                 "",
                                 minutes,
                                 description,
                                 tags,
                                 {request.encrypted, request.kms_key_id}}));
  return m::CopySnapshotResponse{to_shape(tags), copies.at(request.source_snapshot_id).id};
}

}  // namespace argosy::ec2
