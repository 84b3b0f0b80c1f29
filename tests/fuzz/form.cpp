// tests/fuzz/form.cpp - EC2's query form into every request that the front takes.
#include "wire/form.h"

#include "fuzz/fuzz.h"
#include "messages/ec2/cancel_image_launch_permission.h"
#include "messages/ec2/change_instances.h"
#include "messages/ec2/copy_image.h"
#include "messages/ec2/copy_snapshot.h"
#include "messages/ec2/create_key_pair.h"
#include "messages/ec2/create_tags.h"
#include "messages/ec2/delete_key_pair.h"
#include "messages/ec2/delete_snapshot.h"
#include "messages/ec2/delete_tags.h"
#include "messages/ec2/deregister_image.h"
#include "messages/ec2/describe_availability_zones.h"
#include "messages/ec2/describe_image_attribute.h"
#include "messages/ec2/describe_images.h"
#include "messages/ec2/describe_instance_types.h"
#include "messages/ec2/describe_instances.h"
#include "messages/ec2/describe_key_pairs.h"
#include "messages/ec2/describe_regions.h"
#include "messages/ec2/describe_security_groups.h"
#include "messages/ec2/describe_snapshot_attribute.h"
#include "messages/ec2/describe_snapshots.h"
#include "messages/ec2/describe_subnets.h"
#include "messages/ec2/describe_tags.h"
#include "messages/ec2/describe_vpcs.h"
#include "messages/ec2/disable_image.h"
#include "messages/ec2/ebs_encryption.h"
#include "messages/ec2/enable_image.h"
#include "messages/ec2/import_key_pair.h"
#include "messages/ec2/modify_image_attribute.h"
#include "messages/ec2/modify_snapshot_attribute.h"
#include "messages/ec2/register_image.h"
#include "messages/ec2/reset_image_attribute.h"
#include "messages/ec2/reset_snapshot_attribute.h"
#include "messages/ec2/run_instances.h"
#include "messages/ec2/volumes.h"

namespace argosy::fuzz {
namespace {

namespace m = messages::ec2;

using Requests = boost::mp11::mp_list<
    m::CancelImageLaunchPermissionRequest, m::CopyImageRequest, m::CopySnapshotRequest, m::CreateImageRequest,
    m::CreateKeyPairRequest, m::CreateSnapshotRequest, m::CreateSnapshotsRequest, m::CreateTagsRequest,
    m::CreateVolumeRequest, m::DeleteKeyPairRequest, m::DeleteSnapshotRequest, m::DeleteTagsRequest,
    m::DeleteVolumeRequest, m::DeregisterImageRequest, m::DescribeAvailabilityZonesRequest,
    m::DescribeImageAttributeRequest, m::DescribeImagesRequest, m::DescribeInstanceAttributeRequest,
    m::DescribeInstanceStatusRequest, m::DescribeInstanceTypesRequest, m::DescribeInstancesRequest,
    m::DescribeKeyPairsRequest, m::DescribeRegionsRequest, m::DescribeSecurityGroupsRequest,
    m::DescribeSnapshotAttributeRequest, m::DescribeSnapshotsRequest, m::DescribeSubnetsRequest,
    m::DescribeTagsRequest, m::DescribeVolumesRequest, m::DescribeVpcsRequest,
    m::DisableEbsEncryptionByDefaultRequest, m::DisableImageRequest, m::EnableEbsEncryptionByDefaultRequest,
    m::EnableImageRequest, m::GetConsoleOutputRequest, m::GetEbsDefaultKmsKeyIdRequest,
    m::GetEbsEncryptionByDefaultRequest, m::ImportKeyPairRequest, m::ModifyEbsDefaultKmsKeyIdRequest,
    m::ModifyImageAttributeRequest, m::ModifyInstanceAttributeRequest, m::ModifySnapshotAttributeRequest,
    m::RebootInstancesRequest, m::RegisterImageRequest, m::ResetEbsDefaultKmsKeyIdRequest,
    m::ResetImageAttributeRequest, m::ResetSnapshotAttributeRequest, m::RunInstancesRequest,
    m::StartInstancesRequest, m::StopInstancesRequest, m::TerminateInstancesRequest>;

/// What was understood is said again in the same words; what was not is refused with a public code.
template <class Request>
void decode(wire::Pairs const& pairs) {
  auto request = wire::decode_form<Request>(pairs);
  check_error(request);
  if (!request) {
    ARGOSY_ASSERT(request.error().fault == Fault::invalid && !request.error().code.empty());
    return;
  }
  // The first encoding leaves out empty structures, so that what follows them in a list moves up.
  auto said = wire::decode_form<Request>(wire::encode_form(*request));
  ARGOSY_ASSERT(said);
  auto again = wire::decode_form<Request>(wire::encode_form(*said));
  ARGOSY_ASSERT(again && wire::encode_form(*again) == wire::encode_form(*said));
}

}  // namespace

void try_input(ByteView input) {
  auto pairs = wire::parse_form(as_text(input));
  check_error(pairs);
  if (!pairs) return;
  ARGOSY_ASSERT(pairs->size() <= wire::kMaxFormPairs);
  ARGOSY_ASSERT(wire::parse_form(wire::print_form(*pairs)) == *pairs);
  boost::mp11::mp_for_each<Requests>([&](auto request) { decode<decltype(request)>(*pairs); });
}

}  // namespace argosy::fuzz
