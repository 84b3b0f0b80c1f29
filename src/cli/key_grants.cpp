// cli/key_grants.cpp - see key_grants.h.
#include "cli/key_grants.h"

#include "cli/key_access.h"

namespace argosy::cli {

std::string grant_name(std::string const& account, std::string const& shared_id) {
  return "argosy:" + account + (shared_id.empty() ? "" : ":" + shared_id);
}

Outcome<std::string> give_key(Session& session, std::string const& key_arn, std::string const& account,
                              std::string const& shared_id) {
  kms::CreateGrantRequest request;
  request.key_id = key_arn;
  request.grantee_principal = root_arn(account, key_arn);
  request.operations.assign(kImageOperations.begin(), kImageOperations.end());
  request.name = grant_name(account, shared_id);
  return create_grant(session, request);
}

Revoked take_key(Session& session, std::string const& key_arn,
                 std::function<bool(kms::GrantListEntry const&)> const& goes) {
  Revoked revoked;
  auto const grants = list_grants(session, key_arn);
  if (!grants) return {0, grants.error()};
  for (auto const& grant : *grants) {
    if (!goes(grant)) continue;
    auto const done = revoke_grant(session, key_arn, grant.grant_id);
    bool const is_gone = !done && done.error().code == "NotFoundException";  // its answer was lost
    if (done || is_gone) {
      ++revoked.count;
    } else if (!revoked.failure) {
      revoked.failure = done.error();
    }
  }
  return revoked;
}

}  // namespace argosy::cli
