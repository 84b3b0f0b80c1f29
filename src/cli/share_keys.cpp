// cli/share_keys.cpp - see share_keys.h.
#include "cli/share_keys.h"

#include <algorithm>
#include <functional>

namespace argosy::cli {
namespace {

bool is_image(Shared const& shared) { return shared.id.starts_with("ami-"); }

/// The command that makes a copy which can be shared.
std::string copy_under_another_key(Session const& session, Shared const& shared) {
  auto const& region = session.region();
  auto command = is_image(shared)
                     ? "argosy copy " + region + "/" + shared.id + " --to " + region +
                           " --name NAME --encrypt --kms-key " + region + "=KEY"
                     : "aws ec2 copy-snapshot --region " + region + " --source-region " + region +
                           " --source-snapshot-id " + shared.id + " --encrypted --kms-key-id KEY";
  return command + ", then share the copy";
}

void check_accounts(Session const& session, Shared const& shared, KeyRules const& rules,
                    kms::KeyMetadata const& key, Audience const& audience, ShareCheck& check) {
  auto const shown = show_key(key.arn);
  std::string const use = is_image(shared) ? "start the image" : "read the snapshot";
  std::string const verb = is_image(shared) ? "argosy share " : "argosy snapshot share ";
  for (auto const& account : audience.accounts) {
    auto access = judge_access(rules, key, account);
    if (access.answer == Answer::yes) continue;
    check.warnings.push_back(
        {account +
             (access.answer == Answer::no ? " cannot use the key " : " may not be able to use the key ") +
             shown + ", and without it cannot " + use,
         command_that_opens(access, key.arn,
                            verb + session.region() + "/" + shared.id + " " + account + " --with-key")});
  }
}

void check_organizations(kms::KeyMetadata const& key, Audience const& audience, ShareCheck& check) {
  for (auto const* arns : {&audience.organizations, &audience.units})
    for (auto const& arn : *arns)
      check.warnings.push_back({"a grant cannot open the key " + show_key(key.arn) + " to " + arn,
                                "let its policy allow aws:PrincipalOrgID or aws:PrincipalOrgPaths: aws kms "
                                "put-key-policy"});
}

Outcome<std::vector<FoundKey>> find_keys(Session& session, std::vector<std::string> const& arns) {
  std::vector<FoundKey> keys;
  for (auto const& arn : arns) keys.push_back(TRY(find_key(session, arn)));
  return keys;
}

/// Those of its snapshots that are the caller's.
Outcome<std::vector<std::string>> key_arns_of(Session& session, Shared const& shared) {
  return keys_of(TRY(own_snapshots(session, shared.snapshots)));
}

bool is_given_with(std::string const& name, std::string const& id) {
  return name.starts_with("argosy:") && name.ends_with(":" + id);
}

using NameTest = std::function<bool(std::string const&)>;

/// Revokes the grants on one key whose names `goes` takes.
Revoked take_named(Session& session, std::string const& key_arn, NameTest const& goes) {
  auto const found = find_key(session, key_arn);
  if (!found) return {0, found.error()};
  if (found->is_closed)
    return {0, Failure(Exit::failed, "what --with-key gave could not be looked for and may still be there: " +
                                         show(*found->obstacle, 2))};
  if (!found->key || is_managed_by_aws(*found->key)) return {};
  return take_key(session, key_arn,
                  [&](kms::GrantListEntry const& grant) { return goes(grant.name.value_or("")); });
}

/// On each key that it can.
Revoked take_named(Session& session, std::vector<std::string> const& key_arns, NameTest const& goes) {
  Revoked all;
  for (auto const& arn : key_arns) {
    auto one = take_named(session, arn, goes);
    all.count += one.count;
    if (!all.failure) all.failure = std::move(one.failure);
  }
  return all;
}

}  // namespace

Shared to_shared(ec2::Image const& image) {
  return {image.image_id.value_or(""),
          is_encrypted(image) ? snapshot_ids(image) : std::vector<std::string>{}};
}

std::vector<std::string> keys_of(std::vector<ec2::Snapshot> const& snapshots) {
  std::vector<std::string> arns;
  for (auto const& snapshot : snapshots)
    if (snapshot.kms_key_id) arns.push_back(*snapshot.kms_key_id);
  return without_repeats(arns);
}

Outcome<ShareCheck> check_share(Session& session, Shared const& shared, Audience const& audience,
                                bool with_key) {
  ShareCheck check;
  auto const key_arns = TRY(key_arns_of(session, shared));
  for (auto const& found : TRY(find_keys(session, key_arns))) {
    if (audience.everybody)
      check.obstacles.push_back({"what is encrypted cannot be shared with everybody", "name the accounts"});
    if (!found.key) {
      (with_key ? check.obstacles : check.warnings).push_back(*found.obstacle);
      continue;
    }
    auto const& key = *found.key;
    if (is_managed_by_aws(key)) {
      check.obstacles.push_back(
          {"what is under " + show_key(key.arn) + ", which AWS manages, cannot be shared",
           copy_under_another_key(session, shared)});
      continue;
    }
    auto state = find_state_obstacle(key);
    if (state) (with_key ? check.obstacles : check.warnings).push_back(*state);
    if (!with_key)
      check_accounts(session, shared, TRY(read_key_rules(session, key.arn)), key, audience, check);
    check_organizations(key, audience, check);
  }
  return check;
}

Outcome<void> give_keys(Session& session, Shared const& shared, std::vector<std::string> const& accounts) {
  auto const key_arns = TRY(key_arns_of(session, shared));
  for (auto const& found : TRY(find_keys(session, key_arns))) {
    if (!found.key) return stop(Exit::refused, show(*found.obstacle, 2));
    for (auto const& account : accounts) TRY(give_key(session, found.key->arn, account, shared.id));
  }
  return {};
}

Outcome<void> take_keys(Session& session, Shared const& shared, std::vector<std::string> const& accounts) {
  auto goes = [&](std::string const& name) {
    if (accounts.empty()) return is_given_with(name, shared.id);
    return std::ranges::any_of(accounts,
                               [&](auto const& account) { return name == grant_name(account, shared.id); });
  };
  auto const key_arns = TRY(key_arns_of(session, shared));
  auto const taken = take_named(session, key_arns, goes);
  if (taken.failure) return std::unexpected(*taken.failure);
  return {};
}

Revoked take_keys_of_gone(Session& session, std::vector<std::string> const& gone_ids,
                          std::vector<std::string> const& key_arns) {
  auto taken = take_named(session, key_arns, [&](std::string const& name) {
    return std::ranges::any_of(gone_ids, [&](auto const& id) { return is_given_with(name, id); });
  });
  if (taken.failure) taken.failure->message = "grants on its key may stay: " + taken.failure->message;
  return taken;
}

}  // namespace argosy::cli
