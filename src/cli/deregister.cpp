// cli/deregister.cpp - argosy deregister: images with their snapshots, and their copies in other regions.
#include <algorithm>

#include "cli/consent.h"
#include "cli/follow.h"
#include "cli/format.h"
#include "cli/parallel.h"
#include "cli/program.h"
#include "cli/regions.h"
#include "cli/share_keys.h"
#include "cli/target.h"

namespace argosy::cli {
namespace {

constexpr std::size_t kImagesAtOnce = 16;

struct DeregisterOptions {
  std::vector<std::string> images;
  std::vector<std::string> regions;
  bool everywhere = false;
  bool keep_snapshots = false;
  Consent consent;
};

/// A snapshot of an image that goes.
struct Disk {
  std::string snapshot_id;
  std::vector<std::string> used_by;  ///< own images that stay
  bool is_own = false;
  std::string state = "kept";
};

/// An image that goes.
struct Removal {
  Target target;
  ec2::Image image;
  std::vector<Disk> disks;
  std::vector<std::string> key_arns;  ///< of its own disks
  std::string state = "kept";
  std::optional<Failure> failure;
  Revoked grants;            ///< of what was given with it on its keys
  std::size_t depth = 0;     ///< 0: it was named; a copy is one deeper than what it is found by
  std::size_t found_by = 0;  ///< of a copy: the place of that in the list
};

/// "us-east-1/ami-…" of where an image came from; empty if it is no copy.
std::string source_of(ec2::Image const& image) {
  if (!image.source_image_id) return {};
  return image.source_image_region.value_or("?") + "/" + *image.source_image_id;
}

std::string place_of(Removal const& removal) {
  return removal.target.session->region() + "/" + removal.target.id;
}

/// One was copied from the other, or both from the same.
bool are_copies(Removal const& a, Removal const& b) {
  auto source_a = source_of(a.image);
  auto source_b = source_of(b.image);
  return source_a == place_of(b) || source_b == place_of(a) || (!source_a.empty() && source_a == source_b);
}

Removal to_removal(Target target, ec2::Image image) {
  Removal removal;
  removal.target = std::move(target);
  removal.image = std::move(image);
  return removal;
}

Outcome<Removal> find_own(Target target) {
  auto found = TRY(describe_own_images(*target.session, {filter("image-id", {target.id})}));
  if (found.empty()) {
    auto seen = TRY(find_image(*target.session, target.id));
    if (seen.image_state == "deregistered")
      return stop(Exit::refused, target.text() + " is deregistered already");
    return stop(Exit::refused, target.text() + " belongs to " +
                                   seen.image_owner_id.value_or("another account") + ", not to you");
  }
  return to_removal(std::move(target), std::move(found.front()));
}

/// Own images with the name of `first` in the regions; whether they are copies is not asked yet.
Outcome<std::vector<Removal>> find_namesakes(Removal const& first, std::vector<std::string> const& regions) {
  std::vector<Removal> out;
  for (auto const& region : regions) {
    auto session = TRY(first.target.session->open_in(region));
    for (auto& image :
         TRY(describe_own_images(*session, {filter("name", {first.image.name.value_or("")})}))) {
      auto id = image.image_id.value_or("");
      Target target{TRY(session->open_in(region)), id, first.target.profile};
      if (target.text() != first.target.text())
        out.push_back(to_removal(std::move(target), std::move(image)));
    }
  }
  return out;
}

bool contains(std::vector<Removal> const& removals, Removal const& one) {
  return std::ranges::any_of(removals,
                             [&](auto const& other) { return other.target.text() == one.target.text(); });
}

/// Adds the copies of what is in `removals`, copies of copies too; the images that have the same name and are
/// no copies remain in the result.
Outcome<std::vector<Removal>> add_copies(std::vector<Removal>& removals,
                                         std::vector<std::string> const& regions) {
  std::vector<Removal> others;
  for (auto const& removal : removals) {
    auto namesakes = TRY(find_namesakes(removal, regions));
    for (auto& namesake : namesakes)
      if (!contains(removals, namesake) && !contains(others, namesake)) others.push_back(std::move(namesake));
  }
  for (std::size_t i = 0; i < removals.size(); ++i) {  // grows while it is walked
    for (std::size_t j = 0; j < others.size();) {
      if (!are_copies(removals[i], others[j])) {
        ++j;
        continue;
      }
      others[j].depth = removals[i].depth + 1;
      others[j].found_by = i;
      removals.push_back(std::move(others[j]));
      others.erase(others.begin() + static_cast<std::ptrdiff_t>(j));
    }
  }
  return others;
}

/// Which snapshots go with the image, and which stay because an image needs them that stays.
Outcome<void> find_disks(Removal& removal, std::vector<Removal> const& removals) {
  auto& session = *removal.target.session;
  auto ids = snapshot_ids(removal.image);
  auto own = TRY(own_snapshots(session, ids));
  removal.key_arns = keys_of(own);
  auto images = TRY(find_images_using(session, ids));
  for (auto const& id : ids) {
    auto& disk = removal.disks.emplace_back();
    disk.snapshot_id = id;
    disk.is_own = std::ranges::find(own, id, &ec2::Snapshot::snapshot_id) != own.end();
    for (auto const& image : images[id]) {
      bool goes = std::ranges::any_of(removals, [&](auto const& other) {
        return other.target.id == image && other.target.session->region() == session.region();
      });
      if (!goes) disk.used_by.push_back(image);
    }
  }
  return {};
}

bool goes(Disk const& disk, DeregisterOptions const& options) {
  return !options.keep_snapshots && disk.is_own && disk.used_by.empty();
}

/// Says what will go and what will stay; the number of snapshots that go.
std::size_t tell_plan(std::vector<Removal> const& removals, std::vector<Removal> const& namesakes,
                      DeregisterOptions const& options, Terminal& terminal) {
  auto say = [&](std::string const& line) {
    options.consent.yes ? terminal.note(line) : terminal.complain(line);  // whoever is asked must see it
  };
  std::size_t snapshots = 0;
  for (auto const& removal : removals) {
    say(removal.target.text() + "  " + removal.image.name.value_or(""));
    for (auto const& disk : removal.disks) {
      std::string reason;
      if (options.keep_snapshots) reason = " stays";
      if (!disk.used_by.empty()) reason = " stays: a disk of " + disk.used_by.front() + " too";
      if (!disk.is_own) reason = " stays: it is not yours";
      say("  with " + disk.snapshot_id + reason);
      if (goes(disk, options)) ++snapshots;
    }
    if (!removal.key_arns.empty()) say(kGrantsGoToo);
  }
  for (auto const& other : namesakes)
    say(other.target.text() + " has the same name but is no copy of these: it stays");
  return snapshots;
}

void take_result(Removal& removal, ec2::DeleteSnapshotReturnCode const& result) {
  auto disk = std::ranges::find(removal.disks, result.snapshot_id.value_or(""), &Disk::snapshot_id);
  if (disk != removal.disks.end() && result.return_code == "success") disk->state = "deleted";
}

bool have_copies_failed(std::vector<Removal> const& removals, std::size_t place) {
  return std::ranges::any_of(removals, [&](auto const& other) {
    return other.depth > 0 && other.found_by == place && other.failure;
  });
}

Outcome<void> deregister(Removal& removal, DeregisterOptions const& options) {
  bool dry_run = options.consent.dry_run;
  auto done = deregister_image(
      *removal.target.session,
      {removal.target.id, options.keep_snapshots ? std::nullopt : std::optional(true), dry_run});
  if (dry_run && !done && done.error().code == "DryRunOperation") {
    removal.state = "would be deregistered";
    for (auto& disk : removal.disks)
      if (goes(disk, options)) disk.state = "would be deleted";
    return {};
  }
  if (!done) return std::unexpected(done.error());
  removal.state = "deregistered";
  for (auto const& result : *done) take_result(removal, result);
  return {};
}

/// Copies before what they are found by: whatever fails or stops this, the same command finds what is left.
void deregister_all(std::vector<Removal>& removals, DeregisterOptions const& options) {
  std::size_t deepest = 0;
  for (auto const& removal : removals) deepest = std::max(deepest, removal.depth);
  for (auto depth = deepest + 1; depth-- > 0;) {
    run_each(kImagesAtOnce, removals.size(), [&](std::size_t i) {
      auto& removal = removals[i];
      if (removal.depth != depth) return;
      bool const stays = !options.consent.dry_run && have_copies_failed(removals, i);
      auto done = stays ? stop(Exit::failed, "stays as long as there are copies that are to go")
                        : deregister(removal, options);
      if (!done) removal.failure = done.error();
    });
  }
}

/// A snapshot of two images that go was still needed by the second when the first went.
Outcome<void> delete_rest(Removal& removal, DeregisterOptions const& options) {
  for (auto& disk : removal.disks) {
    if (!goes(disk, options) || disk.state == "deleted") continue;
    TRY(delete_snapshot(*removal.target.session, {disk.snapshot_id, false}));
    disk.state = "deleted";
  }
  return {};
}

bool has_gone(Removal const& removal) { return removal.state == "deregistered"; }

/// What --with-key gave with the image, or with a snapshot that went with it.
void take_grants(Removal& removal) {
  std::vector<std::string> gone{removal.target.id};
  for (auto const& disk : removal.disks)
    if (disk.state == "deleted") gone.push_back(disk.snapshot_id);
  removal.grants = take_keys_of_gone(*removal.target.session, gone, removal.key_arns);
}

/// Of what has gone, what it leaves behind.
void clean_up(Removal& removal, DeregisterOptions const& options) {
  if (!has_gone(removal)) return;
  if (auto done = delete_rest(removal, options); !done) removal.failure = done.error();
  take_grants(removal);
}

void tell(Removal const& removal, Terminal& terminal) {
  if (removal.grants.failure)
    terminal.complain(removal.target.text() + "  " + explain(*removal.grants.failure));
  if (removal.failure) {
    terminal.complain(removal.target.text() + "  " +
                      (has_gone(removal) ? "deregistered, but a snapshot stays: " : "") +
                      explain(*removal.failure));
    return;
  }
  auto const deleted = std::ranges::count(removal.disks, "deleted", &Disk::state);
  auto line = removal.target.text() + "  " + removal.state;
  if (deleted > 0) line += ", " + show_count(static_cast<std::size_t>(deleted), "snapshot") + " deleted";
  if (removal.grants.count > 0) line += ", " + show_count(removal.grants.count, "grant") + " revoked";
  terminal.note(line);
}

boost::json::object to_json(Removal const& removal, bool dry_run) {
  boost::json::array snapshots;
  for (auto const& disk : removal.disks)
    snapshots.push_back({{"snapshot_id", disk.snapshot_id},
                         {"state", disk.state},
                         {"used_by", boost::json::value_from(disk.used_by)}});
  return {{"region", removal.target.session->region()},
          {"image_id", removal.target.id},
          {"name", or_null(removal.image.name)},
          {"state", removal.state},
          {"snapshots", std::move(snapshots)},
          {"grants_revoked", or_null(dry_run ? std::nullopt : std::optional(removal.grants.count))},
          {"grants_error", or_null(removal.grants.failure)},
          {"error", or_null(removal.failure)}};
}

Outcome<std::vector<Removal>> find_removals(DeregisterOptions const& options, Settings const& settings,
                                            std::vector<Removal>& namesakes) {
  for (auto const& region : options.regions) TRY(check_region(region));
  std::vector<Removal> removals;
  for (auto& target : TRY(open_targets(settings, options.images, {"ami-"}))) {
    auto removal = TRY(find_own(std::move(target)));
    if (!contains(removals, removal)) removals.push_back(std::move(removal));
  }
  auto regions = without_repeats(options.regions);
  if (options.everywhere) regions = TRY(describe_regions(*removals.front().target.session));
  if (!regions.empty()) namesakes = TRY(add_copies(removals, regions));
  for (auto& removal : removals) TRY(find_disks(removal, removals));
  return removals;
}

/// As they were given.
std::string print_options(DeregisterOptions const& options) {
  std::string out;
  if (options.everywhere) out += " --everywhere";
  for (auto const& region : options.regions) out += " --regions " + region;
  if (options.keep_snapshots) out += " --keep-snapshots";
  return out;
}

/// For what is left after a part was done: an image that is gone cannot be named again.
void tell_rest(std::vector<Removal> const& removals, DeregisterOptions const& options, Terminal& terminal) {
  std::string images;
  std::string snapshots;
  for (auto const& removal : removals) {
    if (removal.depth == 0 && removal.state == "kept") images += " " + removal.target.text();
    if (!has_gone(removal)) continue;
    for (auto const& disk : removal.disks)
      if (goes(disk, options) && disk.state != "deleted")
        snapshots += " " + removal.target.text_of(disk.snapshot_id);
  }
  if (!images.empty()) terminal.complain("The rest: argosy deregister" + images + print_options(options));
  if (!snapshots.empty()) terminal.complain("The rest: argosy snapshot rm" + snapshots);
}

Outcome<Exit> run(DeregisterOptions const& options, Settings const& settings, Terminal& terminal) {
  std::vector<Removal> namesakes;
  auto removals = TRY(find_removals(options, settings, namesakes));
  auto snapshots = tell_plan(removals, namesakes, options, terminal);
  auto question = "Deregister " + show_count(removals.size(), "image") +
                  (snapshots > 0 ? " and delete " + show_count(snapshots, "snapshot") : "") + "?";
  if (!options.consent.dry_run) TRY(ask(options.consent, question, terminal));
  deregister_all(removals, options);
  if (!options.consent.dry_run)
    run_each(kImagesAtOnce, removals.size(), [&](std::size_t i) { clean_up(removals[i], options); });
  std::vector<std::optional<Failure>> failures;
  boost::json::array items;
  for (auto const& removal : removals) {
    tell(removal, terminal);
    failures.push_back(removal.failure);
    items.push_back(to_json(removal, options.consent.dry_run));
  }
  if (terminal.format() == Format::json) terminal.print(items);
  if (std::ranges::any_of(removals, &has_gone)) tell_rest(removals, options, terminal);
  return conclude(failures);
}

constexpr char const* kExamples = R"(  argosy deregister us-east-1/ami-…
  argosy deregister us-east-1/name:web-1 --everywhere --yes     and its copies in all regions
  argosy deregister ami-… --regions us-west-2,eu-west-1         and its copies there
  argosy deregister ami-… --everywhere --dry-run                what would go?

Says what will go, and asks. The snapshots of an image go with it; one that another image of yours
needs stays, and is named. Copies are own images of the same name that were copied from the image, or
from the same source; another image of that name stays. So is, where a copy is named, the image that it
was copied from: --everywhere, or --regions with its region, deletes the original, too. They go before the
image by which they are found, so that it can be named again when one fails. What was started from an image
goes on. Deregistering a copy that is under way cancels it.

The grants that --with-key gave with an image, or with a snapshot that goes with it, are revoked. Where that is
refused it is told, and the image is gone all the same: the exit code is that of images and snapshots.
)";

}  // namespace

void add_deregister(Program& program) {
  auto options = std::make_shared<DeregisterOptions>();
  auto& verb = program.add_verb("deregister", "Deregister images and delete their snapshots", kExamples,
                                options, &run);
  verb.add_option("IMAGE", options->images, "REGION/ami-…, ami-… or name:NAME, one or more")
      ->required()
      ->option_text("...");
  auto& regions =
      add_values(verb, "--regions", options->regions, "Also the copies in these regions, or the original");
  regions.option_text("REGIONS");
  verb.add_flag("--everywhere", options->everywhere,
                "Also the copies in every region that the service names, and the original")
      ->excludes(&regions)
      ->option_text(" ");
  verb.add_flag("--keep-snapshots", options->keep_snapshots, "Leave the snapshots");
  add_consent_options(verb, options->consent);
}

}  // namespace argosy::cli
