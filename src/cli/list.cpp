// cli/list.cpp - argosy ls: images, own or shared or public, of one region or several.
#include <algorithm>

#include "cli/follow.h"
#include "cli/format.h"
#include "cli/parallel.h"
#include "cli/permissions.h"
#include "cli/program.h"

namespace argosy::cli {
namespace {

constexpr std::size_t kRegionsAtOnce = 32;
constexpr std::size_t kQuestionsAtOnce = 8;

struct ListOptions {
  bool shared_with_me = false;
  bool everybodys = false;
  bool all_regions = false;
};

/// An image and, for an own one, those it is shared with.
struct Entry {
  ec2::Image image;
  std::optional<Audience> audience;
};

bool lists_own(ListOptions const& options) { return !options.shared_with_me && !options.everybodys; }

Outcome<std::vector<Entry>> list_region(Settings const& settings, std::string const& region,
                                        ListOptions const& options) {
  auto session = TRY(Session::open(settings, region));
  ec2::DescribeImagesRequest request;
  if (lists_own(options)) {
    request.owner = {"self"};
    request.include_disabled = true;
  } else {
    request.executable_by = {options.shared_with_me ? "self" : "all"};
  }
  auto images = TRY(describe_images(*session, std::move(request)));
  std::ranges::sort(images, {}, [](auto const& image) { return image.creation_date.value_or(""); });
  std::vector<Entry> entries;
  for (auto& image : images) entries.push_back({std::move(image), std::nullopt});
  if (!lists_own(options)) return entries;
  run_each(kQuestionsAtOnce, entries.size(), [&](std::size_t i) {
    auto permissions = launch_permissions(*session, entries[i].image.image_id.value_or(""));
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

/// "2026-05-09 14:22" of "2026-05-09T14:22:31.000Z".
std::string show_minute(std::string time) {
  if (time.size() < 16) return time;
  time.resize(16);
  time[10] = ' ';
  return time;
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
          {"shared", or_null(entry.audience)}};
}

Outcome<std::vector<std::string>> choose_regions(Settings const& settings, ListOptions const& options) {
  if (!options.all_regions) {
    if (settings.regions.empty()) TRY(settings.region());
    return settings.regions;
  }
  auto session =
      TRY(Session::open(settings, settings.regions.empty() ? "us-east-1" : settings.regions.front()));
  auto regions = TRY(describe_regions(*session));
  std::ranges::sort(regions);
  return regions;
}

Outcome<Exit> run(ListOptions const& options, Settings const& settings, Terminal& terminal) {
  auto regions = TRY(choose_regions(settings, options));
  std::vector<Outcome<std::vector<Entry>>> lists(regions.size());
  run_each(kRegionsAtOnce, regions.size(),
           [&](std::size_t i) { lists[i] = list_region(settings, regions[i], options); });
  if (lists.size() == 1 && !lists[0]) return std::unexpected(lists[0].error());

  std::vector<std::vector<std::string>> rows{
      {"REGION", "IMAGE", "NAME", "STATE", "SIZE", "CREATED", lists_own(options) ? "SHARED WITH" : "OWNER"}};
  boost::json::array items;
  std::vector<std::optional<Failure>> failures(regions.size());
  for (std::size_t i = 0; i < regions.size(); ++i) {
    if (!lists[i]) {
      failures[i] = lists[i].error();
      terminal.complain(regions[i] + ": " + explain(lists[i].error()));
      items.push_back(boost::json::object{{"region", regions[i]}, {"error", to_json(lists[i].error())}});
      continue;
    }
    for (auto const& entry : *lists[i]) {
      rows.push_back(to_row(regions[i], entry, options));
      items.push_back(to_json(regions[i], entry));
    }
  }
  if (terminal.format() == Format::json) {
    terminal.print(items);
  } else if (rows.size() > 1) {
    terminal.print(show_table(rows));
  } else {
    terminal.note("No images.");
  }
  return combine(failures);
}

constexpr char const* kExamples = R"(  argosy ls --region us-east-1,us-west-2
  argosy ls --all-regions --output json
  argosy ls --shared-with-me --region us-west-2       what others let you start

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
