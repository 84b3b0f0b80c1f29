// keys/policy.cpp - see policy.h.
#include "keys/policy.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"
#include "keys/errors.h"
#include "keys/identifier.h"
#include "wire/json_text.h"

namespace argosy::keys {
namespace {

namespace json = boost::json;

/// A text, or a list of texts, as an element may be written.
Result<std::vector<std::string>> parse_texts(std::string_view element, json::value const& value) {
  auto const one = json::array{value};
  auto const& list = value.is_array() ? value.get_array() : one;
  std::vector<std::string> out;
  for (auto const& item : list) {
    if (!item.is_string() || item.get_string().empty())
      return malformed_policy(std::string(element) + " is a text or a list of texts");
    out.emplace_back(item.get_string());
  }
  if (out.empty()) return malformed_policy(std::string(element) + " is empty");
  return out;
}

/// Exactly one of NAME and NotNAME.
Result<std::pair<bool, json::value const*>> one_of(json::object const& statement, std::string const& name) {
  auto const* plain = statement.if_contains(name);
  auto const* negated = statement.if_contains("Not" + name);
  if ((plain == nullptr) == (negated == nullptr))
    return malformed_policy("A statement has exactly one of " + name + " and Not" + name);
  return std::pair{plain == nullptr, plain == nullptr ? negated : plain};
}

Result<Selector> parse_selector(json::object const& statement, std::string const& name) {
  auto [negated, value] = TRY(one_of(statement, name));
  auto texts = TRY(parse_texts(name, *value));
  return Selector{negated, std::move(texts)};
}

Result<void> add_principals(Statement& out, std::string_view kind, json::value const& value) {
  auto const names = TRY(parse_texts("Principal", value));
  // A service is never the caller of a request here: it names nobody.
  if (kind == "Service") return {};
  if (kind != "AWS")
    return malformed_policy("A Principal of the kind " + std::string(kind.substr(0, 100)) +
                            " is not supported: AWS and Service are");
  for (auto const& name : names) {
    if (name == "*") {
      out.everyone = true;
      continue;
    }
    auto arn = parse_principal(name);
    if (!arn) return malformed_policy("Policy contains an invalid principal: " + name.substr(0, 200));
    out.principals.patterns.push_back(*std::move(arn));
  }
  return {};
}

Result<void> parse_principals(Statement& out, json::object const& statement) {
  auto [negated, value] = TRY(one_of(statement, "Principal"));
  out.principals.negated = negated;
  if (value->is_string() && value->get_string() == "*") {
    out.everyone = true;
    return {};
  }
  if (!value->is_object() || value->get_object().empty())
    return malformed_policy("A Principal is \"*\" or an object such as {\"AWS\": ARN}");
  for (auto const& [kind, names] : value->get_object()) TRY(add_principals(out, kind, names));
  return {};
}

Result<void> check_members(json::object const& object, std::initializer_list<std::string_view> known) {
  for (auto const& [name, value] : object)
    if (std::ranges::find(known, std::string_view(name)) == known.end())
      return malformed_policy("The element " + std::string(name).substr(0, 100) + " is not known");
  return {};
}

Result<Statement> parse_statement(json::value const& value) {
  if (!value.is_object()) return malformed_policy("A Statement is an object");
  auto const& object = value.get_object();
  TRY(check_members(object, {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource",
                             "NotResource", "Condition"}));
  if (auto const* sid = object.if_contains("Sid"); sid != nullptr && !sid->is_string())
    return malformed_policy("A Sid is a text");
  Statement out;
  auto const* effect = object.if_contains("Effect");
  bool const known = effect != nullptr && effect->is_string() &&
                     (*effect == json::value("Allow") || *effect == json::value("Deny"));
  if (!known) return malformed_policy("An Effect is Allow or Deny");
  out.allows = effect->get_string() == "Allow";
  TRY(parse_principals(out, object));
  out.actions = TRY(parse_selector(object, "Action"));
  for (auto& action : out.actions.patterns) {
    action = to_lower(action);
    if (action != "*" && !action.starts_with("kms:"))
      return malformed_policy("The action " + action.substr(0, 100) + " is not one of kms");
  }
  out.resources = TRY(parse_selector(object, "Resource"));
  if (auto const* conditions = object.if_contains("Condition"); conditions != nullptr)
    out.conditions = TRY(parse_conditions(*conditions));
  return out;
}

bool selects(Selector const& selector, std::string_view text) {
  bool const matched = std::ranges::any_of(
      selector.patterns, [&](std::string const& pattern) { return matches_wildcard(pattern, text); });
  return matched != selector.negated;
}

Match match_named(Statement const& statement, access::Caller const& caller) {
  if (statement.everyone) return Match::principal;
  auto named = [&](std::string const& arn) {
    return std::ranges::find(statement.principals.patterns, arn) != statement.principals.patterns.end();
  };
  if (named(caller.arn)) return Match::principal;
  return named(root_arn(caller.account)) ? Match::account : Match::none;
}

Match match(Statement const& statement, access::Caller const& caller) {
  auto const named = match_named(statement, caller);
  if (!statement.principals.negated) return named;
  return named == Match::none ? Match::principal : Match::none;
}

}  // namespace

Result<Policy> parse_policy(std::string_view document) {
  if (document.size() > kMaxPolicyBytes) return limit_exceeded("A key policy has at most 32768 bytes");
  auto const parsed = wire::parse_json(document, {.values = kMaxPolicyBytes, .repeated_names = true});
  if (!parsed || !parsed->is_object()) return malformed_policy("The policy is not a JSON object");
  auto const& object = parsed->get_object();
  TRY(check_members(object, {"Version", "Id", "Statement"}));
  if (auto const* version = object.if_contains("Version");
      version != nullptr && *version != json::value("2012-10-17") && *version != json::value("2008-10-17"))
    return malformed_policy("A policy's Version is 2012-10-17 or 2008-10-17");
  if (auto const* id = object.if_contains("Id"); id != nullptr && !id->is_string())
    return malformed_policy("A policy's Id is a text");
  auto const* statements = object.if_contains("Statement");
  if (statements == nullptr) return malformed_policy("The policy has no Statement");
  auto const one = json::array{*statements};
  Policy out;
  for (auto const& statement : statements->is_array() ? statements->get_array() : one)
    out.statements.push_back(TRY(parse_statement(statement)));
  if (out.statements.empty()) return malformed_policy("The policy has no Statement");
  return out;
}

Result<Policy> parse_new_policy(std::string_view document) {
  auto policy = TRY(parse_policy(document));
  if (auto const name = wire::find_repeated_name(document))
    return malformed_policy("The element " + name->substr(0, 100) +
                            " is there twice in one object: only the last of them would be in force");
  return policy;
}

Opinion evaluate(Policy const& policy, access::Caller const& caller, std::string_view action,
                 std::string_view resource, Facts const& facts) {
  auto const full_action = "kms:" + to_lower(action);
  Opinion out;
  for (auto const& statement : policy.statements) {
    auto const matched = match(statement, caller);
    bool const applies = matched != Match::none && selects(statement.actions, full_action) &&
                         selects(statement.resources, resource) &&
                         std::ranges::all_of(statement.conditions,
                                             [&](auto const& condition) { return holds(condition, facts); });
    if (!applies) continue;
    if (!statement.allows) out.denies = true;
    if (statement.allows) out.allows = std::max(out.allows, matched);
  }
  return out;
}

std::string default_policy(std::string_view account) {
  return json::serialize(json::object{
      {"Version", "2012-10-17"},
      {"Id", "key-default-1"},
      {"Statement", json::array{json::object{{"Sid", "Enable IAM User Permissions"},
                                             {"Effect", "Allow"},
                                             {"Principal", json::object{{"AWS", root_arn(account)}}},
                                             {"Action", "kms:*"},
                                             {"Resource", "*"}}}}});
}

std::string ebs_managed_policy(std::string_view account, std::string_view region) {
  auto const via = "ec2." + std::string(region) + ".amazonaws.com";
  json::object const conditions{{"kms:CallerAccount", account}, {"kms:ViaService", via}};
  return json::serialize(json::object{
      {"Version", "2012-10-17"},
      {"Id", "auto-ebs-2"},
      {"Statement",
       json::array{
           json::object{{"Sid",
                         "Allow access through EBS for all principals in the account that are authorized "
                         "to use EBS"},
                        {"Effect", "Allow"},
                        {"Principal", json::object{{"AWS", "*"}}},
                        {"Action", json::array{"kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*",
                                               "kms:GenerateDataKey*", "kms:CreateGrant", "kms:DescribeKey"}},
                        {"Resource", "*"},
                        {"Condition", json::object{{"StringEquals", conditions}}}},
           json::object{{"Sid", "Allow direct access to key metadata to the account"},
                        {"Effect", "Allow"},
                        {"Principal", json::object{{"AWS", root_arn(account)}}},
                        {"Action", json::array{"kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"}},
                        {"Resource", "*"}}}}});
}

}  // namespace argosy::keys
