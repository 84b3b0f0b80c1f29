// keys/decision.h - may this caller do that with this key: the key's policy, its grants and the caller's own
// side together. Source: ec2-semantics F4.
#pragma once
#include <optional>
#include <span>
#include <string>

#include "access/caller.h"
#include "keys/grant.h"
#include "keys/key.h"
#include "keys/policy.h"

namespace argosy::keys {

/// What the policies of the caller's own account say to his request. An account's root, which every access
/// key is today, is allowed everything of its own.
enum class OwnSide { allows, silent, denies };

/// Who asks for what, and how.
struct Request {
  access::Caller caller;
  Action action = Action::describe_key;
  EncryptionContext context{};  ///< of the actions that take one
  std::string via_service{};    ///< through which the caller asks, as kms:ViaService has it; empty: himself
  std::optional<GrantProposal> proposal{};  ///< of CreateGrant
  OwnSide own_side = OwnSide::allows;
};

/// "ec2.us-east-1.amazonaws.com": EBS, too, asks in the name of EC2.
std::string ec2_service(std::string_view region);

/// `grants` are the key's to this caller: his own, and those of his account. An explicit denial wins; another
/// account's caller needs the key's policy and his own side; what a grant gives, no policy needs to.
bool is_allowed(Request const& request, Key const& key, Policy const& policy, std::span<Grant const> grants);

/// Whether a grant gives what is asked: its operations, its constraints, and of CreateGrant only what the
/// grant itself gives, bound as tightly.
bool gives(Grant const& grant, Request const& request);

/// Whether the caller may give a grant back: its retiring principal, the account that made it, or its grantee
/// if it gives RetireGrant. Policies are not asked, and it is not asked who the caller is but for that.
bool may_retire(Grant const& grant, access::Caller const& caller);

}  // namespace argosy::keys
