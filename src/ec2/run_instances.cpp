// ec2/run_instances.cpp - RunInstances: check, look at image, snapshots and limits, save.
#include "ec2/run_instances.h"

#include <algorithm>
#include <charconv>

#include "catalogue/client_tokens.h"
#include "catalogue/images.h"
#include "catalogue/instances.h"
#include "catalogue/key_pairs.h"
#include "catalogue/snapshots.h"
#include "catalogue/tags.h"
#include "catalogue/volumes.h"
#include "ec2/dry_run.h"
#include "ec2/instance_shapes.h"
#include "ec2/launch_request.h"
#include "ec2/new_volume.h"
#include "instances/errors.h"
#include "machines/driver.h"
#include "wire/form.h"

namespace argosy::ec2 {
namespace {

namespace m = messages::ec2;

constexpr std::int64_t kHopsOfTokensOnlyImage = 2;  // ec2-semantics B19
constexpr std::int64_t kHops = 1;

std::optional<catalogue::ClientToken> token_of(access::Caller const& caller, m::RunInstancesRequest request) {
  if (!request.client_token || request.client_token->empty()) return std::nullopt;
  catalogue::ClientToken out{caller.account, "RunInstances", *request.client_token, {}};
  request.client_token.reset();
  out.parameters = wire::print_form(wire::encode_form(request));
  return out;
}

/// What a call with a client token started. Kept as text: the reservation, a blank and the count.
struct Started {
  std::string reservation;
  std::size_t count = 1;
};
std::string to_text(Started const& started) {
  return started.reservation + " " + std::to_string(started.count);
}
Started started_of(std::string const& text) {
  auto const blank = text.find(' ');
  Started out;
  out.reservation = text.substr(0, blank);
  if (blank != std::string::npos)  // earlier versions did not tell how many
    std::from_chars(text.data() + blank + 1, text.data() + text.size(), out.count);
  return out;
}

/// What the first call with this token started, if there was one.
Result<std::optional<m::RunInstancesResponse>> find_earlier(catalogue::Transaction& tx,
                                                            access::Caller const& caller,
                                                            std::string const& region,
                                                            catalogue::ClientToken const& token) {
  auto const result = TRY(catalogue::find_result(tx, token));
  if (!result) return std::nullopt;
  auto const started = started_of(*result);
  auto out = to_reservation(caller.account, started.reservation);
  auto const found = TRY(catalogue::list_reservation(tx, caller.account, started.reservation));
  for (auto const& instance : found) {
    if (instance.state == instances::InstanceState::terminated)
      return fail(Fault::conflict, "IdempotentInstanceTerminated",
                  "The instance " + instance.id + " of this client token was terminated.");
    out.instances_set.push_back(TRY(to_shape(tx, caller, region, instance)));
  }
  if (found.size() < started.count)
    return fail(Fault::conflict, "IdempotentInstanceTerminated",
                "Instances of this client token were terminated.");
  return out;
}

/// An image that the caller may start now and that these machines can run.
Result<images::Image> find_launchable(catalogue::Transaction& tx, access::Caller const& caller,
                                      LaunchRequest const& launch) {
  auto const id = TRY(images::ImageId::parse(launch.image_id));
  auto any = TRY(catalogue::find_image(tx, id.text()));
  if (any.owner == caller.account && any.state != images::ImageState::available)
    return images::image_unavailable(id.text());
  auto image = TRY(catalogue::find_visible_image(tx, caller.account, id));
  if (image.state != images::ImageState::available) return images::image_unavailable(id.text());
  if (!instances::runs(image.architecture))
    return images::invalid_parameter_value(
        "The architecture '" + std::string("i386,x86_64") +
        "' of the specified instance type does not match the architecture '" + image.architecture +
        "' of the specified AMI.");
  if (image.virtualization_type != "hvm")
    return images::invalid_parameter_combination(
        "Virtualization type 'hvm' is required for instances of type '" + std::string(launch.type.name) +
        "'. Ensure that you are using an AMI with virtualization type 'hvm'.");
  return image;
}

struct Device {
  std::string name;
  bool delete_on_termination = true;
  VolumeWish volume;
};

/// One of the image's, as the caller changes it. Its snapshot may be used by whoever may start the image.
Result<Device> device_of(catalogue::Transaction& tx, images::Mapping const& mapping, DeviceWish const* wish) {
  Device out;
  out.name = mapping.device_name;
  out.delete_on_termination = mapping.delete_on_termination;
  out.volume.size_gib = mapping.volume_size_gib;
  out.volume.type = mapping.volume_type;
  out.volume.iops = mapping.iops;
  out.volume.throughput = mapping.throughput;
  if (!mapping.snapshot_id.empty())
    out.volume.snapshot = TRY(catalogue::find_snapshot(tx, mapping.snapshot_id));
  if (wish == nullptr) return out;
  if (wish->snapshot_id && *wish->snapshot_id != mapping.snapshot_id)
    return images::invalid_mapping("snapshotId cannot be modified on the device " + mapping.device_name +
                                   " of the image");
  if (wish->size_gib) out.volume.size_gib = *wish->size_gib;
  if (wish->type) {
    out.volume.type = *wish->type;
    out.volume.iops = wish->iops;
    out.volume.throughput = wish->throughput;
  }
  if (wish->iops) out.volume.iops = wish->iops;
  if (wish->throughput) out.volume.throughput = wish->throughput;
  out.delete_on_termination = wish->delete_on_termination.value_or(out.delete_on_termination);
  out.volume.encryption = wish->encryption;
  return out;
}

/// One that only the caller names.
Result<Device> device_of(catalogue::Transaction& tx, access::Caller const& caller, DeviceWish const& wish) {
  Device out;
  out.name = wish.device_name;
  out.delete_on_termination = wish.delete_on_termination.value_or(false);
  out.volume.size_gib = wish.size_gib.value_or(0);
  out.volume.type = wish.type.value_or("gp2");
  out.volume.iops = wish.iops;
  out.volume.throughput = wish.throughput;
  out.volume.encryption = wish.encryption;
  if (wish.snapshot_id) {
    auto const id = TRY(images::SnapshotId::parse(*wish.snapshot_id));
    out.volume.snapshot = TRY(catalogue::find_usable_snapshot(tx, caller.account, id));
    if (out.volume.snapshot->state != images::SnapshotState::completed)
      return images::incorrect_state("The snapshot " + id.text() + " is not completed");
  } else if (!wish.size_gib) {
    return images::missing_parameter("size or snapshotId");
  }
  return out;
}

Result<std::vector<Device>> devices_of(catalogue::Transaction& tx, access::Caller const& caller,
                                       images::Image const& image, std::vector<DeviceWish> const& wishes) {
  std::vector<Device> out;
  for (auto const& mapping : image.mappings) {
    if (mapping.virtual_name) continue;
    auto const wish = std::ranges::find(wishes, mapping.device_name, &DeviceWish::device_name);
    if (wish != wishes.end() && wish->left_out) {
      if (mapping.device_name == image.root_device_name)
        return images::invalid_mapping("The root device '" + mapping.device_name + "' cannot be left out");
      continue;
    }
    out.push_back(TRY(device_of(tx, mapping, wish == wishes.end() ? nullptr : &*wish)));
  }
  for (auto const& wish : wishes) {
    bool const changed = std::ranges::any_of(image.mappings, [&](images::Mapping const& mapping) {
      return !mapping.virtual_name && mapping.device_name == wish.device_name;
    });
    if (!wish.left_out && !changed) out.push_back(TRY(device_of(tx, caller, wish)));
  }
  if (out.size() > machines::kMaxDisks)
    return fail(Fault::limit, "AttachmentLimitExceeded",
                "An instance can have at most " + std::to_string(machines::kMaxDisks) + " volumes.");
  for (auto const& device : out)
    TRY(check_performance(device.volume.type, device.volume.iops, device.volume.throughput));
  return out;
}

/// The public key of the pair that the caller names; empty: none.
Result<std::string> find_public_key(catalogue::Transaction& tx, access::Caller const& caller,
                                    std::string const& name) {
  if (name.empty()) return std::string();
  auto found = TRY(catalogue::find_key_pair(tx, caller.account, name));
  if (!found) return instances::key_pair_not_found({name});
  return std::move(found->public_key);
}

instances::Instance new_instance(access::Caller const& caller, Time now, Entropy& entropy,
                                 images::Image const& image, LaunchRequest const& launch) {
  instances::Instance out;
  out.id = make_resource_id(entropy, "i-");
  out.account = caller.account;
  out.image_id = image.id;
  out.instance_type = launch.type.name;
  out.created = out.launched = out.changed = now;
  out.key_name = launch.key_name;
  out.user_data = launch.user_data;
  out.client_token = launch.client_token;
  bool const tokens_only = image.imds_support.has_value();
  out.metadata.enabled = launch.metadata_enabled;
  out.metadata.tokens_required = launch.tokens_required.value_or(tokens_only);
  out.metadata.hop_limit = launch.hop_limit.value_or(tokens_only ? kHopsOfTokensOnlyImage : kHops);
  out.metadata.tags = launch.metadata_tags;
  out.termination_protected = launch.termination_protected;
  out.stop_protected = launch.stop_protected;
  out.terminates_on_shutdown = launch.terminates_on_shutdown;
  out.architecture = image.architecture;
  out.virtualization_type = image.virtualization_type;
  out.root_device_name = image.root_device_name;
  bool const by_uefi = image.boot_mode && image.boot_mode->starts_with("uefi");  // preferred: every type can
  out.boot_mode = by_uefi ? "uefi" : "legacy-bios";
  out.ena_support = image.ena_support;
  out.platform = image.platform;
  std::array<std::byte, 16> random{};
  entropy.fill(random);
  out.mac_address = instances::mac_address_of(get_le<std::uint64_t>(random.data()));
  out.address = instances::address_of(get_le<std::uint32_t>(random.data() + 8));
  return out;
}

Result<void> save_volumes(catalogue::Transaction& tx, access::Caller const& caller,
                          keystore::EbsKeys const& keys, Entropy& entropy, Time now,
                          instances::Instance const& instance, std::vector<Device> const& devices,
                          std::vector<images::Tag> const& tags) {
  for (auto const& device : devices) {
    auto volume = TRY(new_volume(tx, caller, keys, entropy, now, device.volume));
    volume.instance_id = instance.id;
    volume.device_name = device.name;
    volume.delete_on_termination = device.delete_on_termination;
    volume.attached = now;
    TRY(catalogue::insert_volume(tx, volume));
    TRY(catalogue::save_tags(tx, caller.account, volume.id, tags));
  }
  return {};
}

}  // namespace

Result<m::RunInstancesResponse> run_instances(catalogue::Transaction& tx, access::Caller const& caller,
                                              Time now, Entropy& entropy, keystore::EbsKeys const& keys,
                                              HostRoom const& room, m::RunInstancesRequest const& request) {
  auto const& region = keys.region();
  auto const launch = TRY(check_run_instances(caller.account, region, request));
  TRY(stop_if_dry_run(request.dry_run));
  auto const token = token_of(caller, request);
  if (token) {
    auto earlier = TRY(find_earlier(tx, caller, region, *token));
    if (earlier) return *std::move(earlier);
  }
  auto const image = TRY(find_launchable(tx, caller, launch));
  auto const public_key = TRY(find_public_key(tx, caller, launch.key_name));
  auto const devices = TRY(devices_of(tx, caller, image, launch.devices));
  instances::Capacity const each{1, launch.type.vcpus, launch.type.memory_mib};
  auto const disks = static_cast<std::int64_t>(devices.size());
  auto const count = TRY(count_allowed(tx, caller, room, {launch.type, disks, launch.least, launch.most}));
  TRY(check_volume_limit(tx, caller, count * disks));
  auto out = to_reservation(caller.account, make_resource_id(entropy, "r-"));
  for (std::int64_t i = 0; i < count; ++i) {
    auto instance = new_instance(caller, now, entropy, image, launch);
    instance.reservation_id = *out.reservation_id;
    instance.launch_index = i;
    instance.public_key = public_key;
    TRY(catalogue::insert_instance(tx, instance, each));
    TRY(catalogue::save_tags(tx, caller.account, instance.id, launch.instance_tags));
    TRY(save_volumes(tx, caller, keys, entropy, now, instance, devices, launch.volume_tags));
    out.instances_set.push_back(TRY(to_shape(tx, caller, region, instance)));
  }
  Started const started{*out.reservation_id, out.instances_set.size()};
  if (token) TRY(catalogue::save_result(tx, *token, to_text(started), now));
  return out;
}

}  // namespace argosy::ec2
