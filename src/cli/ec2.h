// cli/ec2.h - the EC2 operations that the verbs use, one function each. Lists are complete: pages are
// followed.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/reference.h"
#include "cli/session.h"
#include "messages/ec2/copy_image.h"
#include "messages/ec2/delete_snapshot.h"
#include "messages/ec2/deregister_image.h"
#include "messages/ec2/describe_images.h"
#include "messages/ec2/describe_snapshots.h"
#include "messages/ec2/modify_image_attribute.h"
#include "messages/ec2/modify_snapshot_attribute.h"
#include "messages/ec2/register_image.h"

namespace argosy::cli {

namespace ec2 = messages::ec2;

Outcome<std::vector<ec2::Image>> describe_images(Session& session, ec2::DescribeImagesRequest request);
/// Of every state, disabled too, but for those that are deregistered: AWS describes them for a while.
Outcome<std::vector<ec2::Image>> describe_own_images(Session& session, std::vector<ec2::Filter> filters);
/// Fails with InvalidAMIID.NotFound.
Outcome<ec2::Image> find_image(Session& session, std::string const& image_id);
Outcome<std::vector<ec2::Snapshot>> describe_snapshots(Session& session,
                                                       ec2::DescribeSnapshotsRequest request);
Outcome<std::vector<ec2::LaunchPermission>> launch_permissions(Session& session, std::string const& image_id);
Outcome<std::vector<ec2::CreateVolumePermission>> snapshot_permissions(Session& session,
                                                                       std::string const& snapshot_id);
Outcome<std::vector<std::string>> describe_regions(Session& session);
/// Whether an instance type of the region runs such an image; nothing if that is hidden from the caller.
Outcome<std::optional<bool>> is_instance_type_offered(Session& session, ec2::Image const& image);
/// The key that AWS manages for EBS: the default as long as the account has chosen no other.
inline constexpr std::string_view kManagedEbsKey = "alias/aws/ebs";
/// Whether whatever the account makes in the region is encrypted. Where the setting is hidden from the
/// caller, or the service has none, it is taken for unchanged.
Outcome<bool> encrypts_by_default(Session& session);
/// The key of what is encrypted without a key being named: an ARN, or kManagedEbsKey, also where the service
/// has no such setting; nothing where it is hidden from the caller.
Outcome<std::optional<std::string>> default_ebs_key(Session& session);

Outcome<std::string> register_image(Session& session, ec2::RegisterImageRequest const& request);
Outcome<std::string> copy_image(Session& session, ec2::CopyImageRequest const& request);
Outcome<void> modify_image_attribute(Session& session, ec2::ModifyImageAttributeRequest const& request);
Outcome<void> modify_snapshot_attribute(Session& session, ec2::ModifySnapshotAttributeRequest const& request);
Outcome<void> reset_launch_permissions(Session& session, std::string const& image_id);
Outcome<void> reset_snapshot_permissions(Session& session, std::string const& snapshot_id);
Outcome<void> create_tags(Session& session, std::vector<std::string> const& resource_ids,
                          std::vector<TagArgument> const& tags);
/// What became of each of its snapshots, if they were to be deleted with it. Of an image that was there: if
/// it is gone, an attempt without an answer has done it, or somebody else.
Outcome<std::vector<ec2::DeleteSnapshotReturnCode>> deregister_image(
    Session& session, ec2::DeregisterImageRequest const& request);
/// Of a snapshot that was there; the same.
Outcome<void> delete_snapshot(Session& session, ec2::DeleteSnapshotRequest const& request);
/// Whether the service would allow what was asked with DryRun: turns DryRunOperation into success.
Outcome<void> read_dry_run(Outcome<void> outcome);

/// The snapshots of the image's disks, each once.
std::vector<std::string> snapshot_ids(ec2::Image const& image);
/// Whether one of its disks is.
bool is_encrypted(ec2::Image const& image);
/// The snapshots among these that are the caller's own; what is gone, or hidden from him, is left out.
Outcome<std::vector<ec2::Snapshot>> own_snapshots(Session& session,
                                                  std::vector<std::string> const& snapshot_ids);
/// Fails with InvalidSnapshot.NotFound.
Outcome<ec2::Snapshot> find_snapshot(Session& session, std::string const& snapshot_id);
/// Snapshot -> those of the caller's images that have it as a disk.
using ImagesBySnapshot = std::map<std::string, std::vector<std::string>, std::less<>>;
Outcome<ImagesBySnapshot> find_images_using(Session& session, std::vector<std::string> const& snapshot_ids);
std::vector<ec2::Tag> to_tags(std::vector<TagArgument> const& tags);
ec2::Filter filter(std::string name, std::vector<std::string> values);

}  // namespace argosy::cli
