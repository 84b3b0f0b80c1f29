// keys/condition.h - the conditions of a policy's statement, and the facts of a request that they ask for.
// Source: IAM User Guide, "IAM JSON policy elements: Condition operators"; AWS KMS condition keys.
#pragma once
#include <boost/json/fwd.hpp>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"

namespace argosy::keys {

/// What a request says for each condition key (in lower case): one value, or several for the keys that have
/// sets; a key that the request does not have is not there.
using Facts = std::map<std::string, std::vector<std::string>, std::less<>>;

/// How two texts are compared.
enum class Comparison { equal, equal_ignoring_case, like, arn_like, boolean };
/// What a condition asks of a key that has several values.
enum class Quantifier {
  none,   ///< as `any`, and a negated comparison must hold for all
  any,    ///< ForAnyValue: at least one, so there must be one
  every,  ///< ForAllValues: each, so none is enough
};

struct Condition {
  std::string key;             ///< in lower case
  bool asks_presence = false;  ///< Null: `values` say whether the key must be absent ("true") or there
  Comparison comparison = Comparison::equal;
  bool negated = false;
  bool if_exists = false;  ///< holds if the request does not have the key
  Quantifier quantifier = Quantifier::none;
  std::vector<std::string> values;  ///< alternatives
};

/// A statement's Condition. Fails with MalformedPolicyDocumentException also on operators and condition keys
/// that are not supported: what cannot be enforced is not accepted.
Result<std::vector<Condition>> parse_conditions(boost::json::value const& element);

/// Source: IAM User Guide, "Multivalued context keys", "…IfExists condition operators".
bool holds(Condition const& condition, Facts const& facts);

/// The keys that have sets of values, and the prefix of those for an encryption context's names.
inline constexpr std::string_view kContextKeyPrefix = "kms:encryptioncontext:";
inline constexpr std::string_view kContextNamesKey = "kms:encryptioncontextkeys";
inline constexpr std::string_view kGrantOperationsKey = "kms:grantoperations";
inline constexpr std::string_view kOrganizationPathsKey = "aws:principalorgpaths";
inline constexpr std::string_view kOrganizationKey = "aws:principalorgid";
inline constexpr std::string_view kPrincipalAccountKey = "aws:principalaccount";
inline constexpr std::string_view kPrincipalArnKey = "aws:principalarn";
inline constexpr std::string_view kCallerAccountKey = "kms:calleraccount";
inline constexpr std::string_view kViaServiceKey = "kms:viaservice";
inline constexpr std::string_view kGrantIsForResourceKey = "kms:grantisforawsresource";

}  // namespace argosy::keys
