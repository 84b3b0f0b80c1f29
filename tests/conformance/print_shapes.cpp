// print_shapes - prints the members of every described request and response as JSON, for the comparison with
// the published models (test_shapes.py): service -> operation -> request, response -> wire name -> type.
#include <boost/json.hpp>
#include <iostream>

#include "messages/ebs/ebs.h"
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
#include "messages/ec2/enable_image.h"
#include "messages/ec2/import_key_pair.h"
#include "messages/ec2/modify_image_attribute.h"
#include "messages/ec2/modify_snapshot_attribute.h"
#include "messages/ec2/register_image.h"
#include "messages/ec2/reset_image_attribute.h"
#include "messages/ec2/reset_snapshot_attribute.h"
#include "messages/ec2/run_instances.h"
#include "messages/ec2/volumes.h"
#include "messages/kms/aliases.h"
#include "messages/kms/cryptography.h"
#include "messages/kms/grants.h"
#include "messages/kms/keys.h"
#include "messages/kms/policies.h"
#include "messages/kms/replicate_key.h"
#include "messages/kms/rotation.h"
#include "messages/kms/tags.h"
#include "messages/kms/update_primary_region.h"
#include "messages/sts/get_caller_identity.h"
#include "wire/described.h"

namespace argosy {
namespace {

using boost::json::object;
using boost::json::value;
using wire::Naming;

object members_of(auto const& shape, Naming naming);

/// "string", "list of string", …; a structure is the object of its members, a list of structures an array of
/// one.
template <class T>
value type_of(Naming naming) {
  if constexpr (wire::is_optional<T>) {
    return type_of<typename T::value_type>(naming);
  } else if constexpr (wire::is_list<T>) {
    return boost::json::array{type_of<typename T::value_type>(naming)};
  } else if constexpr (wire::is_map<T>) {
    return "map";
  } else if constexpr (std::is_same_v<T, Bytes> || std::is_same_v<T, messages::ec2::Blob>) {
    return "blob";
  } else if constexpr (std::is_same_v<T, messages::ec2::Decimal>) {
    return "double";
  } else if constexpr (wire::is_struct<T>) {
    return members_of(T{}, naming);
  } else if constexpr (std::is_same_v<T, bool>) {
    return "boolean";
  } else if constexpr (wire::is_integer<T>) {
    return "integer";
  } else if constexpr (std::is_same_v<T, Time>) {
    return "timestamp";
  } else {
    static_assert(std::is_same_v<T, std::string>);
    return "string";
  }
}

object members_of(auto const& shape, Naming naming) {
  object out;
  wire::for_each_member(shape, naming, [&](std::string const& name, auto const& member) {
    out[name] = type_of<std::remove_cvref_t<decltype(member)>>(naming);
  });
  return out;
}

template <class Request, class Response>
object operation(Naming request, Naming response) {
  return {{"request", members_of(Request{}, request)}, {"response", members_of(Response{}, response)}};
}

#define OPERATION(name, request, response) \
  { #name, operation < name##Request, name##Response>(request, response) }

/// One whose response is a shape that others have, too.
#define ANSWERS(name, answer, request, response) \
  { #name, operation < name##Request, answer>(request, response) }

object ec2() {
  using namespace messages::ec2;
  constexpr auto kForm = Naming::upper_camel;
  constexpr auto kXml = Naming::lower_camel;
  return {
      OPERATION(CancelImageLaunchPermission, kForm, kXml),
      OPERATION(CopyImage, kForm, kXml),
      OPERATION(CopySnapshot, kForm, kXml),
      OPERATION(CreateImage, kForm, kXml),
      OPERATION(CreateKeyPair, kForm, kXml),
      ANSWERS(CreateSnapshot, Snapshot, kForm, kXml),
      OPERATION(CreateSnapshots, kForm, kXml),
      OPERATION(CreateTags, kForm, kXml),
      ANSWERS(CreateVolume, Volume, kForm, kXml),
      OPERATION(DeleteKeyPair, kForm, kXml),
      OPERATION(DeleteSnapshot, kForm, kXml),
      OPERATION(DeleteTags, kForm, kXml),
      OPERATION(DeleteVolume, kForm, kXml),
      OPERATION(DeregisterImage, kForm, kXml),
      OPERATION(DescribeAvailabilityZones, kForm, kXml),
      OPERATION(DescribeImageAttribute, kForm, kXml),
      OPERATION(DescribeImages, kForm, kXml),
      OPERATION(DescribeInstanceAttribute, kForm, kXml),
      OPERATION(DescribeInstances, kForm, kXml),
      OPERATION(DescribeInstanceStatus, kForm, kXml),
      OPERATION(DescribeInstanceTypes, kForm, kXml),
      OPERATION(DescribeKeyPairs, kForm, kXml),
      OPERATION(DescribeRegions, kForm, kXml),
      OPERATION(DescribeSecurityGroups, kForm, kXml),
      OPERATION(DescribeSnapshotAttribute, kForm, kXml),
      OPERATION(DescribeSnapshots, kForm, kXml),
      OPERATION(DescribeSubnets, kForm, kXml),
      OPERATION(DescribeTags, kForm, kXml),
      OPERATION(DescribeVolumes, kForm, kXml),
      OPERATION(DescribeVpcs, kForm, kXml),
      OPERATION(DisableImage, kForm, kXml),
      OPERATION(EnableImage, kForm, kXml),
      OPERATION(GetConsoleOutput, kForm, kXml),
      OPERATION(ImportKeyPair, kForm, kXml),
      OPERATION(ModifyImageAttribute, kForm, kXml),
      OPERATION(ModifyInstanceAttribute, kForm, kXml),
      OPERATION(ModifySnapshotAttribute, kForm, kXml),
      OPERATION(RebootInstances, kForm, kXml),
      OPERATION(RegisterImage, kForm, kXml),
      OPERATION(ResetImageAttribute, kForm, kXml),
      OPERATION(ResetSnapshotAttribute, kForm, kXml),
      OPERATION(RunInstances, kForm, kXml),
      ANSWERS(StartInstances, InstanceStateChanges, kForm, kXml),
      ANSWERS(StopInstances, InstanceStateChanges, kForm, kXml),
      ANSWERS(TerminateInstances, InstanceStateChanges, kForm, kXml),
  };
}

/// Only what travels in a body of JSON is described; paths, queries and headers are the business of api/.
object ebs() {
  using namespace messages::ebs;
  constexpr auto kJson = Naming::upper_camel;
  return {
      OPERATION(StartSnapshot, kJson, kJson),
      {"CompleteSnapshot", object{{"response", members_of(CompleteSnapshotResponse{}, kJson)}}},
      {"ListSnapshotBlocks", object{{"response", members_of(ListSnapshotBlocksResponse{}, kJson)}}},
      {"ListChangedBlocks", object{{"response", members_of(ListChangedBlocksResponse{}, kJson)}}},
  };
}

/// An operation that answers nothing.
#define REQUEST(name, naming)                            \
  {                                                      \
#name, object {                                      \
      { "request", members_of(name##Request{}, naming) } \
    }                                                    \
  }

object kms() {
  using namespace messages::kms;
  constexpr auto kJson = Naming::upper_camel;
  return {
      OPERATION(CancelKeyDeletion, kJson, kJson),
      OPERATION(CreateGrant, kJson, kJson),
      OPERATION(CreateKey, kJson, kJson),
      OPERATION(Decrypt, kJson, kJson),
      OPERATION(DescribeKey, kJson, kJson),
      OPERATION(Encrypt, kJson, kJson),
      OPERATION(GenerateDataKey, kJson, kJson),
      OPERATION(GenerateDataKeyWithoutPlaintext, kJson, kJson),
      OPERATION(GetKeyPolicy, kJson, kJson),
      OPERATION(GetKeyRotationStatus, kJson, kJson),
      OPERATION(ListAliases, kJson, kJson),
      OPERATION(ListGrants, kJson, kJson),
      OPERATION(ListKeyPolicies, kJson, kJson),
      OPERATION(ListKeyRotations, kJson, kJson),
      OPERATION(ListKeys, kJson, kJson),
      OPERATION(ListResourceTags, kJson, kJson),
      OPERATION(ListRetirableGrants, kJson, kJson),
      OPERATION(ReEncrypt, kJson, kJson),
      OPERATION(ReplicateKey, kJson, kJson),
      OPERATION(RotateKeyOnDemand, kJson, kJson),
      OPERATION(ScheduleKeyDeletion, kJson, kJson),
      REQUEST(CreateAlias, kJson),
      REQUEST(DeleteAlias, kJson),
      REQUEST(DisableKey, kJson),
      REQUEST(DisableKeyRotation, kJson),
      REQUEST(EnableKey, kJson),
      REQUEST(EnableKeyRotation, kJson),
      REQUEST(PutKeyPolicy, kJson),
      REQUEST(RetireGrant, kJson),
      REQUEST(RevokeGrant, kJson),
      REQUEST(TagResource, kJson),
      REQUEST(UntagResource, kJson),
      REQUEST(UpdateAlias, kJson),
      REQUEST(UpdateKeyDescription, kJson),
      REQUEST(UpdatePrimaryRegion, kJson),
  };
}

object sts() {
  using namespace messages::sts;
  return {OPERATION(GetCallerIdentity, Naming::upper_camel, Naming::upper_camel)};
}

}  // namespace
}  // namespace argosy

int main() {
  boost::json::object const shapes{
      {"ec2", argosy::ec2()}, {"ebs", argosy::ebs()}, {"kms", argosy::kms()}, {"sts", argosy::sts()}};
  std::cout << shapes << "\n";
}
