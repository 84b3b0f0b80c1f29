// keys/condition.cpp - see condition.h.
#include "keys/condition.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <optional>

#include "base/text.h"
#include "keys/errors.h"

namespace argosy::keys {
namespace {

/// Longer than any value that a request can have for a key but an encryption context's.
constexpr std::size_t kMaxValueBytes = 2'048;

struct Operator {
  std::string_view name;
  Comparison comparison;
  bool negated;
};
constexpr std::array<Operator, 11> kOperators{{
    {"StringEquals", Comparison::equal, false},
    {"StringNotEquals", Comparison::equal, true},
    {"StringEqualsIgnoreCase", Comparison::equal_ignoring_case, false},
    {"StringNotEqualsIgnoreCase", Comparison::equal_ignoring_case, true},
    {"StringLike", Comparison::like, false},
    {"StringNotLike", Comparison::like, true},
    {"ArnEquals", Comparison::arn_like, false},
    {"ArnNotEquals", Comparison::arn_like, true},
    {"ArnLike", Comparison::arn_like, false},
    {"ArnNotLike", Comparison::arn_like, true},
    {"Bool", Comparison::boolean, false},
}};
constexpr std::string_view kNull = "Null";

constexpr std::array<std::string_view, 9> kKeys{
    kContextNamesKey,  kGrantOperationsKey,  kOrganizationPathsKey, kOrganizationKey,      kPrincipalArnKey,
    kCallerAccountKey, kPrincipalAccountKey, kViaServiceKey,        kGrantIsForResourceKey};

bool is_supported(std::string_view key) {
  if (key.starts_with(kContextKeyPrefix)) return key.size() > kContextKeyPrefix.size();
  return std::ranges::find(kKeys, key) != kKeys.end();
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

/// Everything of a condition but its key and values.
Result<Condition> parse_operator(std::string_view written) {
  Condition out;
  auto name = written;
  if (take_prefix(name, "ForAnyValue:")) out.quantifier = Quantifier::any;
  if (take_prefix(name, "ForAllValues:")) out.quantifier = Quantifier::every;
  if (name == kNull && out.quantifier == Quantifier::none) {
    out.asks_presence = true;
    return out;
  }
  if (name.ends_with("IfExists")) {
    out.if_exists = true;
    name.remove_suffix(std::string_view("IfExists").size());
  }
  auto const* found = std::ranges::find(kOperators, name, &Operator::name);
  if (found == kOperators.end())
    return malformed_policy("The condition operator " + std::string(written.substr(0, 100)) +
                            " is not supported");
  out.comparison = found->comparison;
  out.negated = found->negated;
  return out;
}

std::optional<std::string> to_value(boost::json::value const& value) {
  if (value.is_bool()) return value.get_bool() ? "true" : "false";
  if (!value.is_string() || value.get_string().size() > kMaxValueBytes) return std::nullopt;
  return std::string(value.get_string());
}

Result<std::vector<std::string>> parse_values(Condition const& condition, boost::json::value const& given) {
  auto const one = boost::json::array{given};
  auto const& list = given.is_array() ? given.get_array() : one;
  std::vector<std::string> out;
  for (auto const& item : list) {
    auto value = to_value(item);
    if (!value) return malformed_policy("A condition's values are texts of at most 2048 bytes");
    if (value->contains("${")) return malformed_policy("Policy variables are not supported: " + *value);
    if (condition.asks_presence || condition.comparison == Comparison::boolean) {
      *value = to_lower(*value);
      if (*value != "true" && *value != "false")
        return malformed_policy("The values of Bool and Null are true or false");
    }
    out.push_back(*std::move(value));
  }
  if (out.empty()) return malformed_policy("A condition needs a value");
  return out;
}

/// Part by part, so that no wildcard reaches over a colon; the last part may hold colons.
bool arn_like(std::string_view pattern, std::string_view arn) {
  for (int part = 0; part < 5; ++part) {
    auto const in_pattern = pattern.find(':');
    auto const in_arn = arn.find(':');
    if (in_pattern == std::string_view::npos || in_arn == std::string_view::npos) return false;
    if (!matches_wildcard(pattern.substr(0, in_pattern), arn.substr(0, in_arn))) return false;
    pattern.remove_prefix(in_pattern + 1);
    arn.remove_prefix(in_arn + 1);
  }
  return matches_wildcard(pattern, arn);
}

bool compare(Comparison comparison, std::string_view wanted, std::string_view value) {
  switch (comparison) {
    case Comparison::equal:
      return wanted == value;
    case Comparison::equal_ignoring_case:
    case Comparison::boolean:
      return equal_ignoring_case(wanted, value);
    case Comparison::like:
      return matches_wildcard(wanted, value);
    case Comparison::arn_like:
      return arn_like(wanted, value);
  }
  return false;
}

}  // namespace

Result<std::vector<Condition>> parse_conditions(boost::json::value const& element) {
  if (!element.is_object()) return malformed_policy("A Condition is an object of operators");
  std::vector<Condition> out;
  for (auto const& [operator_name, by_key] : element.get_object()) {
    auto const parsed = TRY(parse_operator(operator_name));
    if (!by_key.is_object()) return malformed_policy("A condition operator has an object of condition keys");
    for (auto const& [key, values] : by_key.get_object()) {
      auto condition = parsed;
      condition.key = to_lower(key);
      if (!is_supported(condition.key))
        return malformed_policy("The condition key " + std::string(key).substr(0, 100) + " is not supported");
      condition.values = TRY(parse_values(condition, values));
      out.push_back(std::move(condition));
    }
  }
  return out;
}

bool holds(Condition const& condition, Facts const& facts) {
  auto const found = facts.find(condition.key);
  bool const absent = found == facts.end() || found->second.empty();
  if (condition.asks_presence)
    return std::ranges::find(condition.values, absent ? "true" : "false") != condition.values.end();
  if (absent) {
    if (condition.if_exists || condition.quantifier == Quantifier::every) return true;
    return condition.negated && condition.quantifier == Quantifier::none;
  }
  auto satisfies = [&](std::string const& value) {
    bool const matched = std::ranges::any_of(condition.values, [&](std::string const& wanted) {
      return compare(condition.comparison, wanted, value);
    });
    return matched != condition.negated;
  };
  bool const all = condition.quantifier == Quantifier::every ||
                   (condition.quantifier == Quantifier::none && condition.negated);
  return all ? std::ranges::all_of(found->second, satisfies) : std::ranges::any_of(found->second, satisfies);
}

}  // namespace argosy::keys
