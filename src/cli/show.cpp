// cli/show.cpp - argosy show: all there is to know of one image.
#include "cli/format.h"
#include "cli/program.h"
#include "cli/snapshot_facts.h"
#include "cli/target.h"
#include "wire/json.h"

namespace argosy::cli {
namespace {

struct ShowOptions {
  std::string image;
};

struct ImageFacts {
  std::string region;
  ec2::Image image;
  std::vector<SnapshotFacts> snapshots;
  std::optional<Audience> may_start;  ///< known to the owner alone
};

/// Those of its disks that the caller may see: a launch permission alone shows none of them.
Outcome<std::vector<ec2::Snapshot>> find_visible(Session& session, ec2::Image const& image) {
  std::vector<ec2::Snapshot> snapshots;
  for (auto const& id : snapshot_ids(image)) {
    auto snapshot = find_snapshot(session, id);
    if (!snapshot && snapshot.error().code == "InvalidSnapshot.NotFound") continue;
    snapshots.push_back(TRY(std::move(snapshot)));
  }
  return snapshots;
}

Outcome<ImageFacts> gather(Session& session, std::string const& image_id) {
  auto image = TRY(find_image(session, image_id));
  ImageFacts facts{session.region(), std::move(image), {}, {}};
  auto snapshots = TRY(find_visible(session, facts.image));
  std::vector<std::string> visible;
  for (auto const& snapshot : snapshots) visible.push_back(snapshot.snapshot_id.value_or(""));
  auto own = TRY(own_snapshots(session, visible));
  for (auto& snapshot : snapshots)
    facts.snapshots.push_back(TRY(gather_facts(session, std::move(snapshot), own)));
  if (!TRY(describe_own_images(session, {filter("image-id", {image_id})})).empty())
    facts.may_start = to_audience(TRY(launch_permissions(session, image_id)));
  return facts;
}

void describe_image(Page& page, ImageFacts const& facts) {
  auto const& image = facts.image;
  page.line("image", facts.region + "/" + image.image_id.value_or("?"));
  page.line("name", image.name);
  page.line("description", image.description);
  page.line("state", image.image_state);
  if (image.state_reason) page.line("reason", image.state_reason->message);
  page.line("owner", image.image_owner_id);
  page.line("created", image.creation_date);
  if (image.source_image_id)
    page.line("copied from", image.source_image_region.value_or("?") + "/" + *image.source_image_id);
  page.line("source instance", image.source_instance_id);
  page.line("architecture", image.architecture);
  page.line("boot mode", image.boot_mode);
  page.line("platform", image.platform_details);
  page.line("virtualization", image.virtualization_type);
  if (image.ena_support) page.line("ENA", std::string(*image.ena_support ? "yes" : "no"));
  page.line("SR-IOV", image.sriov_net_support);
  page.line("TPM", image.tpm_support);
  page.line("IMDS", image.imds_support);
  page.line("deprecated from", image.deprecation_time);
  page.line("protection", image.deregistration_protection);
  page.line("last started", image.last_launched_time);
  page.line("root device", image.root_device_name);
  page.line("public", std::string(image.is_public.value_or(false) ? "yes" : "no"));
  if (facts.may_start) page.line("may start it", list_audience(*facts.may_start));
}

void describe_devices(Page& page, ec2::Image const& image) {
  std::vector<std::vector<std::string>> rows{{"DEVICE", "SNAPSHOT", "SIZE", "TYPE", "ENCRYPTED"}};
  for (auto const& mapping : image.block_device_mapping) {
    auto volume = mapping.ebs.value_or(ec2::EbsBlockDevice{});
    rows.push_back({mapping.device_name.value_or("?"),
                    volume.snapshot_id.value_or(mapping.virtual_name.value_or("-")),
                    volume.volume_size ? std::to_string(*volume.volume_size) + " GiB" : "-",
                    volume.volume_type.value_or("-"), volume.encrypted.value_or(false) ? "yes" : "no"});
  }
  if (rows.size() == 1) return;
  page.heading("Disks");
  page.add(show_table(rows));
}

void describe_snapshots_of(Page& page, ImageFacts const& facts) {
  for (auto const& snapshot : facts.snapshots) {
    page.heading("Snapshot " + snapshot.snapshot.snapshot_id.value_or("?"));
    describe(page, snapshot);
  }
}

void describe_tags(Page& page, ec2::Image const& image) {
  if (image.tag_set.empty()) return;
  page.heading("Tags");
  for (auto const& tag : image.tag_set)
    page.add(show_text(tag.key.value_or("") + "=" + tag.value.value_or("")) + "\n");
}

boost::json::object to_json(ImageFacts const& facts) {
  boost::json::array snapshots;
  for (auto const& snapshot : facts.snapshots) snapshots.push_back(to_json(snapshot));
  boost::json::object out{{"region", facts.region},
                          {"image", wire::json::encode(facts.image, wire::Naming::snake)},
                          {"snapshots", std::move(snapshots)}};
  if (facts.may_start) out["may_start"] = to_json(*facts.may_start);
  return out;
}

Outcome<Exit> run(ShowOptions const& options, Settings const& settings, Terminal& terminal) {
  auto target = TRY(open_target(settings, options.image, {"ami-"}));
  auto facts = TRY(gather(*target.session, target.id));
  if (terminal.format() == Format::json) {
    terminal.print(to_json(facts));
    return Exit::done;
  }
  Page page;
  describe_image(page, facts);
  describe_devices(page, facts.image);
  describe_snapshots_of(page, facts);
  describe_tags(page, facts.image);
  terminal.print(page.text());
  return Exit::done;
}

constexpr char const* kExamples = R"(  argosy show us-west-2/ami-…
  argosy show ami-… --output json | jq -r '.snapshots[].argosy.content_digest'

Two snapshots with the same content digest hold the same disk, in whatever region.
)";

}  // namespace

void add_show(Program& program) {
  auto options = std::make_shared<ShowOptions>();
  auto& verb =
      program.add_verb("show", "Show an image: attributes, disks, progress, content digests, who may use it",
                       kExamples, options, &run);
  verb.add_option("IMAGE", options->image, "REGION/ami-…, ami-… or name:NAME")->required()->option_text(" ");
}

}  // namespace argosy::cli
