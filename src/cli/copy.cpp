// cli/copy.cpp - argosy copy: one image to several regions at once.
#include <algorithm>

#include "cli/encryption.h"
#include "cli/format.h"
#include "cli/identity.h"
#include "cli/interrupt.h"
#include "cli/key_reference.h"
#include "cli/parallel.h"
#include "cli/program.h"
#include "cli/region_copy.h"
#include "cli/target.h"

namespace argosy::cli {
namespace {

constexpr std::size_t kRegionsAtOnce = 64;

struct CopyOptions {
  std::string source;
  std::vector<std::string> to;
  std::string name;
  std::string description;
  std::vector<std::string> share;
  std::vector<std::string> tags;
  bool allow_copy = false;
  bool copy_tags = false;
  bool encrypt = false;
  std::vector<std::string> keys;  ///< REGION=KEY
  bool wait = false;
  bool detach = false;
};

Outcome<std::map<std::string, std::string>> parse_keys(CopyOptions const& options) {
  std::map<std::string, std::string> keys;
  for (auto const& text : options.keys) {
    auto choice = TRY(parse_key_choice(text));
    if (!options.encrypt) return stop(Exit::usage, "--kms-key needs --encrypt");
    if (std::ranges::find(options.to, choice.region) == options.to.end())
      return stop(Exit::usage, "--kms-key " + text + ": " + choice.region + " is not among --to");
    if (!keys.emplace(choice.region, choice.key).second)
      return stop(Exit::usage, "two keys for " + choice.region + ": one is needed");
  }
  return keys;
}

/// Everything that can be wrong in the command itself is found out here, before anything is changed.
Outcome<CopyOrder> make_order(CopyOptions const& options, Settings const& settings) {
  auto source = TRY(open_target(settings, options.source, {"ami-"}));
  if (!source.profile.empty())
    return stop(Exit::usage, "a copy is made with one account's credentials: --profile " + source.profile);
  CopyOrder order;
  order.source_region = source.session->region();
  order.source_image_id = source.id;
  order.name = options.name;
  order.description = options.description;
  order.audience = TRY(parse_audience(options.share));
  order.allow_copy = options.allow_copy;
  order.copy_tags = options.copy_tags;
  order.detach = options.detach;
  if (!options.name.empty()) TRY(check_image_name(options.name));
  for (auto const& text : options.tags) order.tags.push_back(TRY(parse_tag(text)));
  for (auto const& region : options.to) TRY(check_region(region));
  if (options.allow_copy) {
    if (order.audience.empty()) return stop(Exit::usage, "--allow-copy needs --share");
    TRY(check_snapshot_audience(order.audience));
  }
  if (options.detach && !order.audience.empty())
    return stop(Exit::usage,
                "--detach: an image can be shared only when it is available; wait for it, then share it");
  order.encrypt = options.encrypt;
  order.keys = TRY(parse_keys(options));
  if (options.name.empty() && std::ranges::find(options.to, order.source_region) != options.to.end())
    return stop(Exit::usage, "a copy within " + order.source_region + " needs another name: --name");
  return order;
}

/// The source must be there and available; its name is the copies' name unless another was given.
Outcome<ec2::Image> check_source(Settings const& settings, CopyOrder& order) {
  auto session = TRY(Session::open(settings, order.source_region));
  auto image = TRY(find_image(*session, order.source_image_id));
  if (order.name.empty()) order.name = image.name.value_or("");
  auto reference = order.source_region + "/" + order.source_image_id;
  if (image.image_state == "pending")
    return stop(Exit::refused, reference + " is pending: first argosy wait " + reference);
  if (image.image_state == "failed")
    return stop(Exit::refused, reference + " is failed and cannot be copied");
  return image;
}

/// The disks of the source; their keys, as far as the caller may see the snapshots.
Outcome<SourceDisks> find_disks(Session& session, ec2::Image const& image) {
  auto account = TRY(get_caller_identity(session)).account;
  auto disks = describe_disks(image, {}, account);
  if (!disks.any_encrypted) return disks;
  ec2::DescribeSnapshotsRequest request;
  request.snapshot_id = snapshot_ids(image);
  auto snapshots = describe_snapshots(session, std::move(request));
  if (snapshots) return describe_disks(image, *snapshots, account);
  if (snapshots.error().code == "InvalidSnapshot.NotFound") return disks;  // CopyImage will say what is amiss
  return std::unexpected(snapshots.error());
}

/// Whether every key is there and open to whom it must be, in all regions before a copy begins in one. The
/// order's keys become ARNs.
Outcome<void> check_keys(Settings const& settings, CopyOrder& order, ec2::Image const& image,
                         std::vector<std::string> const& regions, Terminal& terminal) {
  if (!order.encrypt && !is_encrypted(image) && order.audience.empty()) return {};
  auto session = TRY(Session::open(settings, order.source_region));
  auto source = TRY(find_disks(*session, image));
  std::vector<Outcome<KeyCheck>> found(regions.size());
  run_each(kRegionsAtOnce, regions.size(), [&](std::size_t i) {
    found[i] = [&]() -> Outcome<KeyCheck> {
      auto there = TRY(session->open_in(regions[i]));
      auto key = order.keys.find(regions[i]);
      EncryptionWish wish{order.encrypt, key == order.keys.end() ? "" : key->second,
                          regions[i] == order.source_region};
      return check_copy(*there, source, wish, order.audience);
    }();
  });
  std::map<std::string, KeyCheck> checks;
  for (std::size_t i = 0; i < regions.size(); ++i) {
    auto& check = checks[regions[i]];
    check = TRY(std::move(found[i]));
    if (!check.key_arn.empty()) order.keys[regions[i]] = check.key_arn;
  }
  add(checks[order.source_region], TRY(check_source_keys(*session, source)));
  return stop_at_obstacles(checks, terminal);
}

void tell(Terminal& terminal, CopyResult const& result, bool detach) {
  auto name = result.region + (result.image_id.empty() ? "" : "/" + result.image_id);
  if (result.failure) {
    terminal.complain(name + "  " + explain(*result.failure));
  } else if (detach && !result.was_there) {
    terminal.note(name + "  goes on at the server: argosy wait " + name);
  } else {
    terminal.note(name + "  " + (result.was_there ? "was there already" : show_outcome(result.progress)) +
                  " (" + show_duration(result.took) + ")");
  }
}

void say_interrupted(Terminal& terminal, UnderWay const& under_way) {
  auto references = under_way.all();
  if (references.empty()) return;
  std::string command = "argosy wait";
  for (auto const& reference : references) command += " " + reference;
  terminal.complain("Interrupted. The copies go on at the server; to go on waiting:\n  " + command);
}

Outcome<Exit> run(CopyOptions const& options, Settings const& settings, Terminal& terminal) {
  auto order = TRY(make_order(options, settings));
  auto image = TRY(check_source(settings, order));
  auto regions = without_repeats(options.to);
  TRY(check_keys(settings, order, image, regions, terminal));
  std::vector<CopyResult> results(regions.size());
  UnderWay under_way;
  {
    OnInterrupt on_interrupt([&] { say_interrupted(terminal, under_way); });
    run_each(kRegionsAtOnce, regions.size(), [&](std::size_t i) {
      results[i] = copy_to_region(settings, order, regions[i], terminal, under_way);
      tell(terminal, results[i], order.detach);
      if (!results[i].failure && terminal.format() == Format::table)
        terminal.print(regions[i] + " " + results[i].image_id + "\n");
    });
  }
  boost::json::array items;
  std::vector<std::optional<Failure>> failures;
  for (auto const& result : results) {
    failures.push_back(result.failure);
    items.push_back(to_json(result));
  }
  if (terminal.format() == Format::json)
    terminal.print(boost::json::object{{"source", order.source_region + "/" + order.source_image_id},
                                       {"name", order.name},
                                       {"copies", std::move(items)}});
  auto exit = combine(failures);
  if (exit == Exit::partly)
    terminal.complain("argosy: some regions failed; the others are done. Run it again for the rest.");
  return exit;
}

constexpr char const* kExamples = R"(  argosy copy us-east-1/ami-… --to us-west-2,eu-west-1
  argosy copy ami-… -r us-east-1 --to us-west-2 --share 123456789012 --allow-copy
  argosy copy us-east-1/ami-… --to us-west-2 --detach   then: argosy wait us-west-2/ami-…
  argosy copy us-east-1/ami-… --to us-west-2 | while read region image; do …; done
  argosy copy us-east-1/ami-… --to us-west-2 --encrypt --kms-key us-west-2=alias/images --share 123456789012

Prints a line REGION IMAGE for each region as soon as it is done there. A region that fails does not
undo another (exit code 3); 1 says that all failed, for whatever reason, one region too, and 6 that nothing
moved in any of them for --timeout. Run again, it does only what is missing: a copy that is there, or on its
way, is taken over by its name and source; one that failed is made anew. Ctrl-C ends the waiting, not the copy.

Before a copy of something encrypted begins anywhere, the keys are looked at: each must be there, enabled,
open to you and to the accounts of --share. What is missing is told with the command that mends it, and
nothing is started (exit code 4). Where it cannot be told whether the source's key is open to you, that is
said, and the copy is tried.
)";

}  // namespace

void add_copy(Program& program) {
  auto options = std::make_shared<CopyOptions>();
  auto& verb = program.add_verb("copy", "Copy an image to other regions", kExamples, options, &run);
  verb.add_option("SOURCE", options->source, "REGION/ami-…, ami-… or name:NAME")
      ->required()
      ->option_text(" ");
  add_values(verb, "--to", options->to, "Regions, repeated or with commas; required")
      .required()
      ->option_text("REGIONS");
  verb.add_option("--name", options->name, "Name of the copies; the source's unless given")
      ->option_text("NAME");
  verb.add_option("--description", options->description, "Of the copies")->option_text("TEXT");
  add_values(verb, "--share", options->share,
             "Accounts or ARNs that may start the copies, repeated or with commas")
      .option_text("ACCOUNTS");
  verb.add_flag("--allow-copy", options->allow_copy, "They may copy the snapshots too");
  verb.add_flag("--encrypt", options->encrypt, "Encrypt the copies")->option_text(" ");
  verb.add_option(
          "--kms-key", options->keys,
          "REGION=KEY for --encrypt, may be repeated: an id, an ARN or alias/NAME; the default key of EBS "
          "in other regions")
      ->allow_extra_args(false)
      ->option_text("REGION=KEY");
  verb.add_flag("--copy-tags", options->copy_tags, "Your tags on the source go to the copies");
  verb.add_option("--tag", options->tags, "KEY=VALUE on the copies and their snapshots; may be repeated")
      ->allow_extra_args(false)
      ->option_text("KEY=VALUE");
  auto* wait =
      verb.add_flag("--wait", options->wait, "Until they are available (the default)")->option_text(" ");
  verb.add_flag("--detach", options->detach, "Begin the copies and end")->excludes(wait)->option_text(" ");
}

}  // namespace argosy::cli
