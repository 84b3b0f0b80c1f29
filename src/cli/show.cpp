// cli/show.cpp - argosy show: all there is to know of one image.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "cli/format.h"
#include "cli/permissions.h"
#include "cli/program.h"
#include "wire/json.h"

namespace argosy::cli {
namespace {

struct ShowOptions {
  std::string image;
};

struct ImageFacts {
  std::string region;
  ec2::Image image;
  std::vector<ec2::Snapshot> snapshots;
  std::optional<Audience> may_start;         ///< known to the owner alone
  std::map<std::string, Audience> may_copy;  ///< by snapshot, of the caller's own
};

Outcome<ImageFacts> gather(Session& session, std::string const& image_id) {
  ImageFacts facts{session.region(), TRY(find_image(session, image_id)), {}, {}, {}};
  ec2::DescribeSnapshotsRequest request;
  request.snapshot_id = snapshot_ids(facts.image);
  if (!request.snapshot_id.empty()) facts.snapshots = TRY(describe_snapshots(session, request));
  ec2::DescribeImagesRequest own;
  own.owner = {"self"};
  own.image_id = {image_id};
  own.include_disabled = true;
  if (TRY(describe_images(session, own)).empty()) return facts;
  facts.may_start = to_audience(TRY(launch_permissions(session, image_id)));
  for (auto const& snapshot : TRY(own_snapshots(session, snapshot_ids(facts.image)))) {
    auto id = snapshot.snapshot_id.value_or("");
    facts.may_copy[id] = to_audience(TRY(snapshot_permissions(session, id)));
  }
  return facts;
}

std::string show_all(Audience const& audience) {
  std::string out = audience.everybody ? "everybody" : "";
  for (auto const* names : {&audience.accounts, &audience.organizations, &audience.units})
    for (auto const& name : *names) (out += out.empty() ? "" : ", ") += name;
  return out.empty() ? "nobody else" : out;
}

class Page {
 public:
  void line(std::string const& name, std::string const& value) {
    if (!value.empty()) text_ += fmt::format("{:<18}{}\n", name, value);
  }
  void line(std::string const& name, std::optional<std::string> const& value) {
    line(name, value.value_or(""));
  }
  void heading(std::string const& title) { text_ += "\n" + title + "\n"; }
  void add(std::string const& text) { text_ += text; }
  std::string const& text() const { return text_; }

 private:
  std::string text_;
};

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
  if (facts.may_start) page.line("may start it", show_all(*facts.may_start));
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
    auto id = snapshot.snapshot_id.value_or("?");
    page.heading("Snapshot " + id);
    page.line("state", snapshot.status.value_or("?") + " " + snapshot.progress.value_or(""));
    page.line("message", snapshot.status_message);
    page.line("owner", snapshot.owner_id);
    page.line("description", snapshot.description);
    if (snapshot.start_time) page.line("started", to_iso8601(*snapshot.start_time));
    if (snapshot.full_snapshot_size_in_bytes)
      page.line("content", show_bytes(static_cast<std::uint64_t>(*snapshot.full_snapshot_size_in_bytes)));
    if (snapshot.argosy) {
      auto const& own = *snapshot.argosy;
      if (own.copy_bytes_total)
        page.line("copied", show_bytes(static_cast<std::uint64_t>(own.copy_bytes_done.value_or(0))) + " of " +
                                show_bytes(static_cast<std::uint64_t>(*own.copy_bytes_total)) + ", " +
                                show_bytes(static_cast<std::uint64_t>(own.copy_bytes_moved.value_or(0))) +
                                " moved");
      page.line("content digest", own.content_digest);
    }
    if (auto may_copy = facts.may_copy.find(id); may_copy != facts.may_copy.end())
      page.line("may copy it", show_all(may_copy->second));
    for (auto const& tag : snapshot.tag_set)
      page.line("tag", tag.key.value_or("") + "=" + tag.value.value_or(""));
  }
}

void describe_tags(Page& page, ec2::Image const& image) {
  if (image.tag_set.empty()) return;
  page.heading("Tags");
  for (auto const& tag : image.tag_set) page.add(tag.key.value_or("") + "=" + tag.value.value_or("") + "\n");
}

boost::json::object to_json(ImageFacts const& facts) {
  boost::json::array snapshots;
  for (auto const& snapshot : facts.snapshots) {
    auto item = wire::json::encode(snapshot, wire::Naming::snake).as_object();
    for (auto [name, time] :
         {std::pair{"start_time", snapshot.start_time}, {"completion_time", snapshot.completion_time}})
      if (time) item[name] = to_iso8601(*time);  // as EC2 shows it
    auto may_copy = facts.may_copy.find(snapshot.snapshot_id.value_or(""));
    if (may_copy != facts.may_copy.end()) item["may_copy"] = to_json(may_copy->second);
    snapshots.push_back(std::move(item));
  }
  boost::json::object out{{"region", facts.region},
                          {"image", wire::json::encode(facts.image, wire::Naming::snake)},
                          {"snapshots", std::move(snapshots)}};
  if (facts.may_start) out["may_start"] = to_json(*facts.may_start);
  return out;
}

Outcome<Exit> run(ShowOptions const& options, Settings const& settings, Terminal& terminal) {
  auto reference = TRY(parse_reference(options.image, {"ami-"}));
  auto session = TRY(Session::open(settings, reference.region ? *reference.region : TRY(settings.region())));
  auto facts = TRY(gather(*session, reference.id));
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
  verb.add_option("IMAGE", options->image, "REGION/ami-… or ami-…")->required()->option_text(" ");
}

}  // namespace argosy::cli
