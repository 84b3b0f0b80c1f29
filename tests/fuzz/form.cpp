// tests/fuzz/form.cpp - EC2's query form into every request that the front takes.
#include "wire/form.h"

#include "fuzz/fuzz.h"
#include "messages/ec2/cancel_image_launch_permission.h"
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
#include "messages/ec2/describe_key_pairs.h"
#include "messages/ec2/describe_regions.h"
#include "messages/ec2/describe_security_groups.h"
#include "messages/ec2/describe_snapshot_attribute.h"
#include "messages/ec2/describe_snapshots.h"
#include "messages/ec2/describe_subnets.h"
#include "messages/ec2/describe_tags.h"
#include "messages/ec2/describe_vpcs.h"
#include "messages/ec2/disable_image.h"
#include "messages/ec2/enable_image.h"
#include "messages/ec2/import_key_pair.h"
#include "messages/ec2/modify_image_attribute.h"
#include "messages/ec2/modify_snapshot_attribute.h"
#include "messages/ec2/register_image.h"
#include "messages/ec2/reset_image_attribute.h"
#include "messages/ec2/reset_snapshot_attribute.h"

namespace argosy::fuzz {
namespace {

namespace m = messages::ec2;

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
  decode<m::CancelImageLaunchPermissionRequest>(*pairs);
  decode<m::CopyImageRequest>(*pairs);
  decode<m::CopySnapshotRequest>(*pairs);
  decode<m::CreateKeyPairRequest>(*pairs);
  decode<m::CreateTagsRequest>(*pairs);
  decode<m::DeleteKeyPairRequest>(*pairs);
  decode<m::DeleteSnapshotRequest>(*pairs);
  decode<m::DeleteTagsRequest>(*pairs);
  decode<m::DeregisterImageRequest>(*pairs);
  decode<m::DescribeAvailabilityZonesRequest>(*pairs);
  decode<m::DescribeImageAttributeRequest>(*pairs);
  decode<m::DescribeImagesRequest>(*pairs);
  decode<m::DescribeInstanceTypesRequest>(*pairs);
  decode<m::DescribeKeyPairsRequest>(*pairs);
  decode<m::DescribeRegionsRequest>(*pairs);
  decode<m::DescribeSecurityGroupsRequest>(*pairs);
  decode<m::DescribeSnapshotAttributeRequest>(*pairs);
  decode<m::DescribeSnapshotsRequest>(*pairs);
  decode<m::DescribeSubnetsRequest>(*pairs);
  decode<m::DescribeTagsRequest>(*pairs);
  decode<m::DescribeVpcsRequest>(*pairs);
  decode<m::DisableImageRequest>(*pairs);
  decode<m::EnableImageRequest>(*pairs);
  decode<m::ImportKeyPairRequest>(*pairs);
  decode<m::ModifyImageAttributeRequest>(*pairs);
  decode<m::ModifySnapshotAttributeRequest>(*pairs);
  decode<m::RegisterImageRequest>(*pairs);
  decode<m::ResetImageAttributeRequest>(*pairs);
  decode<m::ResetSnapshotAttributeRequest>(*pairs);
}

}  // namespace argosy::fuzz
