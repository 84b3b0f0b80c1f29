// cli/key_policy.cpp - see key_policy.h. Source: ec2-semantics F4; IAM User Guide, "IAM JSON policy
// elements".
#include "cli/key_policy.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/text.h"
#include "cli/key_reference.h"

namespace argosy::cli {
namespace {

using boost::json::object;
using boost::json::value;

/// A text, or those of a list.
std::vector<std::string> texts_of(value const* element) {
  std::vector<std::string> out;
  if (element == nullptr) return out;
  auto add = [&](value const& item) {
    if (item.is_string()) out.emplace_back(item.get_string());
    if (item.is_bool()) out.emplace_back(item.get_bool() ? "true" : "false");
  };
  add(*element);
  if (element->is_array())
    for (auto const& item : element->get_array()) add(item);
  return out;
}

Answer to_answer(bool yes) { return yes ? Answer::yes : Answer::no; }

/// What both say together.
Answer both(Answer a, Answer b) { return std::min(a, b); }

Answer match_principal(std::string const& principal, PolicyQuestion const& question) {
  if (principal == "*" || principal == question.account) return Answer::yes;
  if (principal.ends_with(":iam::" + question.account + ":root")) return Answer::yes;
  bool of_account = principal.contains("::" + question.account + ":");  // a user or role of it
  return of_account ? Answer::maybe : Answer::no;
}

Answer match_principals(object const& statement, PolicyQuestion const& question) {
  auto const* principal = statement.if_contains("Principal");
  if (principal == nullptr) return Answer::maybe;  // NotPrincipal
  auto names = texts_of(principal);
  if (principal->is_object()) names = texts_of(principal->get_object().if_contains("AWS"));
  Answer answer = Answer::no;
  for (auto const& name : names) answer = std::max(answer, match_principal(name, question));
  return answer;
}

/// Whether the element, or with "Not" before its name all but it, matches.
Answer match_texts(object const& statement, std::string const& name, std::string const& text) {
  auto patterns = texts_of(statement.if_contains(name));
  bool found = std::ranges::any_of(
      patterns, [&](auto const& pattern) { return matches_wildcard(to_lower(pattern), to_lower(text)); });
  if (statement.contains(name)) return to_answer(found);
  auto others = texts_of(statement.if_contains("Not" + name));
  return to_answer(std::ranges::none_of(
      others, [&](auto const& pattern) { return matches_wildcard(to_lower(pattern), to_lower(text)); }));
}

/// What the request would carry, empty if it does not; nothing if that is not known here.
std::optional<std::string> find_fact(std::string const& key, PolicyQuestion const& question) {
  auto name = to_lower(key);
  if (name == "kms:calleraccount" || name == "aws:principalaccount") return question.account;
  if (name == "kms:viaservice") return "ec2." + read_key_arn(question.key_arn).region + ".amazonaws.com";
  if (name == "kms:grantisforawsresource") return question.action == "kms:CreateGrant" ? "true" : "";
  return std::nullopt;
}

Answer match_condition(std::string_view operation, std::string const& key, value const& wanted,
                       PolicyQuestion const& question) {
  constexpr std::string_view kIfExists = "IfExists";
  auto fact = find_fact(key, question);
  if (!fact) return Answer::maybe;
  if (operation.ends_with(kIfExists)) {
    if (fact->empty()) return Answer::yes;
    operation.remove_suffix(kIfExists.size());
  }
  bool negated = operation.contains("Not");
  if (operation.starts_with("String") || operation == "Bool") {
    bool found = std::ranges::any_of(texts_of(&wanted), [&](auto const& pattern) {
      return operation.ends_with("Like") ? matches_wildcard(pattern, *fact)
                                         : equal_ignoring_case(*fact, pattern);
    });
    return to_answer(found != negated);
  }
  return Answer::maybe;
}

Answer match_conditions(object const& statement, PolicyQuestion const& question) {
  auto const* conditions = statement.if_contains("Condition");
  if (conditions == nullptr || !conditions->is_object()) return Answer::yes;
  Answer answer = Answer::yes;
  for (auto const& [operation, keys] : conditions->get_object()) {
    if (!keys.is_object()) return Answer::maybe;
    for (auto const& [key, wanted] : keys.get_object())
      answer = both(answer, match_condition(operation, std::string(key), wanted, question));
  }
  return answer;
}

Answer match_statement(object const& statement, PolicyQuestion const& question) {
  Answer answer = match_principals(statement, question);
  answer = both(answer, match_texts(statement, "Action", question.action));
  answer = both(answer, match_texts(statement, "Resource", question.key_arn));
  return both(answer, match_conditions(statement, question));
}

}  // namespace

Opinion ask_policy(boost::json::value const& policy, PolicyQuestion const& question) {
  Opinion opinion;
  auto const* element = policy.is_object() ? policy.get_object().if_contains("Statement") : nullptr;
  if (element == nullptr) return opinion;
  auto const list = element->is_array() ? element->get_array() : boost::json::array{*element};
  for (auto const& statement : list) {
    if (!statement.is_object()) continue;
    auto const& members = statement.get_object();
    auto const* effect = members.if_contains("Effect");
    bool denies = effect != nullptr && *effect == "Deny";
    auto& part = denies ? opinion.denies : opinion.allows;
    part = std::max(part, match_statement(members, question));
  }
  return opinion;
}

Answer decide(Opinion const& policy, Answer granted) {
  if (policy.denies == Answer::yes) return Answer::no;
  auto const allowed = std::max(policy.allows, granted);
  return policy.denies == Answer::maybe ? both(allowed, Answer::maybe) : allowed;
}

}  // namespace argosy::cli
