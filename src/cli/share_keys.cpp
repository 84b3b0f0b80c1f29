// cli/share_keys.cpp - see share_keys.h.
#include "cli/share_keys.h"

#include <algorithm>

#include "cli/key_grants.h"

namespace argosy::cli {
namespace {

/// The command that makes a copy which can be shared.
std::string copy_under_another_key(Session const& session, ec2::Image const& image) {
  auto const& region = session.region();
  return "argosy copy " + region + "/" + image.image_id.value_or("?") + " --to " + region +
         " --name NAME --encrypt --kms-key " + region + "=KEY, then share the copy";
}

void check_accounts(Session const& session, ec2::Image const& image, KeyRules const& rules,
                    kms::KeyMetadata const& key, Audience const& audience, ShareCheck& check) {
  auto shown = show_key(key.arn);
  for (auto const& account : audience.accounts) {
    auto access = judge_access(rules, key, account);
    if (access.answer == Answer::yes) continue;
    check.warnings.push_back(
        {account +
             (access.answer == Answer::no ? " cannot use the key " : " may not be able to use the key ") +
             shown + ", and without it cannot start the image",
         "argosy share " + session.region() + "/" + image.image_id.value_or("?") + " " + account +
             " --with-key"});
  }
}

void check_organizations(kms::KeyMetadata const& key, Audience const& audience, ShareCheck& check) {
  for (auto const* arns : {&audience.organizations, &audience.units})
    for (auto const& arn : *arns)
      check.warnings.push_back({"a grant cannot open the key " + show_key(key.arn) + " to " + arn,
                                "let its policy allow aws:PrincipalOrgID or aws:PrincipalOrgPaths: aws kms "
                                "put-key-policy"});
}

}  // namespace

Outcome<std::vector<FoundKey>> find_image_keys(Session& session, ec2::Image const& image) {
  std::vector<FoundKey> keys;
  if (!is_encrypted(image)) return keys;
  std::vector<std::string> arns;
  for (auto const& snapshot : TRY(own_snapshots(session, snapshot_ids(image))))
    if (snapshot.kms_key_id) arns.push_back(*snapshot.kms_key_id);
  for (auto const& arn : without_repeats(arns)) keys.push_back(TRY(find_key(session, arn)));
  return keys;
}

Outcome<ShareCheck> check_share(Session& session, ec2::Image const& image, Audience const& audience,
                                bool with_key) {
  ShareCheck check;
  for (auto const& found : TRY(find_image_keys(session, image))) {
    if (audience.everybody)
      check.obstacles.push_back({"what is encrypted cannot be shared with everybody", "name the accounts"});
    if (!found.key) {
      (with_key ? check.obstacles : check.warnings).push_back(*found.obstacle);
      continue;
    }
    auto const& key = *found.key;
    if (is_managed_by_aws(key)) {
      check.obstacles.push_back(
          {"images under " + show_key(key.arn) + ", which AWS manages, cannot be shared",
           copy_under_another_key(session, image)});
      continue;
    }
    auto state = find_state_obstacle(key);
    if (state) (with_key ? check.obstacles : check.warnings).push_back(*state);
    if (!with_key)
      check_accounts(session, image, TRY(read_key_rules(session, key.arn)), key, audience, check);
    check_organizations(key, audience, check);
  }
  return check;
}

Outcome<void> give_image_keys(Session& session, ec2::Image const& image,
                              std::vector<std::string> const& accounts) {
  for (auto const& found : TRY(find_image_keys(session, image))) {
    if (!found.key) return stop(Exit::refused, show(*found.obstacle, 2));
    for (auto const& account : accounts)
      TRY(give_key(session, found.key->arn, account, image.image_id.value_or("")));
  }
  return {};
}

Outcome<void> take_image_keys(Session& session, ec2::Image const& image,
                              std::vector<std::string> const& accounts) {
  auto image_id = image.image_id.value_or("");
  auto is_given_with_it = [&](kms::GrantListEntry const& grant) {
    auto name = grant.name.value_or("");
    if (accounts.empty()) return name.starts_with("argosy:") && name.ends_with(":" + image_id);
    return std::ranges::any_of(accounts,
                               [&](auto const& account) { return name == grant_name(account, image_id); });
  };
  for (auto const& found : TRY(find_image_keys(session, image)))
    if (found.key && !is_managed_by_aws(*found.key)) TRY(take_key(session, found.key->arn, is_given_with_it));
  return {};
}

}  // namespace argosy::cli
