// api/volume_sessions.h - requests that are signed with the credentials of a volume.
#pragma once
#include <optional>
#include <string_view>

#include "api/authenticate.h"
#include "api/errors.h"
#include "api/service.h"

namespace argosy::api {

/// Whether a request says that its credentials are temporary.
inline bool names_session(CredentialsClaim const& claim) {
  return claim.access_key_id.starts_with(ebs::kSessionKeyPrefix);
}
/// Those that the claim's region issued; nothing for any other.
std::optional<KnownCredentials> find_session(Service& service, CredentialsClaim const& claim);

/// Fails, as IAM would, on everything but ListSnapshotBlocks, GetSnapshotBlock and what nobody is denied.
Result<void> check_session_allows(Protocol protocol, std::string_view operation);

}  // namespace argosy::api
