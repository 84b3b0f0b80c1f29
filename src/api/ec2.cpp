// api/ec2.cpp - the table of EC2's operations: what each one takes.
#include "api/operation.h"
#include "base/log.h"
#include "catalogue/ended_leases.h"
#include "catalogue/instances.h"
#include "ec2/capture_volumes.h"
#include "ec2/change_instances.h"
#include "ec2/copy_image.h"
#include "ec2/copy_snapshot.h"
#include "ec2/default_network.h"
#include "ec2/delete_snapshot.h"
#include "ec2/deregister_image.h"
#include "ec2/describe_images.h"
#include "ec2/describe_instance_types.h"
#include "ec2/describe_instances.h"
#include "ec2/describe_snapshots.h"
#include "ec2/disable_image.h"
#include "ec2/ebs_encryption.h"
#include "ec2/enable_image.h"
#include "ec2/image_attributes.h"
#include "ec2/key_pairs.h"
#include "ec2/regions.h"
#include "ec2/register_image.h"
#include "ec2/run_instances.h"
#include "ec2/snapshot_attributes.h"
#include "ec2/tags.h"
#include "ec2/volumes.h"
#include "sql/in_transaction.h"

namespace argosy::api {
namespace {

namespace m = messages::ec2;
using catalogue::Transaction;

/// Asks the source region while no transaction is open, then records; if that fails, the lease is given back.
template <class Record>
auto open_and_record(Call const& call, std::string const& source_region, std::string const& resource,
                     Record const& record)
    -> decltype(record(std::declval<Transaction&>(),
                       std::declval<messages::replication::OpenResponse const&>())) {
  auto* source = TRY(call.region.sources.find(source_region));
  auto opened = source->open({call.caller.account, resource});
  if (!opened && opened.error().code == replication::kSourceFailed) {
    if (opened.error().fault != Fault::unavailable)
      return fail(opened.error().fault, std::move(opened.error().message));
    return fail(Fault::unavailable, "Unavailable",
                "The source region " + source_region + " cannot be reached now. Retry the request.");
  }
  if (!opened && opened.error().code == replication::kRequestFailed)
    return fail(Fault::unavailable, "Unavailable",
                "The source region " + source_region + " failed at this. Retry the request.");
  if (!opened) return std::unexpected(std::move(opened).error());
  auto result = run_transaction(call.region.catalogue, sql::Access::write,
                                [&](Transaction& tx) { return record(tx, *opened); });
  if (!result) {
    auto ended = sql::in_transaction(call.region.catalogue, sql::Access::write, [&](Transaction& tx) {
      return catalogue::insert_ended_lease(tx, source_region, opened->lease);
    });
    if (!ended) log_warning("a lease at {} runs out by itself: {}", source_region, ended.error().message);
  }
  call.region.wake();
  return result;
}

Result<http::Response> copy_image(Call const& call) {
  auto request = TRY(wire::decode_form<m::CopyImageRequest>(call.parameters));
  TRY(ec2::check_copy_image(request));
  auto earlier = TRY(run_transaction(call.region.catalogue, sql::Access::read, [&](Transaction& tx) {
    return ec2::find_earlier_copy(tx, call.caller, request);
  }));
  if (earlier) return to_xml(call, *earlier);
  auto response = TRY(open_and_record(
      call, request.source_region, request.source_image_id, [&](Transaction& tx, auto const& opened) {
        return ec2::copy_image(tx, call.caller, call.now, call.service.entropy, call.region.keys,
                               call.service.master_keys, opened, request);
      }));
  return to_xml(call, response);
}

Result<http::Response> copy_snapshot(Call const& call) {
  auto request = TRY(wire::decode_form<m::CopySnapshotRequest>(call.parameters));
  TRY(ec2::check_copy_snapshot(call.region.name, request));
  auto response = TRY(open_and_record(
      call, request.source_region, request.source_snapshot_id, [&](Transaction& tx, auto const& opened) {
        return ec2::copy_snapshot(tx, call.caller, call.now, call.service.entropy, call.region.keys,
                                  call.service.master_keys, opened, request);
      }));
  return to_xml(call, response);
}

Result<http::Response> describe_regions(Call const& call) {
  auto request = TRY(wire::decode_form<m::DescribeRegionsRequest>(call.parameters));
  std::vector<ec2::RegionEndpoint> regions;
  for (auto const& region : call.service.regions) regions.push_back({region.name, call.endpoint});
  for (auto const& region : call.service.elsewhere) regions.push_back({region.name, region.endpoint});
  return to_xml(call, TRY(ec2::describe_regions(regions, request)));
}

Result<http::Response> describe_availability_zones(Call const& call) {
  auto request = TRY(wire::decode_form<m::DescribeAvailabilityZonesRequest>(call.parameters));
  return to_xml(call, TRY(ec2::describe_availability_zones(call.region.name, request)));
}

/// What is the same whatever happened before: no transaction.
template <class Request, class Function>
Operation timeless(Function function) {
  return [function](Call const& call) -> Result<http::Response> {
    auto request = TRY(wire::decode_form<Request>(call.parameters));
    return to_xml(call, TRY(function(call, request)));
  };
}

Result<http::Response> create_key_pair(Call const& call) {
  auto request = TRY(wire::decode_form<m::CreateKeyPairRequest>(call.parameters));
  auto keys = TRY(ec2::make_keys(call.service.entropy, request));
  auto response = TRY(run_transaction(call.region.catalogue, sql::Access::write, [&](Transaction& tx) {
    return ec2::create_key_pair(tx, call.caller, call.now, call.service.entropy, keys, request);
  }));
  return to_xml(call, response);
}

Result<http::Response> describe_key_pairs(Call const& call) {
  auto const request = TRY(wire::decode_form<m::DescribeKeyPairsRequest>(call.parameters));
  auto const page_of = [&region = call.region, &service = call.service, caller = call.caller,
                        request](std::string const& after) {
    return run_transaction(
        region.catalogue, sql::Access::read,
        [&](Transaction& tx) { return ec2::describe_key_pairs(tx, caller, request, after); },
        read_limit(service));
  };
  auto first = TRY(page_of(""));
  if (!first.next_token) return to_xml(call, m::DescribeKeyPairsResponse{std::move(first.key_set)});
  return stream_list(call, "keySet", &ec2::KeyPairsPage::key_set, std::move(first), page_of);
}

/// What the machines of all regions may take, and what those of the others do.
Result<ec2::HostRoom> host_room(Call const& call) {
  ec2::HostRoom room{call.service.host, {}};
  for (auto const& region : call.service.regions) {
    if (region.name == call.region.name) continue;
    room.used_elsewhere += TRY(run_transaction(region.catalogue, sql::Access::read,
                                               [](Transaction& tx) { return catalogue::count_load(tx); }));
  }
  return room;
}

/// What takes room of the host: one at a time, so that what it counted in other regions still holds when it
/// commits.
template <class Request, class Function>
Operation starting_machines(Function function) {
  return [function](Call const& call) -> Result<http::Response> {
    auto const request = TRY(wire::decode_form<Request>(call.parameters));
    std::unique_lock lock(call.service.host_mutex);
    auto const room = TRY(host_room(call));
    auto const response =
        TRY(run_transaction(call.region.catalogue, sql::Access::write,
                            [&](Transaction& tx) { return function(tx, call, room, request); }));
    lock.unlock();
    call.region.wake();
    return to_xml(call, response);
  };
}

/// What the launcher does next is said to it.
template <class Request, class Function>
Operation waking(Function function) {
  auto const operation = writing<Request>(function);
  return [operation](Call const& call) {
    auto response = operation(call);
    if (response) call.region.wake();
    return response;
  };
}

Result<http::Response> get_console_output(Call const& call) {
  auto const request = TRY(wire::decode_form<m::GetConsoleOutputRequest>(call.parameters));
  auto const instance = TRY(run_transaction(call.region.catalogue, sql::Access::read, [&](Transaction& tx) {
    return ec2::check_console_output(tx, call.caller, request);
  }));
  m::GetConsoleOutputResponse response;
  response.instance_id = instance;
  response.timestamp = call.now;
  auto const output = TRY(call.region.launcher.console(instance));
  if (output && !output->empty()) response.output = to_base64(as_bytes(*output));
  return to_xml(call, response);
}

ec2::CaptureRegion capture_region(Call const& call) {
  return {call.region.catalogue, call.region.keys,     call.service.master_keys,
          call.service.entropy,  call.region.launcher, call.region.captures};
}

/// The volumes are frozen while no transaction is open.
template <class Request, class Function>
Operation capturing(Function function) {
  return [function](Call const& call) -> Result<http::Response> {
    auto const request = TRY(wire::decode_form<Request>(call.parameters));
    auto const response = TRY(function(capture_region(call), call.caller, call.now, request));
    call.region.wake();
    return to_xml(call, response);
  };
}

/// Most operations take the transaction, the caller and the request.
template <class Request, class Function>
Operation reading_simple(Function function) {
  return reading<Request>([function](Transaction& tx, Call const& call, Request const& request) {
    return function(tx, call.caller, request);
  });
}
template <class Request, class Function>
Operation writing_simple(Function function) {
  return writing<Request>([function](Transaction& tx, Call const& call, Request const& request) {
    return function(tx, call.caller, request);
  });
}

/// Some look at keys, too.
template <class Request, class Function>
Operation writing_with_keys(Function function) {
  return writing<Request>([function](Transaction& tx, Call const& call, Request const& request) {
    return function(tx, call.caller, call.region.keys, request);
  });
}

}  // namespace

Operations const& ec2_operations() {
  static Operations const table{
      {"RegisterImage",
       writing<m::RegisterImageRequest>([](Transaction& tx, Call const& call, auto const& request) {
         return ec2::register_image(tx, call.caller, call.now, call.service.entropy, request);
       })},
      {"DescribeImages",
       listing<m::DescribeImagesRequest>("imagesSet", &m::DescribeImagesResponse::images_set,
                                         [](Transaction& tx, Call const& call, auto const& request) {
                                           return ec2::describe_images(tx, call.caller, call.now,
                                                                       call.region.token_key, request);
                                         })},
      {"CopyImage", copy_image},
      {"DeregisterImage", writing_simple<m::DeregisterImageRequest>(ec2::deregister_image)},
      {"DisableImage", writing_simple<m::DisableImageRequest>(ec2::disable_image)},
      {"EnableImage", writing_simple<m::EnableImageRequest>(ec2::enable_image)},
      {"DescribeImageAttribute",
       reading_simple<m::DescribeImageAttributeRequest>(ec2::describe_image_attribute)},
      {"ModifyImageAttribute",
       writing_with_keys<m::ModifyImageAttributeRequest>(ec2::modify_image_attribute)},
      {"ResetImageAttribute", writing_simple<m::ResetImageAttributeRequest>(ec2::reset_image_attribute)},
      {"CancelImageLaunchPermission",
       writing_simple<m::CancelImageLaunchPermissionRequest>(ec2::cancel_image_launch_permission)},
      {"CopySnapshot", copy_snapshot},
      {"DescribeSnapshots",
       listing<m::DescribeSnapshotsRequest>("snapshotSet", &m::DescribeSnapshotsResponse::snapshot_set,
                                            [](Transaction& tx, Call const& call, auto const& request) {
                                              return ec2::describe_snapshots(tx, call.caller,
                                                                             call.region.token_key, request);
                                            })},
      {"DescribeSnapshotAttribute",
       reading_simple<m::DescribeSnapshotAttributeRequest>(ec2::describe_snapshot_attribute)},
      {"ModifySnapshotAttribute",
       writing_with_keys<m::ModifySnapshotAttributeRequest>(ec2::modify_snapshot_attribute)},
      {"ResetSnapshotAttribute",
       writing_simple<m::ResetSnapshotAttributeRequest>(ec2::reset_snapshot_attribute)},
      {"DeleteSnapshot", writing_simple<m::DeleteSnapshotRequest>(ec2::delete_snapshot)},
      {"CreateTags", writing_simple<m::CreateTagsRequest>(ec2::create_tags)},
      {"DeleteTags", writing_simple<m::DeleteTagsRequest>(ec2::delete_tags)},
      {"DescribeTags", listing<m::DescribeTagsRequest>(
                           "tagSet", &m::DescribeTagsResponse::tag_set,
                           [](Transaction& tx, Call const& call, auto const& request) {
                             return ec2::describe_tags(tx, call.caller, call.region.token_key, request);
                           })},
      {"GetEbsEncryptionByDefault",
       reading_simple<m::GetEbsEncryptionByDefaultRequest>(ec2::get_ebs_encryption_by_default)},
      {"EnableEbsEncryptionByDefault",
       writing_simple<m::EnableEbsEncryptionByDefaultRequest>(ec2::enable_ebs_encryption_by_default)},
      {"DisableEbsEncryptionByDefault",
       writing_simple<m::DisableEbsEncryptionByDefaultRequest>(ec2::disable_ebs_encryption_by_default)},
      {"GetEbsDefaultKmsKeyId",
       reading_simple<m::GetEbsDefaultKmsKeyIdRequest>(ec2::get_ebs_default_kms_key_id)},
      {"ModifyEbsDefaultKmsKeyId",
       writing_with_keys<m::ModifyEbsDefaultKmsKeyIdRequest>(ec2::modify_ebs_default_kms_key_id)},
      {"ResetEbsDefaultKmsKeyId",
       writing_simple<m::ResetEbsDefaultKmsKeyIdRequest>(ec2::reset_ebs_default_kms_key_id)},
      {"CreateKeyPair", create_key_pair},
      {"ImportKeyPair",
       writing<m::ImportKeyPairRequest>([](Transaction& tx, Call const& call, auto const& request) {
         return ec2::import_key_pair(tx, call.caller, call.now, call.service.entropy, request);
       })},
      {"DescribeKeyPairs", describe_key_pairs},
      {"DeleteKeyPair", writing_simple<m::DeleteKeyPairRequest>(ec2::delete_key_pair)},
      {"DescribeInstanceTypes",
       timeless<m::DescribeInstanceTypesRequest>([](Call const& call, auto const& request) {
         return ec2::describe_instance_types(call.caller, call.region.token_key, request);
       })},
      {"DescribeVpcs", timeless<m::DescribeVpcsRequest>([](Call const& call, auto const& request) {
         return ec2::describe_vpcs(call.caller, call.region.name, request);
       })},
      {"DescribeSubnets", timeless<m::DescribeSubnetsRequest>([](Call const& call, auto const& request) {
         return ec2::describe_subnets(call.caller, call.region.name, request);
       })},
      {"DescribeSecurityGroups",
       timeless<m::DescribeSecurityGroupsRequest>([](Call const& call, auto const& request) {
         return ec2::describe_security_groups(call.caller, call.region.name, request);
       })},
      {"RunInstances",
       starting_machines<m::RunInstancesRequest>(
           [](Transaction& tx, Call const& call, ec2::HostRoom const& room, auto const& request) {
             return ec2::run_instances(tx, call.caller, call.now, call.service.entropy, call.region.keys,
                                       room, request);
           })},
      {"DescribeInstances", listing<m::DescribeInstancesRequest>(
                                "reservationSet", &m::DescribeInstancesResponse::reservation_set,
                                [](Transaction& tx, Call const& call, auto const& request) {
                                  return ec2::describe_instances(tx, call.caller, call.region.name,
                                                                 call.region.token_key, request);
                                })},
      {"DescribeInstanceStatus",
       listing<m::DescribeInstanceStatusRequest>(
           "instanceStatusSet", &m::DescribeInstanceStatusResponse::instance_status_set,
           [](Transaction& tx, Call const& call, auto const& request) {
             return ec2::describe_instance_status(tx, call.caller, call.region.name, call.region.token_key,
                                                  request);
           })},
      {"DescribeInstanceAttribute", reading<m::DescribeInstanceAttributeRequest>(
                                        [](Transaction& tx, Call const& call, auto const& request) {
                                          return ec2::describe_instance_attribute(tx, call.caller,
                                                                                  call.region.name, request);
                                        })},
      {"StartInstances",
       starting_machines<m::StartInstancesRequest>(
           [](Transaction& tx, Call const& call, ec2::HostRoom const& room, auto const& request) {
             return ec2::start_instances(tx, call.caller, call.now, room, request);
           })},
      {"StopInstances",
       waking<m::StopInstancesRequest>([](Transaction& tx, Call const& call, auto const& request) {
         return ec2::stop_instances(tx, call.caller, call.now, request);
       })},
      {"RebootInstances",
       waking<m::RebootInstancesRequest>([](Transaction& tx, Call const& call, auto const& request) {
         return ec2::reboot_instances(tx, call.caller, request);
       })},
      {"TerminateInstances",
       waking<m::TerminateInstancesRequest>([](Transaction& tx, Call const& call, auto const& request) {
         return ec2::terminate_instances(tx, call.caller, call.now, request);
       })},
      {"ModifyInstanceAttribute",
       writing_simple<m::ModifyInstanceAttributeRequest>(ec2::modify_instance_attribute)},
      {"GetConsoleOutput", get_console_output},
      {"CreateVolume",
       waking<m::CreateVolumeRequest>([](Transaction& tx, Call const& call, auto const& request) {
         return ec2::create_volume(tx, call.caller, call.now, call.service.entropy, call.region.keys,
                                   request);
       })},
      {"DeleteVolume",
       waking<m::DeleteVolumeRequest>([](Transaction& tx, Call const& call, auto const& request) {
         return ec2::delete_volume(tx, call.caller, request);
       })},
      {"DescribeVolumes",
       listing<m::DescribeVolumesRequest>("volumeSet", &m::DescribeVolumesResponse::volume_set,
                                          [](Transaction& tx, Call const& call, auto const& request) {
                                            return ec2::describe_volumes(tx, call.caller, call.region.name,
                                                                         call.region.token_key, request);
                                          })},
      {"CreateSnapshot", capturing<m::CreateSnapshotRequest>(ec2::create_snapshot)},
      {"CreateSnapshots", capturing<m::CreateSnapshotsRequest>(ec2::create_snapshots)},
      {"CreateImage", capturing<m::CreateImageRequest>(ec2::create_image)},
      {"DescribeRegions", describe_regions},
      {"DescribeAvailabilityZones", describe_availability_zones},
  };
  return table;
}

}  // namespace argosy::api
