// cli/kms.h - the KMS operations that the verbs use, one function each. Lists are complete: pages are
// followed.
#pragma once
#include <string>
#include <vector>

#include "cli/session.h"
#include "messages/kms/aliases.h"
#include "messages/kms/grants.h"
#include "messages/kms/keys.h"

namespace argosy::cli {

namespace kms = messages::kms;

/// `key`: an id, an alias, or the ARN of either. Fails with NotFoundException, of another account's with
/// AccessDeniedException.
Outcome<kms::KeyMetadata> describe_key(Session& session, std::string const& key);
Outcome<std::vector<kms::KeyListEntry>> list_keys(Session& session);
Outcome<std::vector<kms::AliasListEntry>> list_aliases(Session& session);
Outcome<kms::KeyMetadata> create_key(Session& session, kms::CreateKeyRequest const& request);
/// The new replica of a multi-Region key whose primary key is in the session's region. Fails with
/// AlreadyExistsException, UnsupportedOperationException.
Outcome<kms::KeyMetadata> replicate_key(Session& session, std::string const& key, std::string const& region);
/// `alias` begins with "alias/". Fails with AlreadyExistsException if it is another key's.
Outcome<void> create_alias(Session& session, std::string const& alias, std::string const& key_id);
/// The JSON of the key's policy; its own account alone may read it. `key`: an id or ARN, here and below.
Outcome<std::string> key_policy(Session& session, std::string const& key);
Outcome<std::vector<kms::GrantListEntry>> list_grants(Session& session, std::string const& key);
/// The grant's id: of one that is there already, if it has the same name and gives the same.
Outcome<std::string> create_grant(Session& session, kms::CreateGrantRequest const& request);
Outcome<void> revoke_grant(Session& session, std::string const& key, std::string const& grant_id);
/// Whether the caller may encrypt new content under the key: asks for a data key with DryRun.
Outcome<void> try_data_key(Session& session, std::string const& key);

}  // namespace argosy::cli
