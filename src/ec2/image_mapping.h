// ec2/image_mapping.h - a disk that a caller gives to a new image: of a snapshot, or empty.
#pragma once
#include <string>
#include <vector>

#include "access/caller.h"
#include "catalogue/schema.h"
#include "images/image.h"
#include "messages/ec2/types.h"

namespace argosy::ec2 {

/// Fails with InvalidBlockDeviceMapping.
Result<void> check_device_name(std::string const& name);

/// What a caller says of a disk and nothing here could follow. Fails with UnsupportedOperation.
Result<void> check_supported(messages::ec2::EbsBlockDevice const& given);

/// As far as that can be said without looking at what exists. Fails with MissingParameter,
/// InvalidBlockDeviceMapping, InvalidSnapshotID.Malformed, InvalidParameterValue,
/// InvalidParameterCombination, UnsupportedOperation.
Result<images::Mapping> to_mapping(messages::ec2::BlockDeviceMapping const& given);

/// What CreateImage is told of volumes, whatever volumes there are: each device once. Fails with
/// MissingParameter, InvalidBlockDeviceMapping, InvalidParameterValue, InvalidParameterCombination,
/// UnsupportedOperation.
Result<void> check_mappings(std::vector<messages::ec2::BlockDeviceMapping> const& given);

/// Completes it by its snapshot, which the caller must be able to use. Fails with InvalidSnapshot.NotFound,
/// IncorrectState, InvalidBlockDeviceMapping.
Result<void> look_at_snapshot(catalogue::Transaction& tx, access::Caller const& caller,
                              images::Mapping& mapping);

}  // namespace argosy::ec2
