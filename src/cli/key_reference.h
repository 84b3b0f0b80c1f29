// cli/key_reference.h - what a user may write for a KMS key, and what a key's ARN says. Pure.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "cli/failure.h"

namespace argosy::cli {

/// [PROFILE:]KEY, where KEY is an ARN or [REGION/]ID or [REGION/]alias/NAME. "us-east-1/alias/images",
/// "lab:us-west-2/0d990263-018e-4e65-a703-eff731de951e", "arn:aws:kms:…".
struct KeyReference {
  std::optional<std::string> profile;
  std::optional<std::string> region;
  std::string id;  ///< as KMS takes it: a key's id, "alias/NAME" or an ARN
};
/// Fails with `usage`.
Outcome<KeyReference> parse_key_reference(std::string_view text);

/// REGION=KEY of --kms-key. Fails with `usage`, also if the key names another region.
struct KeyChoice {
  std::string region;
  std::string key;  ///< as KeyReference::id
};
Outcome<KeyChoice> parse_key_choice(std::string_view text);

/// "alias/NAME" of NAME or alias/NAME; fails with `usage` on what KMS would refuse.
Outcome<std::string> parse_alias(std::string_view name);

/// Parts of the ARN of a key or alias; empty if it is none.
struct KeyArn {
  std::string region;
  std::string account;  ///< 12 digits
  std::string name;     ///< the key's id, or "alias/NAME"
  std::string partition;
};
KeyArn read_key_arn(std::string_view arn);

/// "us-east-1/ID" of an ARN: what the verbs take; any other text as it is.
std::string show_key(std::string_view arn);

}  // namespace argosy::cli
