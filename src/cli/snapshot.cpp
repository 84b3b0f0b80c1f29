// cli/snapshot.cpp - argosy snapshot ls, show and rm.
#include <algorithm>

#include "cli/consent.h"
#include "cli/follow.h"
#include "cli/format.h"
#include "cli/parallel.h"
#include "cli/program.h"
#include "cli/regions.h"
#include "cli/share_keys.h"
#include "cli/snapshot_facts.h"
#include "cli/target.h"

namespace argosy::cli {
namespace {

constexpr std::size_t kSnapshotsAtOnce = 16;

struct ListOptions {
  bool shared_with_me = false;
  bool unused = false;
  bool all_regions = false;
};

std::vector<std::string> ids_of(std::vector<ec2::Snapshot> const& snapshots) {
  std::vector<std::string> ids;
  for (auto const& snapshot : snapshots) ids.push_back(snapshot.snapshot_id.value_or(""));
  return ids;
}

std::string show_size_gib(ec2::Snapshot const& snapshot) {
  return std::to_string(snapshot.volume_size.value_or(0)) + " GiB";
}

std::string join(std::vector<std::string> const& words) {
  std::string out;
  for (auto const& word : words) (out += out.empty() ? "" : ", ") += word;
  return out;
}

void add_to(Listing& listing, std::string const& region, ec2::Snapshot const& snapshot,
            std::optional<std::vector<std::string>> const& used_by) {
  auto started = snapshot.start_time ? to_iso8601(*snapshot.start_time) : std::string("-");
  auto state = snapshot.status.value_or("?");
  if (state == "pending") state += " " + snapshot.progress.value_or("");
  auto last = used_by ? join(*used_by) : snapshot.owner_id.value_or("?");
  listing.rows.push_back({region, snapshot.snapshot_id.value_or("?"), state, show_size_gib(snapshot),
                          show_minute(started), last.empty() ? "-" : last,
                          show_text(snapshot.description.value_or(""))});
  listing.items.push_back({{"region", region},
                           {"snapshot_id", or_null(snapshot.snapshot_id)},
                           {"state", or_null(snapshot.status)},
                           {"progress", or_null(snapshot.progress)},
                           {"size_gib", or_null(snapshot.volume_size)},
                           {"started", started},
                           {"owner_id", or_null(snapshot.owner_id)},
                           {"encrypted", snapshot.encrypted.value_or(false)},
                           {"kms_key_id", or_null(snapshot.kms_key_id)},
                           {"description", or_null(snapshot.description)},
                           {"used_by", used_by ? boost::json::value_from(*used_by) : nullptr}});
}

Outcome<Listing> list_own(Session& session, bool unused) {
  ec2::DescribeSnapshotsRequest request;
  request.owner = {"self"};
  auto snapshots = TRY(describe_snapshots(session, std::move(request)));
  std::ranges::sort(snapshots, {}, &ec2::Snapshot::start_time);
  auto images = TRY(find_images_using(session, ids_of(snapshots)));
  Listing listing;
  for (auto const& snapshot : snapshots) {
    auto found = images.find(snapshot.snapshot_id.value_or(""));
    if (unused && found != images.end()) continue;
    add_to(listing, session.region(), snapshot,
           found == images.end() ? std::vector<std::string>{} : found->second);
  }
  return listing;
}

Outcome<Listing> list_shared(Session& session) {
  ec2::DescribeSnapshotsRequest request;
  request.restorable_by = {"self"};
  auto snapshots = TRY(describe_snapshots(session, std::move(request)));
  std::ranges::sort(snapshots, {}, &ec2::Snapshot::start_time);
  ec2::DescribeSnapshotsRequest mine;
  mine.owner = {"self"};  // by no ids: one may go meanwhile, and there may be many
  auto own = ids_of(TRY(describe_snapshots(session, std::move(mine))));
  Listing listing;
  for (auto const& snapshot : snapshots)
    if (std::ranges::find(own, snapshot.snapshot_id.value_or("")) == own.end())
      add_to(listing, session.region(), snapshot, std::nullopt);
  return listing;
}

Outcome<Exit> run_ls(ListOptions const& options, Settings const& settings, Terminal& terminal) {
  auto regions = TRY(choose_regions(settings, options.all_regions));
  std::vector<std::string> head{"REGION",     "SNAPSHOT", "STATE",
                                "SIZE",       "STARTED",  options.shared_with_me ? "OWNER" : "USED BY",
                                "DESCRIPTION"};
  auto list = [&](Session& session) {
    return options.shared_with_me ? list_shared(session) : list_own(session, options.unused);
  };
  return print_lists(settings, regions, head, "No snapshots.", list, terminal);
}

struct ShowOptions {
  std::string snapshot;
};

Outcome<Exit> run_show(ShowOptions const& options, Settings const& settings, Terminal& terminal) {
  auto target = TRY(open_target(settings, options.snapshot, {"snap-"}));
  auto own = TRY(own_snapshots(*target.session, {target.id}));
  auto facts = TRY(gather_facts(*target.session, TRY(find_snapshot(*target.session, target.id)), own));
  auto images = TRY(find_images_using(*target.session, {target.id}))[target.id];
  if (terminal.format() == Format::json) {
    boost::json::object out{{"region", target.session->region()}};
    out["snapshot"] = to_json(facts);
    out["used_by"] = boost::json::value_from(images);
    terminal.print(out);
    return Exit::done;
  }
  Page page;
  page.line("snapshot", target.text());
  describe(page, facts);
  page.line("used by", join(images));
  terminal.print(page.text());
  return Exit::done;
}

struct RemoveOptions {
  std::vector<std::string> snapshots;
  Consent consent;
};

/// A snapshot that is to go.
struct Removal {
  Target target;
  std::vector<std::string> used_by;
  std::vector<std::string> key_arns;
  std::string state = "kept";
  std::optional<Failure> failure;
  Revoked grants;  ///< of what was given with it on its key
};

/// What stands against it is known before anybody is asked.
Outcome<std::string> look_at(Removal& removal) {
  auto snapshot = TRY(find_snapshot(*removal.target.session, removal.target.id));
  removal.key_arns = keys_of({snapshot});
  removal.used_by = TRY(find_images_using(*removal.target.session, {removal.target.id}))[removal.target.id];
  if (!removal.used_by.empty())
    return stop(Exit::guarded,
                "it is a disk of " + join(removal.used_by) + ": argosy deregister deletes both");
  auto description = show_text(snapshot.description.value_or(""));
  return show_size_gib(snapshot) + "  " + snapshot.status.value_or("") +
         (description.empty() ? "" : "  " + description) +
         (removal.key_arns.empty() ? "" : std::string("\n") + kGrantsGoToo);
}

/// What snapshot share --with-key gave with it.
void take_grants(Removal& removal) {
  removal.grants = take_keys_of_gone(*removal.target.session, {removal.target.id}, removal.key_arns);
}

void remove(Removal& removal, bool dry_run, Terminal& terminal) {
  auto done = delete_snapshot(*removal.target.session, {removal.target.id, dry_run});
  if (dry_run) done = read_dry_run(std::move(done));
  if (!done) {
    removal.failure = done.error();
    terminal.complain(removal.target.text() + "  " + explain(done.error()));
    return;
  }
  removal.state = dry_run ? "would be deleted" : "deleted";
  if (!dry_run) take_grants(removal);
  auto const grants = removal.grants.count;
  terminal.note(removal.target.text() + "  " + removal.state +
                (grants > 0 ? ", " + show_count(grants, "grant") + " revoked" : ""));
  if (removal.grants.failure)
    terminal.complain(removal.target.text() + "  " + explain(*removal.grants.failure));
}

boost::json::object to_json(Removal const& removal, bool dry_run) {
  return {{"region", removal.target.session->region()},
          {"snapshot_id", removal.target.id},
          {"state", removal.state},
          {"used_by", boost::json::value_from(removal.used_by)},
          {"grants_revoked", or_null(dry_run ? std::nullopt : std::optional(removal.grants.count))},
          {"grants_error", or_null(removal.grants.failure)},
          {"error", or_null(removal.failure)}};
}

Outcome<Exit> run_rm(RemoveOptions const& options, Settings const& settings, Terminal& terminal) {
  std::vector<Removal> removals;
  for (auto& target : TRY(open_targets(settings, without_repeats(options.snapshots), {"snap-"})))
    removals.emplace_back().target = std::move(target);
  std::size_t going = 0;
  for (auto& removal : removals) {
    auto seen = look_at(removal);
    auto const line = removal.target.text() + "  " + (seen ? *seen : explain(seen.error()));
    if (seen && options.consent.yes) {
      terminal.note(line);
    } else {
      terminal.complain(line);  // whoever is asked must see it
    }
    if (!seen) removal.failure = seen.error();
    if (seen) ++going;
  }
  if (going > 0 && !options.consent.dry_run)
    TRY(ask(options.consent, "Delete " + show_count(going, "snapshot") + "?", terminal));
  run_each(kSnapshotsAtOnce, removals.size(), [&](std::size_t i) {
    if (!removals[i].failure) remove(removals[i], options.consent.dry_run, terminal);
  });
  std::vector<std::optional<Failure>> failures;
  boost::json::array items;
  for (auto const& removal : removals) {
    failures.push_back(removal.failure);
    items.push_back(to_json(removal, options.consent.dry_run));
  }
  if (terminal.format() == Format::json) terminal.print(items);
  return conclude(failures);
}

constexpr char const* kListExamples = R"(  argosy snapshot ls --region us-east-1,us-west-2
  argosy snapshot ls --unused --all-regions           those that are no image's disk
  argosy snapshot ls --shared-with-me
)";
constexpr char const* kShowExamples = R"(  argosy snapshot show us-west-2/snap-…
)";
constexpr char const* kRemoveExamples = R"(  argosy snapshot rm us-east-1/snap-… us-west-2/snap-…
  argosy snapshot rm --yes $(argosy snapshot ls --unused -o json | jq -r '.[] | .region+"/"+.snapshot_id')

A snapshot that an image of yours needs is kept, and the image is named (exit code 7). A pending
upload is given up by deleting its snapshot. What snapshot share --with-key gave with it is revoked; where
that is refused it is told, and the snapshot is gone all the same.
)";

void add_list(Program& program) {
  auto options = std::make_shared<ListOptions>();
  auto& verb = program.add_verb("snapshot ls", "List snapshots: your own, or those shared with you",
                                kListExamples, options, &run_ls);
  auto* shared = verb.add_flag("--shared-with-me", options->shared_with_me,
                               "Snapshots of others that you may read and copy")
                     ->option_text(" ");
  verb.add_flag("--unused", options->unused, "Only those that none of your images needs")
      ->excludes(shared)
      ->option_text(" ");
  verb.add_flag("--all-regions", options->all_regions, "Every region that the service names");
}

}  // namespace

void add_snapshot(Program& program) {
  program.add_group("snapshot", "Snapshots: ls, show, rm, share, unshare",
                    "Each teaches with examples: argosy snapshot rm --help\n");
  add_list(program);
  auto show = std::make_shared<ShowOptions>();
  program
      .add_verb("snapshot show", "Show a snapshot: progress, content digest, who may copy it, its images",
                kShowExamples, show, &run_show)
      .add_option("SNAPSHOT", show->snapshot, "REGION/snap-… or snap-…")
      ->required()
      ->option_text(" ");
  auto remove = std::make_shared<RemoveOptions>();
  auto& verb = program.add_verb("snapshot rm", "Delete snapshots", kRemoveExamples, remove, &run_rm);
  verb.add_option("SNAPSHOT", remove->snapshots, "REGION/snap-… or snap-…, one or more")
      ->required()
      ->option_text("...");
  add_consent_options(verb, remove->consent);
  add_snapshot_share(program);
  add_snapshot_unshare(program);
}

}  // namespace argosy::cli
