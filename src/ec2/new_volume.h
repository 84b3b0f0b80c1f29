// ec2/new_volume.h - what RunInstances and CreateVolume make of a wish for a volume.
#pragma once
#include <optional>
#include <string>

#include "access/caller.h"
#include "base/entropy.h"
#include "catalogue/schema.h"
#include "images/encryption.h"
#include "images/snapshot.h"
#include "instances/volume.h"
#include "keystore/ebs_keys.h"

namespace argosy::ec2 {

struct VolumeWish {
  std::optional<images::Snapshot> snapshot;  ///< completed, and the caller may start from it; nothing: zeros
  std::int64_t size_gib = 0;                 ///< 0: the snapshot's
  std::string type;
  std::optional<std::int64_t> iops;
  std::optional<std::int64_t> throughput;
  images::EncryptionWish encryption;
};

/// Type, IOPS and throughput fit together. Fails with InvalidParameterValue, InvalidParameterCombination.
Result<void> check_performance(std::string const& type, std::optional<std::int64_t> iops,
                               std::optional<std::int64_t> throughput);

/// A volume that is `creating`: whether its key can be used is found out by whoever makes it ready. Fails
/// with InvalidBlockDeviceMapping, VolumeLimitExceeded.
Result<instances::Volume> new_volume(catalogue::Transaction& tx, access::Caller const& caller,
                                     keystore::EbsKeys const& keys, Entropy& entropy, Time now,
                                     VolumeWish const& wish);

/// Fails with VolumeLimitExceeded unless the account may have so many more.
Result<void> check_volume_limit(catalogue::Transaction& tx, access::Caller const& caller, std::int64_t more);

}  // namespace argosy::ec2
