// cli/list.cpp - argosy ls: images, own or shared or public, of one region or several.
#include <algorithm>
#include <map>

#include "cli/format.h"
#include "cli/key_reference.h"
#include "cli/parallel.h"
#include "cli/permissions.h"
#include "cli/program.h"
#include "cli/regions.h"

namespace argosy::cli {
namespace {

constexpr std::size_t kQuestionsAtOnce = 8;

struct ListOptions {
  bool shared_with_me = false;
  bool everybodys = false;
  bool all_regions = false;
};

/// An image and, for an own one, those it is shared with and the keys of its disks.
struct Entry {
  ec2::Image image;
  std::optional<Audience> audience;
  std::vector<std::string> keys;  ///< ARNs
};

/// Images do not name their keys; the snapshots do, and are asked only if there is one that is encrypted.
Outcome<void> find_keys(Session& session, std::vector<Entry>& entries) {
  if (std::ranges::none_of(entries, [](auto const& entry) { return is_encrypted(entry.image); })) return {};
  ec2::DescribeSnapshotsRequest request;
  request.owner = {"self"};
  request.filter = {filter("encrypted", {"true"})};
  std::map<std::string, std::string> keys;  // by snapshot
  for (auto const& snapshot : TRY(describe_snapshots(session, std::move(request))))
    keys[snapshot.snapshot_id.value_or("")] = snapshot.kms_key_id.value_or("");
  for (auto& entry : entries) {
    for (auto const& id : snapshot_ids(entry.image))
      if (auto found = keys.find(id); found != keys.end()) entry.keys.push_back(found->second);
    entry.keys = without_repeats(entry.keys);
  }
  return {};
}

/// "-", a key's id, or "yes" where the key is not known.
std::string show_encryption(Entry const& entry) {
  if (!is_encrypted(entry.image)) return "-";
  std::string out;
  for (auto const& key : entry.keys) (out += out.empty() ? "" : ", ") += read_key_arn(key).name;
  return out.empty() ? "yes" : out;
}

bool lists_own(ListOptions const& options) { return !options.shared_with_me && !options.everybodys; }

Outcome<std::vector<Entry>> find_entries(Session& session, ListOptions const& options) {
  ec2::DescribeImagesRequest request;
  if (lists_own(options)) {
    request.owner = {"self"};
    request.include_disabled = true;
  } else {
    request.executable_by = {options.shared_with_me ? "self" : "all"};
  }
  auto images = TRY(describe_images(session, std::move(request)));
  std::ranges::sort(images, {}, [](auto const& image) { return image.creation_date.value_or(""); });
  std::vector<Entry> entries;
  for (auto& image : images) entries.push_back({std::move(image), std::nullopt, {}});
  if (!lists_own(options)) return entries;
  TRY(find_keys(session, entries));
  run_each(kQuestionsAtOnce, entries.size(), [&](std::size_t i) {
    auto permissions = launch_permissions(session, entries[i].image.image_id.value_or(""));
    if (permissions)
      entries[i].audience = to_audience(*permissions);  // else it went meanwhile, or asking is denied
  });
  return entries;
}

std::int64_t size_gib(ec2::Image const& image) {
  std::int64_t size = 0;
  for (auto const& mapping : image.block_device_mapping)
    if (mapping.ebs) size += mapping.ebs->volume_size.value_or(0);
  return size;
}

std::vector<std::string> to_row(std::string const& region, Entry const& entry, ListOptions const& options) {
  auto const& image = entry.image;
  auto last = lists_own(options) ? (entry.audience ? show_audience(*entry.audience) : "?")
                                 : image.image_owner_id.value_or("?");
  return {region,
          image.image_id.value_or("?"),
          image.name.value_or("-"),
          image.image_state.value_or("?"),
          std::to_string(size_gib(image)) + " GiB",
          show_minute(image.creation_date.value_or("-")),
          show_encryption(entry),
          last};
}

boost::json::object to_json(std::string const& region, Entry const& entry) {
  auto const& image = entry.image;
  return {{"region", region},
          {"image_id", or_null(image.image_id)},
          {"name", or_null(image.name)},
          {"state", or_null(image.image_state)},
          {"size_gib", size_gib(image)},
          {"created", or_null(image.creation_date)},
          {"owner_id", or_null(image.image_owner_id)},
          {"public", image.is_public.value_or(false)},
          {"encrypted", is_encrypted(image)},
          {"kms_key_ids", boost::json::value_from(entry.keys)},
          {"shared", or_null(entry.audience)}};
}

Outcome<Exit> run(ListOptions const& options, Settings const& settings, Terminal& terminal) {
  auto regions = TRY(choose_regions(settings, options.all_regions));
  std::vector<std::string> head{"REGION", "IMAGE",   "NAME", "STATE",
                                "SIZE",   "CREATED", "KEY",  lists_own(options) ? "SHARED WITH" : "OWNER"};
  auto list = [&](Session& session) -> Outcome<Listing> {
    Listing listing;
    for (auto const& entry : TRY(find_entries(session, options))) {
      listing.rows.push_back(to_row(session.region(), entry, options));
      listing.items.push_back(to_json(session.region(), entry));
    }
    return listing;
  };
  return print_lists(settings, regions, head, "No images.", list, terminal);
}

constexpr char const* kExamples = R"(  argosy ls --region us-east-1,us-west-2
  argosy ls --all-regions --output json
  argosy ls --shared-with-me --region us-west-2       what others let you start

KEY is that of the encrypted disks; yes where it is another account's.
"Shared with me" are images that name your account or organization; public ones are not among them.
)";

}  // namespace

void add_ls(Program& program) {
  auto options = std::make_shared<ListOptions>();
  auto& verb = program.add_verb("ls", "List images: your own, those shared with you, or public ones",
                                kExamples, options, &run);
  auto* mine =
      verb.add_flag("--shared-with-me", options->shared_with_me, "Images of others that you may start")
          ->option_text(" ");
  verb.add_flag("--public", options->everybodys, "Images that everybody may start")
      ->excludes(mine)
      ->option_text(" ");
  verb.add_flag("--all-regions", options->all_regions, "Every region that the service names");
}

}  // namespace argosy::cli
