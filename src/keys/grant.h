// keys/grant.h - a grant: a permission on one key, given to one principal, with the constraints that bind it.
// Source: ec2-semantics F2, F4; AWS KMS API reference, "CreateGrant".
#pragma once
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/entropy.h"
#include "keys/action.h"
#include "keys/encryption_context.h"

namespace argosy::keys {

/// Which encryption contexts a grant is good for.
struct Constraints {
  enum class Kind { none, subset, equals };
  Kind kind = Kind::none;
  EncryptionContext pairs;  ///< subset: all of these must be in the context; equals: it is just these

  bool allow(EncryptionContext const& context) const;
  /// Whether what these allow, `others` allow as well.
  bool are_within(Constraints const& others) const;
  bool operator==(Constraints const&) const = default;
};

/// What CreateGrant is asked to give.
struct GrantProposal {
  std::string name;                ///< empty: none
  std::string grantee;             ///< a principal's ARN
  std::string retiring_principal;  ///< empty: none
  std::vector<Action> operations;  ///< each once, in the order of Action
  Constraints constraints;
  bool operator==(GrantProposal const&) const = default;
};

struct Grant {
  std::string id;  ///< 64 hexadecimal digits
  std::string key_id;
  std::string issuing_account;  ///< of who made it
  Time created{};
  GrantProposal given;
};

/// Of one principal on one key: as many as a decision looks at.
inline constexpr std::int64_t kMaxGrantsOfGrantee = 1'000;
inline constexpr std::size_t kMaxConstraintPairs = 8;
/// Of a pair's value, in bytes.
inline constexpr std::size_t kMaxConstraintValueBytes = 384;

/// Sorts its operations. Fails with ValidationException on an operation that a grant cannot give, on none, on
/// constraints with too many or too long pairs or none, on a malformed name; with InvalidArnException on a
/// principal that cannot have a grant.
Result<GrantProposal> check_proposal(GrantProposal proposal);

std::string make_grant_id(Entropy& entropy);
bool is_grant_id(std::string_view text);

/// Names a grant to whoever has just been given it, another text at each call. It proves nothing: grants are
/// in force at once without it, and retiring by it asks who the caller is all the same.
std::string make_grant_token(std::string_view grant_id, Entropy& entropy);
/// The id of the grant. Fails with InvalidGrantTokenException.
Result<std::string> read_grant_token(std::string_view token);

}  // namespace argosy::keys
