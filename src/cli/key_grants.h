// cli/key_grants.h - the grants that argosy gives and takes: exactly what launching and copying needs, found
// again by their names.
#pragma once
#include <functional>
#include <optional>
#include <string>

#include "cli/kms.h"

namespace argosy::cli {

/// Given by hand: "argosy:ACCOUNT". With an image or a snapshot: "argosy:ACCOUNT:ami-…", so that taking one
/// back leaves what another needs.
std::string grant_name(std::string const& account, std::string const& shared_id);

/// Gives kImageOperations to the account; the grant's id. The same twice is one grant. `shared_id`: of the
/// image or snapshot; may be empty.
Outcome<std::string> give_key(Session& session, std::string const& key_arn, std::string const& account,
                              std::string const& shared_id);

/// Of grants that were to go.
struct Revoked {
  std::size_t count = 0;
  std::optional<Failure> failure;  ///< the first: others may be there still
};
/// Revokes the grants for which `goes` is true, also after one that failed.
Revoked take_key(Session& session, std::string const& key_arn,
                 std::function<bool(kms::GrantListEntry const&)> const& goes);

}  // namespace argosy::cli
