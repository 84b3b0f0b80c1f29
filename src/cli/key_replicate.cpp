// cli/key_replicate.cpp - argosy key replicate: a multi-Region key in other regions.
#include <algorithm>

#include "cli/follow.h"
#include "cli/format.h"
#include "cli/key_target.h"
#include "cli/program.h"
#include "cli/reference.h"

namespace argosy::cli {
namespace {

struct ReplicateOptions {
  std::string key;
  std::vector<std::string> to;
};

/// A multi-Region key by its primary key: that alone can be replicated.
Outcome<KeyTarget> open_primary(Settings const& settings, std::string const& reference) {
  auto target = TRY(open_key(settings, reference));
  auto const& key = target.key;
  if (!key.multi_region_configuration)
    return stop(Exit::refused, show_key(key.arn) +
                                   " belongs to its region for ever. One that can be replicated: argosy key "
                                   "create " +
                                   target.session->region() + " --multi-region");
  auto primary = key.multi_region_configuration->primary_key;
  if (primary.arn == key.arn) return target;
  KeyTarget out;
  out.session = TRY(target.session->open_in(primary.region));
  out.key = TRY(describe_key(*out.session, primary.arn));
  return out;
}

/// The ARN of the key in that region; empty if it has none there.
std::string find_in(kms::MultiRegionConfiguration const& key, std::string const& region) {
  if (key.primary_key.region == region) return key.primary_key.arn;
  auto found = std::ranges::find(key.replica_keys, region, &kms::MultiRegionKey::region);
  return found == key.replica_keys.end() ? "" : found->arn;
}

/// What has become of the key in a region.
struct Replica {
  std::string arn;
  bool is_new = true;
};

Outcome<Replica> make_replica(KeyTarget const& target, std::string const& region) {
  auto known = find_in(*target.key.multi_region_configuration, region);
  if (!known.empty()) return Replica{known, false};
  auto made = replicate_key(*target.session, target.key.arn, region);
  if (made) return Replica{made->arn, true};
  if (made.error().code != "AlreadyExistsException") return std::unexpected(made.error());
  // By an attempt whose answer was lost, or by somebody else at the same time.
  auto const key = TRY(describe_key(*target.session, target.key.arn));
  if (key.multi_region_configuration) known = find_in(*key.multi_region_configuration, region);
  if (known.empty()) return std::unexpected(made.error());
  return Replica{known, false};
}

/// {region, arn, created}
Outcome<boost::json::object> replicate(KeyTarget const& target, std::string const& region,
                                       Terminal& terminal) {
  auto const replica = TRY(make_replica(target, region));
  if (!replica.is_new) terminal.note(show_key(replica.arn) + "  was there already");
  if (terminal.format() == Format::table) terminal.print(replica.arn + "\n");
  return boost::json::object{{"region", region}, {"arn", replica.arn}, {"created", replica.is_new}};
}

Outcome<Exit> run(ReplicateOptions const& options, Settings const& settings, Terminal& terminal) {
  auto regions = without_repeats(options.to);
  for (auto const& region : regions) TRY(check_region(region));
  auto target = TRY(open_primary(settings, options.key));
  boost::json::array replicas;
  std::vector<std::optional<Failure>> failures;
  for (auto const& region : regions) {
    auto made = replicate(target, region, terminal);
    if (!made && regions.size() == 1) return std::unexpected(made.error());
    if (!made) terminal.complain(region + ": " + explain(made.error()));
    failures.push_back(made ? std::nullopt : std::optional(made.error()));
    replicas.push_back(made ? *std::move(made)
                            : boost::json::object{{"region", region}, {"error", to_json(made.error())}});
  }
  if (terminal.format() == Format::json)
    terminal.print(boost::json::object{{"key", target.key.arn}, {"replicas", std::move(replicas)}});
  return combine(failures);
}

constexpr char const* kExamples = R"(  argosy key replicate us-east-1/alias/images --to us-west-2,eu-west-1

Prints the ARN in each region; the same twice makes no second one. A replica opens what the key encrypts
anywhere and has its id, but alias, policy and grants of its own: whoever shall use it there is given it
there. A copy takes it where it is named: argosy copy … --kms-key REGION=ARN.
)";

}  // namespace

void add_key_replicate(Program& program) {
  auto options = std::make_shared<ReplicateOptions>();
  auto& verb =
      program.add_verb("key replicate", "Take a multi-Region key to other regions", kExamples, options, &run);
  verb.add_option("KEY", options->key, "REGION/ID, REGION/alias/NAME or an ARN")
      ->required()
      ->option_text(" ");
  add_values(verb, "--to", options->to, "Regions, repeated or with commas; required")
      .required()
      ->option_text("REGIONS");
}

}  // namespace argosy::cli
