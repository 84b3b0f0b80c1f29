// cli/key_target.h - what a reference to a key means: the key, and a session in its region with the
// credentials that see it.
#pragma once
#include <memory>
#include <string_view>

#include "cli/key_reference.h"
#include "cli/kms.h"

namespace argosy::cli {

struct KeyTarget {
  std::unique_ptr<Session> session;
  kms::KeyMetadata key;
};
/// A region that is not named is that of the settings or, with a profile, that of the profile. Fails with
/// `usage` as parse_key_reference, `configuration` without a region or credentials, and as describe_key.
Outcome<KeyTarget> open_key(Settings const& settings, std::string_view reference);

/// Fails with `usage` unless it has 12 digits.
Outcome<void> check_account(std::string const& account);

}  // namespace argosy::cli
