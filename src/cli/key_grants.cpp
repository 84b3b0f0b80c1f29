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

Outcome<std::size_t> take_key(Session& session, std::string const& key_arn,
                              std::function<bool(kms::GrantListEntry const&)> const& goes) {
  std::size_t taken = 0;
  for (auto const& grant : TRY(list_grants(session, key_arn))) {
    if (!goes(grant)) continue;
    auto revoked = revoke_grant(session, key_arn, grant.grant_id);
    bool const is_gone = !revoked && revoked.error().code == "NotFoundException";  // its answer was lost
    if (!revoked && !is_gone) return std::unexpected(revoked.error());
    ++taken;
  }
  return taken;
}

}  // namespace argosy::cli
