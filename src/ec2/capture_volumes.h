// ec2/capture_volumes.h - CreateSnapshot, CreateSnapshots, CreateImage: what volumes hold at this moment.
// Source: ec2-semantics B7.
//
// They take databases, not a transaction: volumes are frozen while none is open.
#pragma once
#include "access/caller.h"
#include "launcher/captures.h"
#include "launcher/launcher.h"
#include "messages/ec2/types.h"
#include "messages/ec2/volumes.h"

namespace argosy::ec2 {

/// One region's.
struct CaptureRegion {
  sql::Pool& catalogue;
  keystore::EbsKeys const& keys;
  crypto::MasterKeys const& master_keys;
  Entropy& entropy;
  launcher::Launcher& launcher;
  launcher::Captures& captures;
};

/// All three answer `pending`. They fail with InvalidVolume.NotFound or InvalidInstanceID.NotFound,
/// IncorrectState, limits, and if the caller may not use a volume's key now with KMS's reason as
/// InvalidParameterValue.
Result<messages::ec2::Snapshot> create_snapshot(CaptureRegion const& region, access::Caller const& caller,
                                                Time now,
                                                messages::ec2::CreateSnapshotRequest const& request);
Result<messages::ec2::CreateSnapshotsResponse> create_snapshots(
    CaptureRegion const& region, access::Caller const& caller, Time now,
    messages::ec2::CreateSnapshotsRequest const& request);
/// A machine that runs is rebooted first unless the caller says otherwise; its disks are what it starts again
/// from. Fails also with InvalidAMIName.Malformed, InvalidAMIName.Duplicate, InvalidBlockDeviceMapping.
Result<messages::ec2::CreateImageResponse> create_image(CaptureRegion const& region,
                                                        access::Caller const& caller, Time now,
                                                        messages::ec2::CreateImageRequest const& request);

}  // namespace argosy::ec2
