// keys/identifier.h - how keys and aliases are named: ids, alias names and their ARNs. Source: ec2-semantics
// F1.
#pragma once
#include <array>
#include <string>
#include <string_view>

#include "base/entropy.h"
#include "base/error.h"

namespace argosy::keys {

/// What a request names a key by, taken apart.
struct Identifier {
  enum class Kind { key, alias };
  Kind kind = Kind::key;
  std::string name;     ///< the key's id, or the alias with its "alias/"
  std::string region;   ///< of an ARN; empty: the region that is asked
  std::string account;  ///< of an ARN; empty: the caller's
};

/// A key id, key ARN, alias name or alias ARN. Fails with InvalidArnException, NotFoundException if it can
/// name no key, ValidationException.
Result<Identifier> parse_identifier(std::string_view text);

/// A UUID in lower case, or "mrk-" and 32 hexadecimal digits for a multi-Region key.
bool is_key_id(std::string_view text);
bool is_multi_region_id(std::string_view key_id);
std::string make_key_id(Entropy& entropy, bool multi_region);
/// The 128 bits of a key id; with `is_multi_region_id` they are the whole of it.
std::array<std::byte, 16> to_bits(std::string_view key_id);
std::string from_bits(std::array<std::byte, 16> const& bits, bool multi_region);

std::string key_arn(std::string_view region, std::string_view account, std::string_view key_id);
/// `alias` with its "alias/".
std::string alias_arn(std::string_view region, std::string_view account, std::string_view alias);

/// The alias of the key that EBS takes where none is named.
inline constexpr std::string_view kEbsAlias = "alias/aws/ebs";
/// What an account may name its own alias: "alias/" and letters, digits, / _ -; at most 256 characters, not
/// below alias/aws/. Fails with InvalidAliasNameException, ValidationException.
Result<void> check_alias_name(std::string_view alias);

/// "arn:aws:iam::ACCOUNT:root"
std::string root_arn(std::string_view account);
/// An account's root, a user, a role or a session of one, as its ARN or (the root) 12 digits; returns the
/// ARN. Fails with InvalidArnException on anything else: groups, services, organizations.
Result<std::string> parse_principal(std::string_view text);
/// Of such an ARN.
std::string_view account_of(std::string_view principal_arn);

}  // namespace argosy::keys
