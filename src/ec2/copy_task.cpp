// ec2/copy_task.cpp - see copy_task.h.
#include "ec2/copy_task.h"

#include <algorithm>

#include "catalogue/copies.h"
#include "catalogue/domains.h"
#include "catalogue/snapshots.h"
#include "catalogue/tags.h"
#include "ec2/ebs_encryption.h"

namespace argosy::ec2 {
namespace {

/// "1,629,998,298,383"
std::string with_commas(std::int64_t number) {
  auto digits = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

}  // namespace

Result<void> check_client_token(std::string const& token, std::size_t most) {
  if (token.size() > most ||
      !std::ranges::all_of(token, [](unsigned char c) { return c >= 0x20 && c < 0x7f; }))
    return images::invalid_parameter_value("A client token has at most " + std::to_string(most) +
                                           " ASCII characters");
  return {};
}

Result<void> check_destination(std::optional<std::string> const& outpost,
                               std::optional<std::string> const& zone,
                               std::optional<std::string> const& zone_id) {
  if (outpost.has_value() + zone.has_value() + zone_id.has_value() > 1)
    return images::invalid_parameter_combination(
        "Only one of DestinationOutpostArn, DestinationAvailabilityZone and DestinationAvailabilityZoneId "
        "can be given.");
  if (outpost || zone || zone_id)
    return images::unsupported("Copies go to a region; Outposts and local zones are not supported.");
  return {};
}

Result<std::map<std::string, NewSnapshot>> record_copy(catalogue::Transaction& tx, Time now, Entropy& entropy,
                                                       keystore::EbsKeys const& keys,
                                                       crypto::MasterKeys const& master_keys,
                                                       messages::replication::OpenResponse const& opened,
                                                       CopyTask const& task) {
  auto const& account = task.caller.account;
  TRY(catalogue::ensure_domain(tx, master_keys, account, entropy));
  catalogue::Copy copy;
  copy.id = make_uuid(entropy);
  copy.account = account;
  copy.image_id = task.image_id;
  copy.source_region = task.source_region;
  copy.source_resource = task.source_resource;
  copy.source_lease = opened.lease;
  copy.created = now;
  std::map<std::string, NewSnapshot> out;
  for (auto const& source : opened.snapshots) {
    images::Snapshot snapshot;
    snapshot.id = make_resource_id(entropy, "snap-");
    snapshot.owner = account;
    snapshot.description = task.snapshot_description
                               ? *task.snapshot_description
                               : "Copied for DestinationAmi " + task.image_id + " from SourceAmi " +
                                     task.source_resource + " for SourceSnapshot " + source.snapshot_id +
                                     ". Task created on " + with_commas(to_milliseconds(now)) + ".";
    snapshot.volume_size_gib = source.volume_size_gib;
    snapshot.start_time = now;
    snapshot.content_bytes = source.content_bytes;
    snapshot.lineage = source.lineage;
    snapshot.copy_source_region = task.source_region;
    snapshot.copy_source_snapshot_id = source.snapshot_id;
    snapshot.completion_duration_minutes = task.completion_duration_minutes;
    images::CopySource const copied{source.snapshot_id, source.encrypted, source.owner == account,
                                    task.source_region == keys.region()};
    auto key =
        TRY(choose_key(tx, task.caller, keys, copied, source.kms_key_id.value_or(""), task.encryption));
    snapshot.encrypted = key.has_value();
    snapshot.kms_key = key.value_or("");
    TRY(catalogue::insert_snapshot(tx, snapshot));
    TRY(catalogue::save_tags(tx, account, snapshot.id, task.snapshot_tags));
    copy.disks.push_back(
        {snapshot.id, source.snapshot_id, source.root, source.owner.value_or(""), source.encrypted});
    out[source.snapshot_id] = {snapshot.id, snapshot.encrypted};
  }
  TRY(catalogue::insert_copy(tx, copy));
  return out;
}

}  // namespace argosy::ec2
