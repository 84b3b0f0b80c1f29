// cli/key_access.cpp - see key_access.h.
#include "cli/key_access.h"

#include <algorithm>

#include "cli/identity.h"
#include "wire/json.h"

namespace argosy::cli {
namespace {

constexpr char const* kDenied = "AccessDeniedException";
constexpr char const* kPerhapsNotNeeded = "GenerateDataKeyWithoutPlaintext";

bool any_is_needed(std::vector<std::string> const& operations) {
  return std::ranges::any_of(operations,
                             [](auto const& operation) { return operation != kPerhapsNotNeeded; });
}

/// What one grant says to an operation for the account.
Answer ask_grant(kms::GrantListEntry const& grant, std::string const& key_arn, std::string const& account,
                 std::string const& operation) {
  if (std::ranges::find(grant.operations, operation) == grant.operations.end()) return Answer::no;
  if (!grant.grantee_principal.contains("::" + account + ":")) return Answer::no;
  bool to_all_of_it = grant.grantee_principal == root_arn(account, key_arn);
  return to_all_of_it && !grant.constraints ? Answer::yes : Answer::maybe;
}

/// What all grants say together.
Answer ask_grants(KeyRules const& rules, std::string const& key_arn, std::string const& account,
                  std::string const& operation) {
  auto answer = Answer::no;
  if (!rules.grants) return answer;
  for (auto const& grant : *rules.grants)
    answer = std::max(answer, ask_grant(grant, key_arn, account, operation));
  return answer;
}

std::string aws_command(std::string const& verb, std::string const& arn) {
  return "aws kms " + verb + " --region " + read_key_arn(arn).region + " --key-id " + arn;
}

std::string find_account(Session& session) {
  auto identity = get_caller_identity(session);
  return identity ? identity->account : "ACCOUNT";
}

std::string ask_the_owner(Session& session, std::string const& key) {
  return "its owner opens it: argosy key grant " + key + " " + find_account(session);
}

Obstacle closed_to_caller(Session& session, kms::KeyMetadata const& key, KeyAccess const& access) {
  auto const shown = show_key(key.arn);
  return {"the key " + shown + " may not be used by you",
          command_that_opens(access, key.arn, ask_the_owner(session, shown))};
}

}  // namespace

std::string root_arn(std::string const& account, std::string const& key_arn) {
  auto const partition = read_key_arn(key_arn).partition;
  return "arn:" + (partition.empty() ? "aws" : partition) + ":iam::" + account + ":root";
}

std::string show(Obstacle const& obstacle, std::size_t blanks) {
  if (obstacle.remedy.empty()) return obstacle.what;
  return obstacle.what + "\n" + std::string(blanks, ' ') + obstacle.remedy;
}

bool is_managed_by_aws(kms::KeyMetadata const& key) { return key.key_manager == "AWS"; }

std::optional<Obstacle> find_state_obstacle(kms::KeyMetadata const& key) {
  if (key.key_usage != "ENCRYPT_DECRYPT" || key.key_spec != "SYMMETRIC_DEFAULT")
    return Obstacle{"the key " + show_key(key.arn) + " is not symmetric: disks cannot be encrypted under it",
                    ""};
  if (key.key_state == "Enabled" || key.key_state == "Updating") return std::nullopt;
  Obstacle obstacle{"the key " + show_key(key.arn) + " is " + key.key_state, ""};
  auto enable = aws_command("enable-key", key.arn);
  if (key.key_state == "Disabled") obstacle.remedy = enable;
  if (key.key_state.starts_with("Pending") && key.key_state.ends_with("Deletion"))
    obstacle.remedy = aws_command("cancel-key-deletion", key.arn) + " && " + enable;
  return obstacle;
}

Outcome<FoundKey> find_key(Session& session, std::string const& key) {
  auto found = describe_key(session, key);
  if (found) return FoundKey{*std::move(found), std::nullopt, false};
  auto const& code = found.error().code;
  if (code == "NotFoundException") {
    bool is_alias = key.starts_with("alias/");
    auto const& region = session.region();
    return FoundKey{
        std::nullopt,
        Obstacle{"there is no key " + key + " in " + region,
                 is_alias ? "argosy key create " + region + " --alias " + key : "argosy key ls " + region},
        false};
  }
  if (code == kDenied)
    return FoundKey{std::nullopt,
                    Obstacle{"there is no key " + key + " that is open to you", ask_the_owner(session, key)},
                    true};
  return std::unexpected(found.error());
}

Outcome<KeyRules> read_key_rules(Session& session, std::string const& key_arn) {
  KeyRules rules;
  auto document = TRY(if_allowed(key_policy(session, key_arn)));
  if (document) {
    auto policy = wire::parse_json(*document);
    if (policy) rules.policy = *std::move(policy);
  }
  rules.grants = TRY(if_allowed(list_grants(session, key_arn)));
  return rules;
}

KeyAccess judge_access(KeyRules const& rules, kms::KeyMetadata const& key, std::string const& account) {
  KeyAccess access{Answer::yes, {}, {}, "", rules.policy && rules.grants};
  bool by_policy = false;
  bool by_grant = false;
  for (std::string const operation : kImageOperations) {
    auto const policy =
        rules.policy ? ask_policy(*rules.policy, {account, "kms:" + operation, key.arn}) : Opinion{};
    auto const granted = ask_grants(rules, key.arn, account, operation);
    auto answer = decide(policy, granted);
    if (policy.allows == Answer::no && granted == Answer::no) access.missing.push_back(operation);
    if (policy.denies == Answer::yes) {
      access.denied.push_back(operation);
    } else {
      by_policy |= policy.allows != Answer::no;
      by_grant |= granted > policy.allows;
      if (!access.all_is_known) answer = std::max(answer, Answer::maybe);
    }
    if (operation == kPerhapsNotNeeded) answer = std::max(answer, Answer::maybe);
    access.answer = std::min(access.answer, answer);
  }
  if (by_policy) access.through = "its policy";
  if (by_grant) access.through += by_policy ? " and a grant" : "a grant";
  return access;
}

std::string command_that_opens(KeyAccess const& access, std::string const& key_arn,
                               std::string const& grant) {
  auto const change = aws_command("put-key-policy", key_arn);
  bool const is_missing = any_is_needed(access.missing);
  if (is_missing && any_is_needed(access.denied)) return change + ", then " + grant;
  return is_missing || access.denied.empty() ? grant : change;
}

Outcome<std::optional<Obstacle>> find_use_obstacle(Session& session, kms::KeyMetadata const& key) {
  if (auto obstacle = find_state_obstacle(key)) return obstacle;
  if (is_managed_by_aws(key)) return std::nullopt;  // EC2 alone may use it, for its account
  auto tried = try_data_key(session, key.arn);
  if (tried) return std::nullopt;
  if (tried.error().code != kDenied) return std::unexpected(tried.error());
  // A policy may open it through EC2 alone, and then this call was refused for nothing.
  auto const account = find_account(session);
  auto const access = judge_access(TRY(read_key_rules(session, key.arn)), key, account);
  if (access.answer == Answer::yes) return std::nullopt;
  return closed_to_caller(session, key, access);
}

Outcome<std::optional<Obstacle>> find_source_obstacle(Session& session, kms::KeyMetadata const& key) {
  if (auto obstacle = find_state_obstacle(key)) return obstacle;
  if (is_managed_by_aws(key)) return std::nullopt;
  auto const account = TRY(get_caller_identity(session)).account;
  auto const access = judge_access(TRY(read_key_rules(session, key.arn)), key, account);
  if (access.answer != Answer::no) return std::nullopt;
  return closed_to_caller(session, key, access);
}

}  // namespace argosy::cli
