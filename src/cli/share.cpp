// cli/share.cpp - argosy share and unshare, for images (who may start them, and with --allow-copy copy them)
// and for snapshots.
#include "cli/follow.h"
#include "cli/format.h"
#include "cli/parallel.h"
#include "cli/permissions.h"
#include "cli/program.h"
#include "cli/share_keys.h"
#include "cli/target.h"

namespace argosy::cli {
namespace {

constexpr std::size_t kTargetsAtOnce = 16;

struct ShareOptions {
  std::vector<std::string> words;  ///< images or snapshots, then accounts and ARNs
  bool everybody = false;
  bool allow_copy = false;
  bool with_key = false;
  bool all = false;  ///< of unshare
};

struct Order {
  std::vector<Target> targets;
  Audience audience;
};

enum class Noun { image, snapshot };

/// Whether a word means one of the things to be shared, not one of those it is shared with.
bool names_a_target(std::string_view word, Noun noun) {
  if (word.starts_with("arn:")) return false;
  return noun == Noun::image ? word.contains("ami-") || word.contains("name:") : word.contains("snap-");
}

Outcome<Order> parse_order(ShareOptions const& options, Settings const& settings, Noun noun) {
  Order order;
  std::vector<std::string> targets;
  std::vector<std::string> audience;
  for (auto const& word : options.words) (names_a_target(word, noun) ? targets : audience).push_back(word);
  order.audience = TRY(parse_audience(audience));
  order.audience.everybody = options.everybody;
  std::string_view const prefix = noun == Noun::image ? "ami-" : "snap-";
  if (targets.empty()) return stop(Exit::usage, "share what? Write REGION/" + std::string(prefix) + "…");
  if (options.all && !order.audience.empty())
    return stop(Exit::usage, "--all means everybody: name no account beside it");
  if (!options.all && order.audience.empty())
    return stop(Exit::usage, "with whom? Name accounts, or --public");
  order.targets = TRY(open_targets(settings, targets, {prefix}));
  return order;
}

/// The image's snapshots that are the caller's own: others cannot be shared by him.
Outcome<std::vector<std::string>> find_own_snapshots(Session& session, ec2::Image const& image) {
  std::vector<std::string> ids;
  for (auto const& snapshot : TRY(own_snapshots(session, snapshot_ids(image))))
    ids.push_back(snapshot.snapshot_id.value_or(""));
  return ids;
}

Outcome<void> share_image(Session& session, std::string const& image_id, Order const& order,
                          ShareOptions const& options) {
  auto image = TRY(find_image(session, image_id));
  if (options.with_key) TRY(give_keys(session, to_shared(image), order.audience.accounts));
  TRY(change_launch_permissions(session, image_id, Change::grant, order.audience));
  if (!options.allow_copy) return {};
  return change_snapshot_permissions(session, TRY(find_own_snapshots(session, image)), Change::grant,
                                     order.audience);
}

/// A disabled image has none: disabling took them.
Outcome<void> take_launch_permissions(Session& session, ec2::Image const& image, Order const& order,
                                      ShareOptions const& options) {
  auto const id = image.image_id.value_or("");
  if (image.image_state == "disabled") return {};
  if (options.all) return reset_launch_permissions(session, id);
  return change_launch_permissions(session, id, Change::revoke, order.audience);
}

Outcome<void> take_snapshot_permissions(Session& session, std::vector<std::string> const& snapshots,
                                        Order const& order, ShareOptions const& options) {
  if (!options.all) return change_snapshot_permissions(session, snapshots, Change::revoke, order.audience);
  return try_each(snapshots, [&](std::string const& id) { return reset_snapshot_permissions(session, id); });
}

Outcome<void> take_own_snapshots(Session& session, ec2::Image const& image, Order const& order,
                                 ShareOptions const& options) {
  auto const snapshots = TRY(find_own_snapshots(session, image));
  return take_snapshot_permissions(session, snapshots, order, options);
}

/// What --with-key gave, of those who lose the permission.
Outcome<void> take_keys_back(Session& session, Shared const& shared, Order const& order,
                             ShareOptions const& options) {
  if (!options.all && order.audience.accounts.empty()) return {};  // of nobody would be of all
  return take_keys(session, shared, order.audience.accounts);
}

/// Takes what can be taken, also after a step that failed: whoever is to be shut out would still be in.
Outcome<void> unshare_image(Session& session, std::string const& image_id, Order const& order,
                            ShareOptions const& options) {
  auto image = TRY(find_image(session, image_id));
  auto launch = take_launch_permissions(session, image, order, options);
  auto snapshots = take_own_snapshots(session, image, order, options);
  auto keys = take_keys_back(session, to_shared(image), order, options);
  if (!launch) return launch;
  return snapshots ? keys : snapshots;
}

Outcome<void> share_snapshot(Session& session, std::string const& snapshot_id, Order const& order,
                             ShareOptions const& options) {
  if (options.with_key) TRY(give_keys(session, {snapshot_id, {snapshot_id}}, order.audience.accounts));
  return change_snapshot_permissions(session, {snapshot_id}, Change::grant, order.audience);
}

Outcome<void> unshare_snapshot(Session& session, std::string const& snapshot_id, Order const& order,
                               ShareOptions const& options) {
  auto snapshot = take_snapshot_permissions(session, {snapshot_id}, order, options);
  auto key = take_keys_back(session, {snapshot_id, {snapshot_id}}, order, options);
  return snapshot ? key : snapshot;
}

Outcome<Shared> find_shared(Session& session, std::string const& id, Noun noun) {
  if (noun == Noun::snapshot) return Shared{id, {id}};
  return to_shared(TRY(find_image(session, id)));
}

/// Of all that is to be shared, before the first is. Fails with `refused`.
Outcome<void> check_keys(Order const& order, ShareOptions const& options, Noun noun, Terminal& terminal) {
  std::string obstacles;
  for (auto const& target : order.targets) {
    auto shared = TRY(find_shared(*target.session, target.id, noun));
    auto check = TRY(check_share(*target.session, shared, order.audience, options.with_key));
    for (auto const& warning : check.warnings) terminal.complain(target.text() + "  " + show(warning, 2));
    for (auto const& obstacle : check.obstacles)
      obstacles += "\n  " + target.text() + ": " + show(obstacle, 4);
  }
  if (obstacles.empty()) return {};
  return stop(Exit::refused, "nothing was shared:" + obstacles);
}

/// Does the same to each; tells and, for scripts, prints whom each is shared with afterwards. `act` and
/// `look` take a session and an id; `look` gives the permissions.
template <class Act, class Look>
Outcome<Exit> change_all(std::vector<Target> const& targets, char const* id_name, Terminal& terminal, Act act,
                         Look look) {
  std::vector<std::optional<Failure>> failures(targets.size());
  std::vector<std::optional<Audience>> remaining(targets.size());
  run_each(kTargetsAtOnce, targets.size(), [&](std::size_t i) {
    auto changed = [&]() -> Outcome<void> {
      TRY(act(*targets[i].session, targets[i].id));
      remaining[i] = to_audience(TRY(look(*targets[i].session, targets[i].id)));
      return {};
    }();
    if (!changed) failures[i] = changed.error();
    changed ? terminal.note(targets[i].text() + "  shared with: " + show_audience(*remaining[i]))
            : terminal.complain(targets[i].text() + "  " + explain(changed.error()));
  });
  if (terminal.format() == Format::json) {
    boost::json::array items;
    for (std::size_t i = 0; i < targets.size(); ++i)
      items.push_back({{"region", targets[i].session->region()},
                       {id_name, targets[i].id},
                       {"shared", or_null(remaining[i])},
                       {"error", or_null(failures[i])}});
    terminal.print(items);
  }
  return conclude(failures);
}

Outcome<Exit> run_share(ShareOptions const& options, Settings const& settings, Terminal& terminal) {
  auto order = TRY(parse_order(options, settings, Noun::image));
  if (options.allow_copy) TRY(check_snapshot_audience(order.audience));
  TRY(check_keys(order, options, Noun::image, terminal));
  auto act = [&](Session& session, std::string const& id) {
    return share_image(session, id, order, options);
  };
  return change_all(order.targets, "image_id", terminal, act, &launch_permissions);
}

Outcome<Exit> run_unshare(ShareOptions const& options, Settings const& settings, Terminal& terminal) {
  auto order = TRY(parse_order(options, settings, Noun::image));
  auto act = [&](Session& session, std::string const& id) {
    return unshare_image(session, id, order, options);
  };
  return change_all(order.targets, "image_id", terminal, act, &launch_permissions);
}

Outcome<Exit> run_snapshot_share(ShareOptions const& options, Settings const& settings, Terminal& terminal) {
  auto order = TRY(parse_order(options, settings, Noun::snapshot));
  TRY(check_snapshot_audience(order.audience));
  TRY(check_keys(order, options, Noun::snapshot, terminal));
  auto act = [&](Session& session, std::string const& id) {
    return share_snapshot(session, id, order, options);
  };
  return change_all(order.targets, "snapshot_id", terminal, act, &snapshot_permissions);
}

Outcome<Exit> run_snapshot_unshare(ShareOptions const& options, Settings const& settings,
                                   Terminal& terminal) {
  auto order = TRY(parse_order(options, settings, Noun::snapshot));
  TRY(check_snapshot_audience(order.audience));
  auto act = [&](Session& session, std::string const& id) {
    return unshare_snapshot(session, id, order, options);
  };
  return change_all(order.targets, "snapshot_id", terminal, act, &snapshot_permissions);
}

constexpr char const* kWords =
    "Images, REGION/ami-…, ami-… or name:NAME; then accounts (12 digits) or ARNs of organizations";

constexpr char const* kSnapshotWords = "Snapshots, REGION/snap-… or snap-…; then accounts (12 digits)";

constexpr char const* kShareExamples = R"(  argosy share us-west-2/ami-… 123456789012
  argosy share us-east-1/ami-… us-west-2/ami-… 123456789012 210987654321
  argosy share us-west-2/ami-… 123456789012 --allow-copy
  argosy share us-west-2/ami-… 123456789012 --with-key        an encrypted one

To start an image the launch permission is enough, and of an encrypted one its key: that is --with-key, and
gives each account a grant on the keys of its disks, for this image, which unshare takes away. To copy it, an
account needs its snapshots too: that is --allow-copy, and gives away the content.
)";

constexpr char const* kUnshareExamples = R"(  argosy unshare us-west-2/ami-… 123456789012
  argosy unshare us-east-1/ami-… us-west-2/ami-… eu-west-1/ami-… 123456789012     everywhere
  argosy unshare us-west-2/ami-… --all                everybody but the owner

Takes away launch permission, that of the snapshots, and what --with-key gave with the image. What was started
or copied before goes on.
)";

constexpr char const* kSnapshotShareExamples =
    R"(  argosy snapshot share us-east-1/snap-… 123456789012
  argosy snapshot share us-east-1/snap-… 123456789012 --with-key        an encrypted one

Whom a snapshot is shared with can read its content, and copy images that it is a disk of. Of an encrypted one
he needs the key too: that is --with-key, and gives each account a grant on it, for this snapshot, which
snapshot unshare takes away.
)";

constexpr char const* kSnapshotUnshareExamples = R"(  argosy snapshot unshare us-east-1/snap-… 123456789012
  argosy snapshot unshare us-east-1/snap-… --all

Takes away the permission and what --with-key gave with the snapshot. What was copied before stays.
)";

}  // namespace

void add_share(Program& program) {
  auto options = std::make_shared<ShareOptions>();
  auto& verb =
      program.add_verb("share", "Let other accounts start images", kShareExamples, options, &run_share);
  verb.add_option("IMAGE ACCOUNT", options->words, kWords)->required()->option_text(" ");
  verb.add_flag("--public", options->everybody, "With everybody");
  verb.add_flag("--allow-copy", options->allow_copy, "They may copy the snapshots too");
  verb.add_flag("--with-key", options->with_key, "They may use the keys of its disks, for this image");
}

void add_unshare(Program& program) {
  auto options = std::make_shared<ShareOptions>();
  auto& verb = program.add_verb("unshare", "Take images back", kUnshareExamples, options, &run_unshare);
  verb.add_option("IMAGE ACCOUNT", options->words, kWords)->required()->option_text(" ");
  verb.add_flag("--all", options->all, "From everybody: accounts, organizations and the public");
  verb.add_flag("--public", options->everybody, "From the public; named accounts keep it");
}

void add_snapshot_share(Program& program) {
  auto options = std::make_shared<ShareOptions>();
  auto& verb = program.add_verb("snapshot share", "Let other accounts read and copy snapshots",
                                kSnapshotShareExamples, options, &run_snapshot_share);
  verb.add_option("SNAPSHOT ACCOUNT", options->words, kSnapshotWords)->required()->option_text(" ");
  verb.add_flag("--public", options->everybody, "With everybody");
  verb.add_flag("--with-key", options->with_key, "They may use its key, for this snapshot");
}

void add_snapshot_unshare(Program& program) {
  auto options = std::make_shared<ShareOptions>();
  auto& verb = program.add_verb("snapshot unshare", "Take snapshots back", kSnapshotUnshareExamples, options,
                                &run_snapshot_unshare);
  verb.add_option("SNAPSHOT ACCOUNT", options->words, kSnapshotWords)->required()->option_text(" ");
  verb.add_flag("--all", options->all, "From everybody: accounts and the public");
  verb.add_flag("--public", options->everybody, "From the public; named accounts keep it");
}

}  // namespace argosy::cli
