// cli/key.cpp - argosy key ls, create, grant and revoke.
#include <algorithm>

#include "cli/format.h"
#include "cli/key_access.h"
#include "cli/key_grants.h"
#include "cli/key_target.h"
#include "cli/program.h"
#include "cli/reference.h"
#include "cli/regions.h"

namespace argosy::cli {
namespace {

struct ListOptions {
  std::vector<std::string> regions;
  bool all_regions = false;
};

std::vector<std::string> aliases_of(std::vector<kms::AliasListEntry> const& aliases,
                                    std::string const& key_id) {
  std::vector<std::string> names;
  for (auto const& alias : aliases)
    if (alias.target_key_id == key_id) names.push_back(alias.alias_name);
  return names;
}

Outcome<Listing> list(Session& session) {
  auto aliases = TRY(list_aliases(session));
  Listing listing;
  auto keys = TRY(list_keys(session));
  for (auto const& entry : keys) {
    auto names = aliases_of(aliases, entry.key_id);
    std::string shown;
    for (auto const& name : names) (shown += shown.empty() ? "" : ", ") += name;
    std::vector<std::string> row{session.region(), entry.key_id, shown.empty() ? "-" : shown};
    boost::json::object item{{"region", session.region()},
                             {"key_id", entry.key_id},
                             {"arn", entry.key_arn},
                             {"aliases", boost::json::value_from(names)}};
    auto found = TRY(find_key(session, entry.key_arn));
    if (auto const& key = found.key) {
      row.insert(row.end(), {key->key_state, is_managed_by_aws(*key) ? "AWS" : "you", key->description});
      item["state"] = key->key_state;
      item["managed_by_aws"] = is_managed_by_aws(*key);
      item["multi_region"] = key->multi_region;
      item["description"] = key->description;
    } else {  // its policy is closed to its own account
      row.insert(row.end(), {"?", "?", found.obstacle->what});
      item["state"] = nullptr;
    }
    listing.rows.push_back(std::move(row));
    listing.items.push_back(std::move(item));
  }
  return listing;
}

Outcome<Exit> run_ls(ListOptions const& options, Settings const& given, Terminal& terminal) {
  auto settings = given;
  for (auto const& region : options.regions) TRY(check_region(region));
  if (!options.regions.empty()) settings.regions = without_repeats(options.regions);
  auto regions = TRY(choose_regions(settings, options.all_regions));
  std::vector<std::string> head{"REGION", "KEY", "ALIASES", "STATE", "MANAGED BY", "DESCRIPTION"};
  return print_lists(settings, regions, head, "No keys.", &list, terminal);
}

struct CreateOptions {
  std::string region;
  std::string alias;
  std::string description;
  bool multi_region = false;
  std::vector<std::string> open_to;
};

/// A key is not made and then found to have no name.
Outcome<void> check_alias_is_free(Session& session, std::string const& alias) {
  for (auto const& taken : TRY(list_aliases(session)))
    if (taken.alias_name == alias)
      return stop(Exit::refused, "nothing was created: " + alias + " is already that of " + session.region() +
                                     "/" + taken.target_key_id.value_or("?"));
  return {};
}

/// After the key is there: `grants` are those that were given.
Outcome<void> name_and_open(Session& session, std::string const& alias, kms::KeyMetadata const& key,
                            std::vector<std::string> const& accounts, boost::json::array& grants) {
  if (!alias.empty()) TRY(create_alias(session, alias, key.key_id));
  for (auto const& account : accounts) {
    auto grant_id = TRY(give_key(session, key.arn, account, ""));
    grants.push_back({{"account", account}, {"grant_id", grant_id}});
  }
  return {};
}

Outcome<Exit> run_create(CreateOptions const& options, Settings const& settings, Terminal& terminal) {
  TRY(check_region(options.region));
  auto accounts = without_repeats(options.open_to);
  for (auto const& account : accounts) TRY(check_account(account));
  std::string alias;
  if (!options.alias.empty()) alias = TRY(parse_alias(options.alias));
  auto session = TRY(Session::open(settings, options.region));
  if (!alias.empty()) TRY(check_alias_is_free(*session, alias));
  kms::CreateKeyRequest request;
  if (!options.description.empty()) request.description = options.description;
  if (options.multi_region) request.multi_region = true;
  auto key = TRY(create_key(*session, request));
  boost::json::array grants;
  if (auto done = name_and_open(*session, alias, key, accounts, grants); !done) {
    terminal.complain("The key " + show_key(key.arn) + " was created and stays.");
    return std::unexpected(done.error());
  }
  for (auto const& account : accounts)
    terminal.note(show_key(key.arn) + "  is open to " + account + " for starting and copying images");
  if (terminal.format() == Format::table) {
    terminal.print(key.arn + "\n");
  } else {
    terminal.print(boost::json::object{
        {"region", session->region()},
        {"key_id", key.key_id},
        {"arn", key.arn},
        {"alias", alias.empty() ? boost::json::value(nullptr) : boost::json::value(alias)},
        {"multi_region", key.multi_region},
        {"grants", std::move(grants)}});
  }
  return Exit::done;
}

struct GrantOptions {
  std::string key;
  std::string account;
};

Outcome<Exit> run_grant(GrantOptions const& options, Settings const& settings, Terminal& terminal) {
  TRY(check_account(options.account));
  auto target = TRY(open_key(settings, options.key));
  if (is_managed_by_aws(target.key))
    return stop(Exit::refused, show_key(target.key.arn) +
                                   " is managed by AWS and cannot be opened to others: argosy key create " +
                                   target.session->region());
  if (auto obstacle = find_state_obstacle(target.key)) return stop(Exit::refused, show(*obstacle, 2));
  auto grant_id = TRY(give_key(*target.session, target.key.arn, options.account, ""));
  terminal.note(show_key(target.key.arn) + "  is open to " + options.account +
                " for starting and copying images");
  if (terminal.format() == Format::table) {
    terminal.print(grant_id + "\n");
  } else {
    terminal.print(
        boost::json::object{{"key", target.key.arn}, {"account", options.account}, {"grant_id", grant_id}});
  }
  return Exit::done;
}

struct RevokeOptions {
  std::string key;
  std::string whom;  ///< an account or a grant's id
};

/// 12 digits; a grant's id has 64.
bool is_account(std::string const& word) { return check_account(word).has_value(); }

/// Whether argosy gave the grant to the account, by hand or with an image or a snapshot.
bool is_ours(kms::GrantListEntry const& grant, std::string const& account) {
  auto name = grant.name.value_or("");
  return name == grant_name(account, "") || name.starts_with(grant_name(account, "") + ":");
}

/// What is not taken away is said, and what cannot be told of it: who is meant to be shut out may still be
/// in.
void tell_what_stays(KeyTarget const& target, std::string const& account, Terminal& terminal) {
  auto const key = show_key(target.key.arn);
  auto const rules = read_key_rules(*target.session, target.key.arn);
  if (!rules)
    return terminal.complain(key + "  what else opens it to " + account +
                             " could not be looked at: " + explain(rules.error()));
  auto const access = judge_access(*rules, target.key, account);
  if (!access.through.empty())
    terminal.complain(key + "  is still open to " + account + " by " + access.through +
                      ": see argosy key dependents " + key);
  if (!rules->policy)
    terminal.complain(key + "  whether its policy opens it to " + account + " could not be looked at");
  if (!rules->grants)
    terminal.complain(key + "  whether a grant opens it to " + account + " could not be looked at");
}

/// Of an account, what argosy gave it: how many.
Outcome<std::size_t> revoke_account(KeyTarget const& target, std::string const& account, Terminal& terminal) {
  auto const revoked =
      take_key(*target.session, target.key.arn, [&](auto const& grant) { return is_ours(grant, account); });
  terminal.note(show_key(target.key.arn) + "  " +
                (revoked.count == 0 ? "no grant" : show_count(revoked.count, "grant")) + " of " + account +
                " revoked");
  tell_what_stays(target, account, terminal);
  if (revoked.failure) return std::unexpected(*revoked.failure);
  return revoked.count;
}

Outcome<Exit> run_revoke(RevokeOptions const& options, Settings const& settings, Terminal& terminal) {
  auto target = TRY(open_key(settings, options.key));
  std::size_t revoked = 1;
  if (is_account(options.whom)) {
    revoked = TRY(revoke_account(target, options.whom, terminal));
  } else {
    TRY(revoke_grant(*target.session, target.key.arn, options.whom));
    terminal.note(show_key(target.key.arn) + "  grant revoked");
  }
  if (terminal.format() == Format::json)
    terminal.print(boost::json::object{{"key", target.key.arn}, {"revoked", revoked}});
  return Exit::done;
}

constexpr char const* kListExamples = R"(  argosy key ls us-east-1 us-west-2
  argosy key ls --all-regions --output json | jq -r '.[] | select(.managed_by_aws | not) | .arn'
)";

constexpr char const* kCreateExamples = R"(  argosy key create us-west-2 --alias images
  key=$(argosy key create us-west-2 --alias images --open-to 123456789012)

Prints the ARN. A key belongs to one region: make one in each region that has encrypted images, or one
with --multi-region, which argosy key replicate takes to others. The accounts of --open-to are given what
argosy key grant gives.
)";

constexpr char const* kGrantExamples = R"(  argosy key grant us-west-2/alias/images 123456789012

Gives just what starting and copying images under the key needs: DescribeKey, CreateGrant, Decrypt,
ReEncryptFrom and GenerateDataKeyWithoutPlaintext. Prints the grant's id; the same twice is one grant.
The images themselves are shared with argosy share, whose --with-key does both, as that of argosy snapshot
share does.
)";

constexpr char const* kRevokeExamples = R"(  argosy key revoke us-west-2/alias/images 123456789012
  argosy key revoke us-west-2/alias/images 5e64dc7a…         one grant, by its id

Of an account it revokes what argosy key grant and the --with-key of argosy share and argosy snapshot share
gave. What others gave, and what the key's policy says, stays, and that is told, or that it could not be
looked at. What runs goes on until it is started again; a copy that is under way fails.
)";

constexpr char const* kKeyWords = "REGION/ID, REGION/alias/NAME or an ARN";

void add_list(Program& program) {
  auto options = std::make_shared<ListOptions>();
  auto& verb = program.add_verb("key ls", "List keys: yours, and those that AWS manages for you",
                                kListExamples, options, &run_ls);
  verb.add_option("REGION", options->regions, "One or more; else those of --region")->option_text("...");
  verb.add_flag("--all-regions", options->all_regions, "Every region that the service names");
}

void add_create(Program& program) {
  auto options = std::make_shared<CreateOptions>();
  auto& verb = program.add_verb("key create", "Make a key for encrypted images", kCreateExamples, options,
                                &run_create);
  verb.add_option("REGION", options->region, "Where it is used")->required()->option_text(" ");
  verb.add_option("--alias", options->alias, "A name for it, as in REGION/alias/NAME")->option_text("NAME");
  verb.add_option("--description", options->description, "Of the key")->option_text("TEXT");
  verb.add_flag("--multi-region", options->multi_region,
                "May have replicas in other regions; no key can become one later");
  add_values(verb, "--open-to", options->open_to,
             "Accounts that may start and copy what is under it, repeated or with commas")
      .option_text("ACCOUNTS");
}

void add_grant(Program& program) {
  auto options = std::make_shared<GrantOptions>();
  auto& verb = program.add_verb("key grant", "Let an account start and copy images under a key",
                                kGrantExamples, options, &run_grant);
  verb.add_option("KEY", options->key, kKeyWords)->required()->option_text(" ");
  verb.add_option("ACCOUNT", options->account, "12 digits")->required()->option_text(" ");
}

void add_revoke(Program& program) {
  auto options = std::make_shared<RevokeOptions>();
  auto& verb = program.add_verb("key revoke", "Take a key back from an account", kRevokeExamples, options,
                                &run_revoke);
  verb.add_option("KEY", options->key, kKeyWords)->required()->option_text(" ");
  verb.add_option("ACCOUNT|GRANT", options->whom, "12 digits, or the id of a grant")
      ->required()
      ->option_text(" ");
}

}  // namespace

void add_key(Program& program) {
  program.add_group("key", "Keys of encrypted images: ls, create, replicate, grant, revoke, dependents",
                    "Each teaches with examples: argosy key grant --help\n");
  add_list(program);
  add_create(program);
  add_key_replicate(program);
  add_grant(program);
  add_revoke(program);
  add_key_dependents(program);
}

}  // namespace argosy::cli
