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
  auto const grants = TRY(list_grants(session, key_arn));
  std::size_t taken = 0;
  auto const done = try_each(grants, [&](kms::GrantListEntry const& grant) -> Outcome<void> {
    if (!goes(grant)) return {};
    auto revoked = revoke_grant(session, key_arn, grant.grant_id);
    bool const is_gone = !revoked && revoked.error().code == "NotFoundException";  // its answer was lost
    if (!revoked && !is_gone) return revoked;
    ++taken;
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return taken;
}

}  // namespace argosy::cli
