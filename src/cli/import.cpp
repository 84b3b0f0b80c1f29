// cli/import.cpp - argosy import: disks become snapshots, and the snapshots an image.
#include <algorithm>
#include <filesystem>

#include "cli/ec2.h"
#include "cli/encryption.h"
#include "cli/file.h"
#include "cli/format.h"
#include "cli/identity.h"
#include "cli/key_reference.h"
#include "cli/pending_upload.h"
#include "cli/program.h"
#include "cli/upload.h"

namespace argosy::cli {
namespace {

/// The device names that EC2 recommends for data volumes begin here.
constexpr char kFirstDataDevice = 'f';
constexpr std::size_t kMostDataDisks = 11;  ///< /dev/sdf to /dev/sdp
constexpr int kAttemptsAtSts = 3;
constexpr std::chrono::seconds kConnectToSts{3};

struct ImportOptions {
  std::string disk;
  std::vector<std::string> data_disks;
  std::string format;
  std::string name;
  std::string description;
  std::string architecture = "x86_64";
  std::string boot_mode;
  std::string root_device_name = "/dev/sda1";
  std::vector<std::string> tags;
  std::uint64_t volume_size_gib = 0;
  std::size_t jobs = 8;
  bool with_other_files = false;
  bool ena = true;
  bool snapshot_only = false;
  bool encrypt = false;
  std::string key;
};

/// Found out before gigabytes are uploaded.
Outcome<std::optional<ec2::Image>> find_image_named(Session& session, std::string const& name) {
  auto taken = TRY(describe_own_images(session, {filter("name", {name})}));
  if (taken.empty()) return std::nullopt;
  return std::move(taken.front());
}

Outcome<std::uint64_t> volume_size(Disk const& disk, std::string const& path, std::uint64_t asked_gib) {
  auto needed_gib = std::max<std::uint64_t>(1, (disk.size_bytes() + kGiB - 1) / kGiB);
  if (disk.size_bytes() == 0) return stop(Exit::refused, path + " is empty");
  if (asked_gib != 0 && asked_gib < needed_gib)
    return stop(Exit::refused, path + " needs a volume of " + std::to_string(needed_gib) + " GiB");
  return std::max(asked_gib, needed_gib);
}

/// One disk and what becomes of it.
struct Source {
  std::string label;  ///< the file's name
  std::unique_ptr<Disk> disk;
  std::uint64_t volume_size_gib = 0;
  std::unique_ptr<PendingUpload> pending;
  Uploaded uploaded;
};

/// What the service calls the account; where it does not say, the access key. An import without STS must not
/// wait long for it, but one without an answer would not find what was uploaded before.
std::string find_account(Session& session, Settings settings) {
  settings.max_attempts = std::min(settings.max_attempts, kAttemptsAtSts);
  settings.connect_timeout = std::min<std::chrono::milliseconds>(settings.connect_timeout, kConnectToSts);
  auto asking = Session::open(settings, session.region());
  auto identity = asking ? get_caller_identity(**asking) : std::unexpected(asking.error());
  return identity ? identity->account : settings.credentials->access_key_id;
}

/// Opens every disk, so that a mistake in the last one is found before the first is uploaded, and takes up
/// what an earlier run left of each.
Outcome<std::vector<Source>> open_sources(ImportOptions const& options, std::vector<TagArgument> const& tags,
                                          std::optional<Encryption> const& encryption,
                                          Settings const& settings, Session& session) {
  std::vector<std::string> paths{options.disk};
  paths.insert(paths.end(), options.data_disks.begin(), options.data_disks.end());
  auto account = find_account(session, settings);
  auto const others = options.with_other_files ? OtherFiles::read : OtherFiles::refused;
  std::vector<Source> sources;
  for (auto const& path : paths) {
    auto& source = sources.emplace_back();
    source.label = std::filesystem::path(path).filename().string();
    source.disk = TRY(open_disk(path, options.format, options.jobs, others));
    source.volume_size_gib =
        TRY(volume_size(*source.disk, path, sources.size() == 1 ? options.volume_size_gib : 0));
    source.pending = TRY(
        PendingUpload::open(settings.state_directory,
                            {session.ebs_endpoint(), account, session.region(), absolute_path(path),
                             sources.size(), source.volume_size_gib, options.description, tags, encryption}));
  }
  return sources;
}

/// The disk becomes a completed snapshot.
Outcome<void> import_disk(Session& session, Source& source, UploadOptions options, Terminal& terminal) {
  auto began = std::chrono::steady_clock::now();
  options.volume_size_gib = source.volume_size_gib;
  if (!source.pending->is_kept())
    terminal.note(source.label +
                  "  cannot be gone on with if it is interrupted: its state cannot be written");
  source.uploaded = TRY(upload(session, *source.disk, options, *source.pending, terminal, source.label));
  auto const& done = source.uploaded;
  auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  terminal.note(source.label + "  " + done.snapshot_id +
                "  completed: " + show_bytes(done.blocks_sent * kBlockBytes) + " uploaded of " +
                show_bytes(source.disk->size_bytes()) + " in " + show_duration(took));
  return {};
}

ec2::BlockDeviceMapping map_device(std::string device, std::string const& snapshot_id) {
  ec2::BlockDeviceMapping mapping;
  mapping.device_name = std::move(device);
  auto& volume = mapping.ebs.emplace();
  volume.snapshot_id = snapshot_id;
  volume.volume_type = "gp3";
  volume.delete_on_termination = true;
  return mapping;
}

ec2::RegisterImageRequest register_request(ImportOptions const& options, std::string const& name,
                                           std::vector<std::string> const& snapshots,
                                           std::vector<TagArgument> const& tags) {
  ec2::RegisterImageRequest request;
  request.name = name;
  if (!options.description.empty()) request.description = options.description;
  request.architecture = options.architecture;
  if (!options.boot_mode.empty()) request.boot_mode = options.boot_mode;
  request.virtualization_type = "hvm";
  request.ena_support = options.ena;
  request.root_device_name = options.root_device_name;
  request.block_device_mapping.push_back(map_device(options.root_device_name, snapshots.front()));
  for (std::size_t i = 1; i < snapshots.size(); ++i) {
    auto letter = static_cast<char>(kFirstDataDevice + static_cast<char>(i - 1));
    request.block_device_mapping.push_back(map_device(std::string("/dev/sd") + letter, snapshots[i]));
  }
  if (!tags.empty()) request.tag_specification.push_back({"image", to_tags(tags)});
  return request;
}

/// `image_id`: empty with --snapshot-only.
void report(Terminal& terminal, std::string const& region, std::string const& image_id,
            std::vector<Source> const& sources) {
  if (terminal.format() == Format::table) {
    terminal.print((image_id.empty() ? sources.front().uploaded.snapshot_id : image_id) + "\n");
    return;
  }
  boost::json::array snapshots;
  std::uint64_t blocks = 0;
  std::uint64_t blocks_sent = 0;
  for (auto const& source : sources) {
    snapshots.emplace_back(source.uploaded.snapshot_id);
    blocks += source.uploaded.blocks;
    blocks_sent += source.uploaded.blocks_sent;
  }
  terminal.print(boost::json::object{
      {"region", region},
      {"image_id", image_id.empty() ? boost::json::value(nullptr) : boost::json::value(image_id)},
      {"snapshot_ids", std::move(snapshots)},
      {"bytes_total", blocks * kBlockBytes},
      {"bytes_sent", blocks_sent * kBlockBytes}});
}

/// Whether an earlier run had come as far as this image when it was stopped.
bool was_registered(ec2::Image const& image, std::vector<Source> const& sources) {
  std::vector<std::string> ids;
  for (auto const& source : sources) ids.push_back(source.pending->snapshot_id());
  return !ids.front().empty() && snapshot_ids(image) == ids;
}

/// Uploads and registers; the image's id, empty with --snapshot-only.
Outcome<std::string> import_disks(Session& session, ImportOptions const& options, std::string const& name,
                                  UploadOptions const& how, std::vector<Source>& sources,
                                  Terminal& terminal) {
  std::vector<std::string> snapshots;
  for (auto& source : sources) {
    TRY(import_disk(session, source, how, terminal));
    snapshots.push_back(source.uploaded.snapshot_id);
  }
  if (options.snapshot_only) return std::string();
  auto registered = register_image(session, register_request(options, name, snapshots, how.tags));
  if (registered || registered.error().code != "InvalidAMIName.Duplicate") return registered;
  auto taken = TRY(find_image_named(session, name));  // by an attempt before it, whose answer was lost?
  if (taken && was_registered(*taken, sources)) return taken->image_id.value_or("");
  return registered;
}

/// The image that has the name already, if an earlier run made it of these very disks. Fails with `refused`
/// otherwise. What a disk's name and time do not tell, its content does.
Outcome<std::string> find_registered(Session& session, ec2::Image const& taken, std::string const& name,
                                     UploadOptions const& how, std::vector<Source>& sources,
                                     Terminal& terminal) {
  auto const image_id = taken.image_id.value_or("?");
  auto const refuse = [&](std::string const& reason) {
    return stop(Exit::refused, "the name \"" + name + "\" is already that of " + session.region() + "/" +
                                   image_id + reason + ": choose another with --name");
  };
  if (!was_registered(taken, sources)) return refuse("");
  for (auto& source : sources) {
    bool const unchanged =
        TRY(is_unchanged(session, *source.disk, how, *source.pending, terminal, source.label));
    if (!unchanged) return refuse(", made of what " + source.label + " was then");
  }
  for (auto& source : sources)
    source.uploaded = {source.pending->snapshot_id(), source.pending->completion()->blocks, 0};
  return image_id;
}

/// Under which key the disks come, checked before the first is uploaded; nothing: as the account's settings
/// say.
Outcome<std::optional<Encryption>> find_encryption(ImportOptions const& options, Session& session,
                                                   Terminal& terminal) {
  if (!options.key.empty() && !options.encrypt) return stop(Exit::usage, "--kms-key needs --encrypt");
  if (!options.encrypt) return std::nullopt;
  if (options.key.empty()) return Encryption{};
  auto choice = TRY(parse_key_choice(session.region() + "=" + options.key));
  auto check = TRY(check_key(session, choice.key, Audience{}));
  auto key_arn = check.key_arn;
  TRY(stop_at_obstacles({{session.region(), std::move(check)}}, terminal));
  return Encryption{key_arn};
}

Outcome<Exit> run(ImportOptions const& options, Settings const& settings, Terminal& terminal) {
  std::vector<TagArgument> tags;
  for (auto const& text : options.tags) tags.push_back(TRY(parse_tag(text)));
  if (options.snapshot_only && !options.data_disks.empty())
    return stop(Exit::usage, "--snapshot-only takes one disk, without --disk");
  if (options.data_disks.size() > kMostDataDisks) return stop(Exit::usage, "at most 11 times --disk");
  auto session = TRY(Session::open(settings, TRY(settings.region())));
  auto name = options.name.empty() ? image_name_of(options.disk) : options.name;
  TRY(check_image_name(name));
  std::optional<ec2::Image> taken;
  if (!options.snapshot_only) taken = TRY(find_image_named(*session, name));
  auto encryption = TRY(find_encryption(options, *session, terminal));
  auto sources = TRY(open_sources(options, tags, encryption, settings, *session));
  UploadOptions const how{options.description, tags, 0, options.jobs, settings.patience, encryption};
  auto image_id = taken ? find_registered(*session, *taken, name, how, sources, terminal)
                        : import_disks(*session, options, name, how, sources, terminal);
  if (!image_id) {
    for (auto const& source : sources)
      if (!source.uploaded.snapshot_id.empty())
        terminal.complain("The snapshot " + session->region() + "/" + source.uploaded.snapshot_id +
                          " is complete and stays; the same command goes on with it.");
    return std::unexpected(image_id.error());
  }
  report(terminal, session->region(), *image_id, sources);
  // Whoever did not hear of the snapshots is to find them again.
  if (terminal.finish())
    for (auto& source : sources) source.pending->forget();
  return Exit::done;
}

constexpr char const* kExamples = R"(  argosy import disk.raw --name web-1 --region us-east-1
  id=$(argosy import debian.qcow2 --tag build=42)     stdout is the image id alone
  argosy import root.raw --disk data.raw              the second disk becomes /dev/sdf
  argosy import disk.vmdk --snapshot-only             prints snap-…
  argosy import disk.raw --encrypt --kms-key alias/images

Zeros and holes are not uploaded. An import that was interrupted goes on when the same command is run
again within a day, and sends only what the service has not acknowledged. Without --format QEMU looks at
the disk to find out; name the format of disks that come from strangers, for a disk can pretend to be of
another. A VHD of fixed size is only read with --format vhd. A disk that is made of other files too (a
backing file, a data file, extents) is refused without --with-other-files, for that of a stranger could
name any.
)";

}  // namespace

void add_import(Program& program) {
  auto options = std::make_shared<ImportOptions>();
  auto& verb = program.add_verb("import", "Make an image of a disk: raw, qcow2, vmdk, vhdx, vdi or vhd",
                                kExamples, options, &run);
  verb.add_option("DISK", options->disk, "File or block device")->required()->option_text(" ");
  verb.add_option("--name", options->name, "Name of the image; the file's without its ending")
      ->option_text("NAME");
  verb.add_option("--description", options->description, "Of the image and its snapshots")
      ->option_text("TEXT");
  verb.add_option("--format", options->format, "raw, qcow2, vmdk, vhdx, vdi or vhd, for all disks")
      ->option_text("FORMAT");
  verb.add_flag("--with-other-files", options->with_other_files,
                "Also read the files that the disk names: its backing file, its data file, its extents");
  verb.add_option("--architecture", options->architecture, "x86_64 (the default) or arm64")
      ->check(CLI::IsMember({"x86_64", "arm64"}))
      ->option_text("NAME");
  verb.add_option("--boot-mode", options->boot_mode, "legacy-bios, uefi or uefi-preferred")
      ->check(CLI::IsMember({"legacy-bios", "uefi", "uefi-preferred"}))
      ->option_text("MODE");
  verb.add_flag("--ena,!--no-ena", options->ena, "The disk has a driver for ENA network cards (the default)");
  verb.add_option("--root-device-name", options->root_device_name, "/dev/sda1 unless given")
      ->option_text("NAME");
  verb.add_option("--volume-size", options->volume_size_gib, "GiB of the first disk; its size rounded up")
      ->check(CLI::Range(1, 65'536))
      ->option_text("GIB");
  verb.add_option("--disk", options->data_disks, "One more disk; may be repeated")
      ->allow_extra_args(false)
      ->option_text("FILE");
  verb.add_option("--tag", options->tags, "KEY=VALUE on image and snapshots; may be repeated")
      ->allow_extra_args(false)
      ->option_text("KEY=VALUE");
  verb.add_option("-j,--jobs", options->jobs, "Blocks under way at once, 8 unless given")
      ->check(CLI::Range(1, 32))
      ->option_text("N");
  verb.add_flag("--snapshot-only", options->snapshot_only, "Make a snapshot, no image");
  verb.add_flag("--encrypt", options->encrypt, "Encrypt the snapshots");
  verb.add_option(
          "--kms-key", options->key,
          "For --encrypt, of the region: an id, an ARN or alias/NAME; the default key of EBS unless given")
      ->option_text("KEY");
}

}  // namespace argosy::cli
