// cli/encryption.cpp - see encryption.h.
#include "cli/encryption.h"

#include <algorithm>

#include "cli/format.h"

namespace argosy::cli {
namespace {

Obstacle cannot_be_shared(std::string const& key, std::string const& region) {
  return {
      "images under " + show_key(key) + ", which AWS manages, cannot be shared",
      "argosy key create " + region + " --alias NAME, then --encrypt --kms-key " + region + "=alias/NAME"};
}

void check_recipients(KeyRules const& rules, kms::KeyMetadata const& key, Audience const& audience,
                      KeyCheck& check) {
  auto shown = show_key(key.arn);
  for (auto const& account : audience.accounts) {
    auto access = judge_access(rules, key, account);
    auto const command = command_that_opens(access, key.arn, "argosy key grant " + shown + " " + account);
    if (access.answer == Answer::no)
      check.obstacles.push_back(
          {account + " could not start it: the key " + shown + " is closed to it", command});
    if (access.answer == Answer::maybe)
      check.notes.push_back("whether the key " + shown + " is open to " + account + " cannot be told; " +
                            command + " opens it");
  }
  for (auto const* arns : {&audience.organizations, &audience.units})
    for (auto const& arn : *arns)
      check.notes.push_back("whether the key " + shown + " is open to " + arn +
                            " cannot be told: its policy must allow aws:PrincipalOrgID or "
                            "aws:PrincipalOrgPaths");
}

}  // namespace

SourceDisks describe_disks(ec2::Image const& image, std::vector<ec2::Snapshot> const& snapshots,
                           std::string const& caller_account) {
  SourceDisks disks;
  for (auto const& mapping : image.block_device_mapping) {
    if (!mapping.ebs) continue;
    bool encrypted = mapping.ebs->encrypted.value_or(false);
    disks.any_encrypted |= encrypted;
    disks.all_encrypted &= encrypted;
  }
  for (auto const& snapshot : snapshots)
    if (snapshot.kms_key_id) disks.keys.push_back(*snapshot.kms_key_id);
  disks.keys = without_repeats(disks.keys);
  disks.own = image.image_owner_id == caller_account;
  return disks;
}

std::vector<std::string> choose_keys(SourceDisks const& source, EncryptionWish const& wish, bool by_default,
                                     std::string const& default_key) {
  if (!wish.key.empty()) return {wish.key};
  bool adds = wish.encrypt || by_default;
  if (!source.own || !wish.same_region)
    return adds || source.any_encrypted ? std::vector{default_key} : std::vector<std::string>{};
  auto keys = source.keys;
  if (adds && !source.all_encrypted) keys.push_back(default_key);
  return without_repeats(keys);
}

void add(KeyCheck& to, KeyCheck&& from) {
  std::ranges::move(from.obstacles, std::back_inserter(to.obstacles));
  std::ranges::move(from.notes, std::back_inserter(to.notes));
}

Outcome<KeyCheck> check_key(Session& session, std::string const& key, Audience const& audience) {
  KeyCheck check;
  auto found = TRY(find_key(session, key));
  if (found.obstacle) {
    check.obstacles.push_back(*found.obstacle);
    return check;
  }
  check.key_arn = found.key->arn;
  if (is_managed_by_aws(*found.key) && !audience.empty()) {
    check.obstacles.push_back(cannot_be_shared(found.key->arn, session.region()));
    return check;
  }
  if (audience.everybody)
    check.obstacles.push_back({"what is encrypted cannot be shared with everybody", "name the accounts"});
  auto obstacle = TRY(find_use_obstacle(session, *found.key));
  if (obstacle) check.obstacles.push_back(*obstacle);
  if (!audience.empty())
    check_recipients(TRY(read_key_rules(session, found.key->arn)), *found.key, audience, check);
  return check;
}

Outcome<KeyCheck> check_copy(Session& session, SourceDisks const& source, EncryptionWish const& wish,
                             Audience const& audience) {
  if (!wish.encrypt && !source.any_encrypted && audience.empty()) return KeyCheck{};
  bool by_default = false;
  std::string default_key(kManagedEbsKey);
  if (wish.key.empty()) {
    by_default = TRY(encrypts_by_default(session));
    if (wish.encrypt || by_default || source.any_encrypted)
      default_key = TRY(default_ebs_key(session)).value_or(default_key);
  }
  KeyCheck check;
  for (auto const& key : choose_keys(source, wish, by_default, default_key)) {
    if (key != wish.key && key == kManagedEbsKey && audience.empty()) continue;  // always there, and ours
    auto one = TRY(check_key(session, key, audience));
    if (key == wish.key) check.key_arn = one.key_arn;
    add(check, std::move(one));
  }
  return check;
}

Outcome<KeyCheck> check_source_keys(Session& session, SourceDisks const& source) {
  KeyCheck check;
  for (auto const& key : source.keys) {
    auto found = TRY(find_key(session, key));
    if (found.is_closed) {
      check.notes.push_back("whether the key " + show_key(key) + " is open to you cannot be told");
      continue;
    }
    auto obstacle = found.obstacle ? found.obstacle : TRY(find_source_obstacle(session, *found.key));
    if (obstacle) check.obstacles.push_back(*obstacle);
  }
  return check;
}

Outcome<void> stop_at_obstacles(std::map<std::string, KeyCheck> const& checks_by_region, Terminal& terminal) {
  std::string text;
  for (auto const& [region, check] : checks_by_region) {
    for (auto const& note : check.notes) terminal.note(region + "  " + note);
    for (auto const& obstacle : check.obstacles) text += "\n  " + region + ": " + show(obstacle, 4);
  }
  if (text.empty()) return {};
  return stop(Exit::refused, "nothing was started:" + text);
}

}  // namespace argosy::cli
