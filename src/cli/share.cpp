// cli/share.cpp - argosy share and unshare: who may start images, and with --allow-copy who may copy them.
#include "cli/follow.h"
#include "cli/format.h"
#include "cli/parallel.h"
#include "cli/permissions.h"
#include "cli/program.h"

namespace argosy::cli {
namespace {

constexpr std::size_t kImagesAtOnce = 16;

struct ShareOptions {
  std::vector<std::string> words;  ///< images, then accounts and ARNs
  bool everybody = false;
  bool allow_copy = false;
  bool all = false;  ///< of unshare
};

struct Order {
  std::vector<Reference> images;
  Audience audience;
};

Outcome<Order> parse_order(ShareOptions const& options, Settings const& settings) {
  Order order;
  std::vector<std::string> audience;
  for (auto const& word : options.words) {
    if (!word.contains("ami-") || word.starts_with("arn:")) {
      audience.push_back(word);
      continue;
    }
    auto reference = TRY(parse_reference(word, {"ami-"}));
    if (!reference.region) reference.region = TRY(settings.region());
    order.images.push_back(std::move(reference));
  }
  order.audience = TRY(parse_audience(audience));
  order.audience.everybody = options.everybody;
  if (order.images.empty()) return stop(Exit::usage, "which image? Write REGION/ami-…");
  if (options.all && !order.audience.empty())
    return stop(Exit::usage, "--all means everybody: name no account beside it");
  if (!options.all && order.audience.empty())
    return stop(Exit::usage, "with whom? Name accounts, or --public");
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
  TRY(change_launch_permissions(session, image_id, Change::grant, order.audience));
  if (!options.allow_copy) return {};
  return change_snapshot_permissions(session, TRY(find_own_snapshots(session, image)), Change::grant,
                                     order.audience);
}

Outcome<void> unshare_image(Session& session, std::string const& image_id, Order const& order,
                            ShareOptions const& options) {
  auto image = TRY(find_image(session, image_id));
  auto snapshots = TRY(find_own_snapshots(session, image));
  if (!options.all) {
    TRY(change_launch_permissions(session, image_id, Change::revoke, order.audience));
    return change_snapshot_permissions(session, snapshots, Change::revoke, order.audience);
  }
  TRY(reset_launch_permissions(session, image_id));
  for (auto const& id : snapshots) TRY(reset_snapshot_permissions(session, id));
  return {};
}

/// Does the same to every image; tells and, for scripts, prints who may start each afterwards.
template <class Act>
Outcome<Exit> change_all(Order const& order, Settings const& settings, Terminal& terminal, Act act) {
  auto const& images = order.images;
  std::vector<std::optional<Failure>> failures(images.size());
  std::vector<std::optional<Audience>> remaining(images.size());
  run_each(kImagesAtOnce, images.size(), [&](std::size_t i) {
    auto changed = [&]() -> Outcome<void> {
      auto session = TRY(Session::open(settings, *images[i].region));
      TRY(act(*session, images[i].id));
      remaining[i] = to_audience(TRY(launch_permissions(*session, images[i].id)));
      return {};
    }();
    auto name = *images[i].region + "/" + images[i].id;
    if (!changed) failures[i] = changed.error();
    changed ? terminal.note(name + "  shared with: " + show_audience(*remaining[i]))
            : terminal.complain(name + "  " + explain(changed.error()));
  });
  if (terminal.format() == Format::json) {
    boost::json::array items;
    for (std::size_t i = 0; i < images.size(); ++i)
      items.push_back({{"region", *images[i].region},
                       {"image_id", images[i].id},
                       {"shared", or_null(remaining[i])},
                       {"error", or_null(failures[i])}});
    terminal.print(items);
  }
  return failures.size() == 1 && failures[0] ? failures[0]->exit : combine(failures);
}

Outcome<Exit> run_share(ShareOptions const& options, Settings const& settings, Terminal& terminal) {
  auto order = TRY(parse_order(options, settings));
  if (options.allow_copy) TRY(check_snapshot_audience(order.audience));
  return change_all(order, settings, terminal, [&](Session& session, std::string const& id) {
    return share_image(session, id, order, options);
  });
}

Outcome<Exit> run_unshare(ShareOptions const& options, Settings const& settings, Terminal& terminal) {
  auto order = TRY(parse_order(options, settings));
  return change_all(order, settings, terminal, [&](Session& session, std::string const& id) {
    return unshare_image(session, id, order, options);
  });
}

constexpr char const* kWords =
    "Images, REGION/ami-… or ami-…; then accounts (12 digits) or ARNs of organizations";

constexpr char const* kShareExamples = R"(  argosy share us-west-2/ami-… 123456789012
  argosy share us-east-1/ami-… us-west-2/ami-… 123456789012 210987654321
  argosy share us-west-2/ami-… 123456789012 --allow-copy

To start an image the launch permission is enough. To copy it, an account needs its snapshots too:
that is --allow-copy, and gives away the content.
)";

constexpr char const* kUnshareExamples = R"(  argosy unshare us-west-2/ami-… 123456789012
  argosy unshare us-east-1/ami-… us-west-2/ami-… eu-west-1/ami-… 123456789012     everywhere
  argosy unshare us-west-2/ami-… --all                everybody but the owner

Takes both away, launch permission and that of the snapshots. What was started or copied before goes
on.
)";

}  // namespace

void add_share(Program& program) {
  auto options = std::make_shared<ShareOptions>();
  auto& verb =
      program.add_verb("share", "Let other accounts start images", kShareExamples, options, &run_share);
  verb.add_option("IMAGE ACCOUNT", options->words, kWords)->required()->option_text(" ");
  verb.add_flag("--public", options->everybody, "With everybody");
  verb.add_flag("--allow-copy", options->allow_copy, "They may copy the snapshots too");
}

void add_unshare(Program& program) {
  auto options = std::make_shared<ShareOptions>();
  auto& verb = program.add_verb("unshare", "Take images back", kUnshareExamples, options, &run_unshare);
  verb.add_option("IMAGE ACCOUNT", options->words, kWords)->required()->option_text(" ");
  verb.add_flag("--all", options->all, "From everybody: accounts, organizations and the public");
  verb.add_flag("--public", options->everybody, "From the public; named accounts keep it");
}

}  // namespace argosy::cli
