// ec2/capture_volumes.cpp - see capture_volumes.h.
#include "ec2/capture_volumes.h"

#include <algorithm>

#include "catalogue/images.h"
#include "catalogue/instances.h"
#include "catalogue/snapshots.h"
#include "catalogue/tags.h"
#include "catalogue/volumes.h"
#include "ec2/dry_run.h"
#include "ec2/image_mapping.h"
#include "ec2/limits.h"
#include "ec2/new_volume.h"
#include "ec2/shapes.h"
#include "instances/errors.h"
#include "launcher/volume_keys.h"
#include "sql/in_transaction.h"

namespace argosy::ec2 {
namespace {

namespace m = messages::ec2;
using instances::Instance;
using instances::InstanceState;
using instances::Volume;

/// A key that the caller may not use now, said as EC2 says it of a volume.
Error to_ec2_error(Error error) {
  if (!keystore::is_about_keys(error)) return error;
  return {Fault::invalid, "InvalidParameterValue", "The volume's KMS key cannot be used: " + error.message};
}

template <class Value>
Result<Value> with_key_errors(Result<Value> result) {
  if (!result) return std::unexpected(to_ec2_error(std::move(result).error()));
  return result;
}

using Frozen = std::vector<std::unique_ptr<machines::FrozenDisk>>;

std::unexpected<Error> being_read() {
  return fail(Fault::limit, "SnapshotCreationPerVolumeRateExceeded",
              "A snapshot of a volume is being taken already. Wait until it is completed.");
}

/// Fails with SnapshotCreationPerVolumeRateExceeded while one of them is being read.
Result<Frozen> freeze(launcher::Launcher& launcher, std::string const& instance,
                      std::vector<Volume> const& volumes) {
  auto frozen = launcher.freeze(instance, volumes);
  if (frozen) return frozen;
  if (frozen.error().fault == Fault::conflict && frozen.error().code.empty()) return being_read();
  return std::unexpected(to_ec2_error(std::move(frozen).error()));
}

Result<void> check_readable(Volume const& volume) {
  if (volume.state == instances::VolumeState::available || volume.state == instances::VolumeState::in_use)
    return {};
  return images::incorrect_state("The volume " + volume.id + " is " +
                                 std::string(instances::to_text(volume.state)));
}

/// An instance whose volumes can be read now.
Result<void> check_readable(Instance const& instance) {
  if (instance.state == InstanceState::running || instance.state == InstanceState::stopped) return {};
  return images::incorrect_state("The instance " + instance.id + " is " +
                                 std::string(instances::to_text(instance.state)) +
                                 "; it must be running or stopped");
}

Result<void> check_place(std::optional<std::string> const& outpost,
                         std::optional<std::string> const& location) {
  if (outpost) return images::unsupported("Outposts are not supported.");
  if (location && *location != "regional") return images::unsupported("Local snapshots are not supported.");
  return {};
}

/// What new snapshots are tagged with.
struct TagWish {
  std::vector<images::Tag> given;
  bool of_volume = false;  ///< the volume's own, too; what is given goes before
};

struct Recorded {
  std::vector<images::Snapshot> snapshots;     ///< in the order of the volumes
  std::vector<std::vector<images::Tag>> tags;  ///< of each snapshot
  std::vector<launcher::Capture> captures;     ///< still without their frozen disks
};

Result<std::vector<images::Tag>> tags_of(catalogue::Transaction& tx, access::Caller const& caller,
                                         Volume const& volume, TagWish const& wish) {
  auto out = wish.given;
  if (!wish.of_volume) return out;
  auto const more = TRY(catalogue::list_tags(tx, caller.account, volume.id));
  for (auto const& tag : more)
    if (std::ranges::find(wish.given, tag.key, &images::Tag::key) == wish.given.end()) out.push_back(tag);
  return out;
}

/// A volume may have been deleted since it was frozen.
Result<void> check_still_there(catalogue::Transaction& tx, access::Caller const& caller,
                               std::string const& id) {
  auto const volume = TRY(catalogue::find_owned_volume(tx, caller.account, id));
  return volume.state == instances::VolumeState::deleting ? check_readable(volume) : Result<void>{};
}

/// A pending snapshot of each volume.
Result<Recorded> record(catalogue::Transaction& tx, CaptureRegion const& region, access::Caller const& caller,
                        Time now, std::vector<Volume> const& volumes, std::string const& description,
                        TagWish const& wish) {
  Recorded out;
  for (auto const& volume : volumes) {
    TRY(check_still_there(tx, caller, volume.id));
    auto const opened = TRY(with_key_errors(launcher::open_volume(tx, region.keys, volume)));
    auto snapshot = TRY(with_key_errors(ebs::begin_capture(
        tx, caller, now, region.entropy, region.keys, region.master_keys, volume, opened.root, description)));
    auto tags = TRY(tags_of(tx, caller, volume, wish));
    TRY(catalogue::save_tags(tx, caller.account, snapshot.id, tags));
    out.tags.push_back(std::move(tags));
    auto const builds = TRY(ebs::builds_on_base(tx, region.keys, volume));
    out.captures.push_back({snapshot.id, volume, opened.root, nullptr, builds});
    out.snapshots.push_back(std::move(snapshot));
  }
  return out;
}

/// What a machine took along that ended since it was frozen is given up now: at its end nobody knew of it.
void hand_over(CaptureRegion const& region, std::string const& instance, Recorded& recorded, Frozen frozen) {
  for (std::size_t i = 0; i < frozen.size(); ++i) recorded.captures[i].frozen = std::move(frozen[i]);
  region.captures.add(std::move(recorded.captures));
  auto const runs = region.launcher.runs(instance);
  if (runs && !*runs) region.captures.machine_ended(instance);
}

/// What cannot be taken after all will not stay pending.
void give_up(launcher::Captures& captures, std::vector<images::Snapshot> const& snapshots, Error const& why) {
  for (auto const& snapshot : snapshots) captures.give_up(snapshot.id, why);
}

/// Frozen first, so that the content is that of this call; recorded then.
Result<Recorded> capture_now(CaptureRegion const& region, access::Caller const& caller, Time now,
                             std::string const& instance, std::vector<Volume> const& volumes,
                             std::string const& description, TagWish const& tags) {
  auto frozen = TRY(freeze(region.launcher, instance, volumes));
  auto recorded =
      TRY(sql::in_transaction(region.catalogue, sql::Access::write, [&](catalogue::Transaction& tx) {
        return record(tx, region, caller, now, volumes, description, tags);
      }));
  hand_over(region, instance, recorded, std::move(frozen));
  return recorded;
}

m::Snapshot to_shape(images::Snapshot const& snapshot, std::vector<images::Tag> const& tags) {
  m::Snapshot out;
  out.snapshot_id = snapshot.id;
  out.volume_id = snapshot.volume_id;
  out.status = std::string(images::to_text(snapshot.state));
  out.start_time = snapshot.start_time;
  out.progress = "";
  out.owner_id = snapshot.owner;
  out.description = snapshot.description;
  out.volume_size = static_cast<std::int32_t>(snapshot.volume_size_gib);
  out.encrypted = snapshot.encrypted;
  if (snapshot.encrypted) out.kms_key_id = snapshot.kms_key;
  out.tag_set = ec2::to_shape(tags);
  return out;
}

m::SnapshotInfo to_info(images::Snapshot const& snapshot, std::vector<images::Tag> const& tags) {
  m::SnapshotInfo out;
  out.description = snapshot.description;
  out.tag_set = ec2::to_shape(tags);
  out.encrypted = snapshot.encrypted;
  out.volume_id = snapshot.volume_id;
  out.state = std::string(images::to_text(snapshot.state));
  out.volume_size = static_cast<std::int32_t>(snapshot.volume_size_gib);
  out.start_time = snapshot.start_time;
  out.progress = "";
  out.owner_id = snapshot.owner;
  out.snapshot_id = snapshot.id;
  return out;
}

/// An instance and its volumes as they are now.
struct Machine {
  Instance instance;
  std::vector<Volume> volumes;
  std::vector<images::Mapping> added;  ///< disks that an image of it has beside them
};
Result<Machine> find_machine(CaptureRegion const& region, access::Caller const& caller,
                             std::string const& id) {
  return sql::in_transaction(
      region.catalogue, sql::Access::read, [&](catalogue::Transaction& tx) -> Result<Machine> {
        Machine out;
        out.instance = TRY(catalogue::find_owned_instance(tx, caller.account, id));
        TRY(check_readable(out.instance));
        out.volumes = TRY(catalogue::list_attached_volumes(tx, id, out.instance.root_device_name));
        return out;
      });
}

/// Leaves out what CreateSnapshots is to leave out. Source: API_InstanceSpecification.
Result<void> leave_out(m::InstanceSpecification const& wanted, Machine& machine) {
  auto const& root = machine.instance.root_device_name;
  for (auto const& id : wanted.exclude_data_volume_id) {
    auto const found = std::ranges::find(machine.volumes, id, &Volume::id);
    if (found == machine.volumes.end()) return instances::volume_not_found(id);
    if (found->device_name == root)
      return images::invalid_parameter_value("The volume " + id +
                                             " is the root volume, which ExcludeBootVolume leaves out");
  }
  std::erase_if(machine.volumes, [&](Volume const& volume) {
    if (volume.device_name == root) return wanted.exclude_boot_volume.value_or(false);
    auto const& named = wanted.exclude_data_volume_id;
    return std::ranges::find(named, volume.id) != named.end();
  });
  return {};
}

/// Leaves out what the caller leaves out and adds what he adds; what he changes of a volume must be allowed.
/// For what check_mappings lets pass.
Result<void> apply_mappings(std::vector<m::BlockDeviceMapping> const& given, Machine& machine) {
  auto const& root = machine.instance.root_device_name;
  auto& volumes = machine.volumes;
  for (auto const& item : given) {
    auto const found = std::ranges::find(volumes, *item.device_name, &Volume::device_name);
    if (item.no_device) {
      if (*item.device_name == root)
        return images::invalid_mapping("The root device '" + root + "' cannot be left out");
      if (found != volumes.end()) volumes.erase(found);
      continue;
    }
    if (found == volumes.end()) {
      machine.added.push_back(TRY(to_mapping(item)));
      continue;
    }
    if (!item.ebs) return images::invalid_mapping("The device " + *item.device_name + " has no Ebs");
    if (item.ebs->encrypted || item.ebs->kms_key_id || item.ebs->snapshot_id)
      return images::invalid_mapping("Encryption and snapshot of the device " + *item.device_name +
                                     " cannot be changed by CreateImage");
    if (item.ebs->volume_size && *item.ebs->volume_size != found->size_gib)
      return images::invalid_mapping("The size of the device " + *item.device_name +
                                     " cannot be changed by CreateImage");
    found->delete_on_termination = item.ebs->delete_on_termination.value_or(found->delete_on_termination);
    if (item.ebs->volume_type) {
      found->type = *item.ebs->volume_type;
      found->iops.reset();
      found->throughput.reset();
    }
    if (item.ebs->iops) found->iops = item.ebs->iops;
    if (item.ebs->throughput) found->throughput = item.ebs->throughput;
    TRY(check_performance(found->type, found->iops, found->throughput));
  }
  return images::check_mapping_count(volumes.size() + machine.added.size());
}

/// A sibling of the image that the instance was started from.
Result<images::Image> new_image(catalogue::Transaction& tx, access::Caller const& caller, Time now,
                                Entropy& entropy, Machine const& machine,
                                m::CreateImageRequest const& request,
                                std::vector<images::Snapshot> const& snapshots) {
  auto const& instance = machine.instance;
  images::Image out;
  out.id = make_resource_id(entropy, "ami-");
  out.owner = caller.account;
  out.name = request.name;
  out.description = request.description.value_or("");
  out.state = images::ImageState::pending;
  out.created = now;
  out.architecture = instance.architecture;
  out.virtualization_type = instance.virtualization_type;
  out.root_device_name = instance.root_device_name;
  out.ena_support = instance.ena_support;
  out.platform = instance.platform;
  out.source_image_id = instance.image_id;
  out.source_instance_id = instance.id;
  if (auto const source = catalogue::find_image(tx, instance.image_id)) {
    out.boot_mode = source->boot_mode;
    out.tpm_support = source->tpm_support;
    out.imds_support = source->imds_support;
    out.sriov_net_support = source->sriov_net_support;
  }
  for (std::size_t i = 0; i < machine.volumes.size(); ++i) {
    auto const& volume = machine.volumes[i];
    images::Mapping mapping;
    mapping.device_name = volume.device_name;
    mapping.snapshot_id = snapshots[i].id;
    mapping.volume_size_gib = volume.size_gib;
    mapping.volume_type = volume.type;
    mapping.iops = volume.iops;
    mapping.throughput = volume.throughput;
    mapping.delete_on_termination = volume.delete_on_termination;
    mapping.encrypted = volume.encrypted;
    out.mappings.push_back(std::move(mapping));
  }
  for (auto mapping : machine.added) {
    TRY(look_at_snapshot(tx, caller, mapping));
    out.mappings.push_back(std::move(mapping));
  }
  return out;
}

}  // namespace

Result<m::Snapshot> create_snapshot(CaptureRegion const& region, access::Caller const& caller, Time now,
                                    m::CreateSnapshotRequest const& request) {
  TRY(instances::check_volume_id(request.volume_id));
  TRY(images::check_description(request.description.value_or("")));
  TRY(check_place(request.outpost_arn, request.location));
  auto const tags = TRY(tags_for(request.tag_specification, "snapshot", {"snapshot"}));
  TRY(stop_if_dry_run(request.dry_run));
  auto const volume =
      TRY(sql::in_transaction(region.catalogue, sql::Access::read, [&](catalogue::Transaction& tx) {
        return catalogue::find_owned_volume(tx, caller.account, request.volume_id);
      }));
  TRY(check_readable(volume));
  auto const made = TRY(capture_now(region, caller, now, volume.instance_id, {volume},
                                    request.description.value_or(""), {tags}));
  return to_shape(made.snapshots.front(), tags);
}

Result<m::CreateSnapshotsResponse> create_snapshots(CaptureRegion const& region, access::Caller const& caller,
                                                    Time now, m::CreateSnapshotsRequest const& request) {
  auto const& wanted = request.instance_specification;
  TRY(instances::check_instance_id(wanted.instance_id));
  for (auto const& id : wanted.exclude_data_volume_id) TRY(instances::check_volume_id(id));
  TRY(images::check_description(request.description.value_or("")));
  TRY(check_place(request.outpost_arn, request.location));
  if (request.copy_tags_from_source && *request.copy_tags_from_source != "volume")
    return images::invalid_parameter_value("Value (" + *request.copy_tags_from_source +
                                           ") for parameter CopyTagsFromSource is invalid.");
  auto const tags = TRY(tags_for(request.tag_specification, "snapshot", {"snapshot"}));
  TRY(stop_if_dry_run(request.dry_run));
  auto machine = TRY(find_machine(region, caller, wanted.instance_id));
  TRY(leave_out(wanted, machine));
  if (machine.volumes.empty())
    return images::invalid_parameter_value("No volume of the instance is left to take a snapshot of");
  auto const made =
      TRY(capture_now(region, caller, now, machine.instance.id, machine.volumes,
                      request.description.value_or(""), {tags, request.copy_tags_from_source.has_value()}));
  m::CreateSnapshotsResponse out;
  for (std::size_t i = 0; i < made.snapshots.size(); ++i)
    out.snapshot_set.push_back(to_info(made.snapshots[i], made.tags[i]));
  return out;
}

Result<m::CreateImageResponse> create_image(CaptureRegion const& region, access::Caller const& caller,
                                            Time now, m::CreateImageRequest const& request) {
  TRY(instances::check_instance_id(request.instance_id));
  TRY(images::check_name(request.name));
  TRY(images::check_description(request.description.value_or("")));
  TRY(check_place(std::nullopt, request.snapshot_location));
  TRY(images::check_mapping_count(request.block_device_mapping.size()));
  auto const image_tags = TRY(tags_for(request.tag_specification, "image", {"image", "snapshot"}));
  auto const snapshot_tags = TRY(tags_for(request.tag_specification, "snapshot", {"image", "snapshot"}));
  TRY(check_mappings(request.block_device_mapping));
  TRY(stop_if_dry_run(request.dry_run));
  auto machine = TRY(find_machine(region, caller, request.instance_id));
  auto const& instance = machine.instance;
  auto const& volumes = machine.volumes;
  TRY(apply_mappings(request.block_device_mapping, machine));
  bool const reboots = instance.state == InstanceState::running && !request.no_reboot.value_or(false);
  Frozen frozen;
  if (!reboots) frozen = TRY(freeze(region.launcher, instance.id, volumes));
  std::string image_id;
  auto recorded = TRY(sql::in_transaction(
      region.catalogue, sql::Access::write, [&](catalogue::Transaction& tx) -> Result<Recorded> {
        TRY(catalogue::check_name_free(tx, caller.account, request.name));
        TRY(check_image_limit(tx, caller));
        bool const is_read = TRY(catalogue::is_captured(tx, instance.id));
        if (reboots && is_read) return being_read();  // which the reboot would break off
        auto made = TRY(record(tx, region, caller, now, volumes, "", {snapshot_tags}));
        auto const image = TRY(new_image(tx, caller, now, region.entropy, machine, request, made.snapshots));
        for (auto& snapshot : made.snapshots) {
          snapshot.description = "Created by CreateImage(" + instance.id + ") for " + image.id;
          TRY(catalogue::save_description(tx, snapshot.id, snapshot.description));
        }
        TRY(catalogue::insert_image(tx, image));
        TRY(catalogue::save_tags(tx, caller.account, image.id, image_tags));
        image_id = image.id;
        return made;
      }));
  if (!reboots) {
    hand_over(region, instance.id, recorded, std::move(frozen));
    return m::CreateImageResponse{image_id};
  }
  auto const shared = std::make_shared<Recorded>(std::move(recorded));  // shared: std::function is copied
  auto const waits = region.launcher.reboot_and(
      instance.id, [region, shared, id = instance.id, volumes](Result<void> const& rebooted) {
        auto disks = rebooted ? region.launcher.freeze(id, volumes)
                              : Result<Frozen>(std::unexpected(rebooted.error()));
        if (!disks) return give_up(region.captures, shared->snapshots, disks.error());
        hand_over(region, id, *shared, *std::move(disks));
      });
  if (!waits) give_up(region.captures, shared->snapshots, waits.error());
  return m::CreateImageResponse{image_id};
}

}  // namespace argosy::ec2
