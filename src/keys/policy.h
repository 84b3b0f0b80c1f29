// keys/policy.h - a key's policy document: parsed once, so that what cannot be enforced is never stored.
// Source: ec2-semantics F4; IAM User Guide, "IAM JSON policy elements reference".
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "access/caller.h"
#include "keys/condition.h"

namespace argosy::keys {

/// Source: AWS KMS quotas, "Key policy document size".
inline constexpr std::size_t kMaxPolicyBytes = 32'768;
/// Every key has exactly one policy, of this name.
inline constexpr std::string_view kPolicyName = "default";

/// Texts that an element lists, or (with `negated`) all but those.
struct Selector {
  bool negated = false;
  std::vector<std::string> patterns;
};

struct Statement {
  bool allows = true;
  bool everyone = false;  ///< the principals are all there are
  Selector principals;    ///< ARNs, unless everyone; negated: NotPrincipal
  Selector actions;       ///< in lower case: "kms:re*"
  Selector resources;
  std::vector<Condition> conditions;
};

struct Policy {
  std::vector<Statement> statements;
};

/// One that is stored: of a name that an object has twice, the last is in force. Fails with
/// MalformedPolicyDocumentException, LimitExceededException beyond kMaxPolicyBytes.
Result<Policy> parse_policy(std::string_view document);
/// One that is put: a name that an object has twice makes it malformed, too. Source: IAM User Guide, "Grammar
/// of the IAM JSON policy language" (no "multiple instances of the same key").
Result<Policy> parse_new_policy(std::string_view document);

/// How a principal is meant by a statement, or by a policy's statements together.
enum class Match {
  none,
  account,    ///< its account is: what it may is decided by its own side
  principal,  ///< it is itself
};

/// What a policy says to a request.
struct Opinion {
  bool denies = false;
  Match allows = Match::none;  ///< the most of what its statements allow
};
/// `action` without its "kms:"; `facts` are the request's, `resource` is the key's ARN.
Opinion evaluate(Policy const& policy, access::Caller const& caller, std::string_view action,
                 std::string_view resource, Facts const& facts);

/// The account may do everything, and its own side decides who of it may.
std::string default_policy(std::string_view account);
/// For the key that an account's EBS takes where none is named: through EC2 alone, for that account alone.
std::string ebs_managed_policy(std::string_view account, std::string_view region);

}  // namespace argosy::keys
