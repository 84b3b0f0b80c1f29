// ec2/new_volume.cpp - see new_volume.h.
#include "ec2/new_volume.h"

#include <algorithm>
#include <array>

#include "catalogue/encryption_defaults.h"
#include "catalogue/volumes.h"
#include "images/rules.h"

namespace argosy::ec2 {
namespace {

/// The ARN where the key can be found now; else what the caller named it by, for the reason to say.
Result<std::string> key_of(catalogue::Transaction& tx, access::Caller const& caller,
                           keystore::EbsKeys const& keys, images::KeyChoice choice, VolumeWish const& wish,
                           images::EncryptionDefaults const& defaults) {
  if (choice == images::KeyChoice::none) return std::string();
  if (choice == images::KeyChoice::source) return wish.snapshot->kms_key;
  auto const name = keystore::name_of_choice(choice, wish.encryption, defaults);
  auto found = keys.find(tx, caller, name);
  if (!found && !keystore::is_about_keys(found.error())) return found;
  return found ? *found : name;
}

}  // namespace

Result<void> check_performance(std::string const& type, std::optional<std::int64_t> iops,
                               std::optional<std::int64_t> throughput) {
  static constexpr std::array<std::string_view, 7> kTypes{"standard", "io1", "io2", "gp2",
                                                          "sc1",      "st1", "gp3"};
  if (std::ranges::find(kTypes, type) == kTypes.end())
    return images::invalid_parameter_value("Value (" + type + ") for parameter volumeType is invalid.");
  bool const provisioned = type == "io1" || type == "io2" || type == "gp3";
  if (iops && (!provisioned || *iops < 100))
    return images::invalid_parameter_combination("The parameter iops is not supported for " + type +
                                                 " volumes or is below 100.");
  if (throughput && (type != "gp3" || *throughput < 125))
    return images::invalid_parameter_combination(
        "The parameter throughput is supported for gp3 volumes only, from 125 on.");
  return {};
}

Result<instances::Volume> new_volume(catalogue::Transaction& tx, access::Caller const& caller,
                                     keystore::EbsKeys const& keys, Entropy& entropy, Time now,
                                     VolumeWish const& wish) {
  auto const defaults = TRY(catalogue::find_encryption_defaults(tx, caller.account));
  auto const& snapshot = wish.snapshot;
  auto const choice = TRY(images::choose_for_volume(
      snapshot ? snapshot->id : "", snapshot && snapshot->encrypted,
      snapshot && snapshot->owner == caller.account, wish.encryption, defaults.by_default));
  instances::Volume volume;
  volume.id = make_resource_id(entropy, "vol-");
  volume.account = caller.account;
  volume.created = now;
  volume.type = wish.type;
  volume.iops = wish.iops;
  volume.throughput = wish.throughput;
  volume.size_gib = wish.size_gib;
  volume.encrypted = choice != images::KeyChoice::none;
  volume.kms_key = TRY(key_of(tx, caller, keys, choice, wish, defaults));
  if (!snapshot) return volume;
  if (volume.size_gib == 0) volume.size_gib = snapshot->volume_size_gib;
  if (volume.size_gib < snapshot->volume_size_gib)
    return images::invalid_mapping("Volume of size " + std::to_string(volume.size_gib) +
                                   "GB is smaller than snapshot '" + snapshot->id +
                                   "', expect size >= " + std::to_string(snapshot->volume_size_gib) + "GB");
  volume.base = {snapshot->id,        snapshot->owner,           snapshot->root,
                 snapshot->encrypted, snapshot->volume_size_gib, snapshot->lineage,
                 snapshot->envelope};
  return volume;
}

Result<void> check_volume_limit(catalogue::Transaction& tx, access::Caller const& caller, std::int64_t more) {
  auto const have = TRY(catalogue::count_volumes(tx, caller.account));
  if (have + more <= caller.limits.volumes) return {};
  return fail(Fault::limit, "VolumeLimitExceeded",
              access::limit_message("volumes in this region", caller.limits.volumes, "volumes",
                                    "Delete volumes that are not needed"));
}

}  // namespace argosy::ec2
