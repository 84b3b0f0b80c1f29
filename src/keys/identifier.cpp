// keys/identifier.cpp - see identifier.h.
#include "keys/identifier.h"

#include <algorithm>
#include <vector>

#include "access/caller.h"
#include "base/assert.h"
#include "base/bytes.h"
#include "keys/errors.h"

namespace argosy::keys {
namespace {

constexpr std::size_t kMaxIdentifierBytes = 2'048;
constexpr std::size_t kMaxAliasBytes = 256;
constexpr std::size_t kMaxPrincipalBytes = 256;
constexpr std::size_t kUuidBytes = 36;
constexpr std::string_view kMultiRegionPrefix = "mrk-";
constexpr std::string_view kAliasPrefix = "alias/";
constexpr std::string_view kHex = "0123456789abcdef";

bool is_of(std::string_view text, std::string_view alphabet) {
  return text.find_first_not_of(alphabet) == std::string_view::npos;
}

bool is_uuid(std::string_view text) {
  if (text.size() != kUuidBytes) return false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    bool const dash = at == 8 || at == 13 || at == 18 || at == 23;
    if (dash ? text[at] != '-' : !kHex.contains(text[at])) return false;
  }
  return true;
}

/// arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE, the last of which may hold colons; fewer parts if it has
/// fewer.
std::vector<std::string_view> split_arn(std::string_view text) {
  std::vector<std::string_view> parts;
  while (parts.size() < 5) {
    auto const colon = text.find(':');
    if (colon == std::string_view::npos) break;
    parts.push_back(text.substr(0, colon));
    text.remove_prefix(colon + 1);
  }
  parts.push_back(text);
  return parts;
}

bool is_alias_text(std::string_view text) {
  return text.size() > kAliasPrefix.size() && text.size() <= kMaxAliasBytes &&
         text.starts_with(kAliasPrefix) &&
         is_of(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_-");
}

}  // namespace

Result<Identifier> parse_identifier(std::string_view text) {
  if (text.empty() || text.size() > kMaxIdentifierBytes)
    return invalid_value("A key is named by 1 to 2048 characters");
  Identifier out;
  std::string_view name = text;
  if (text.starts_with("arn:")) {
    auto const parts = split_arn(text);
    if (parts.size() != 6 || parts[1] != "aws" || parts[2] != "kms" || parts[3].empty() ||
        !access::is_account_id(parts[4]))
      return invalid_arn("Invalid arn " + std::string(text));
    out.region = parts[3];
    out.account = parts[4];
    name = parts[5];
    bool const key = name.starts_with("key/");
    if (key) name.remove_prefix(4);
    if (!key && !name.starts_with(kAliasPrefix)) return invalid_arn("Invalid arn " + std::string(text));
  }
  if (name.starts_with(kAliasPrefix)) out.kind = Identifier::Kind::alias;
  if (out.kind == Identifier::Kind::alias ? !is_alias_text(name) : !is_key_id(name))
    return not_found("Invalid keyId '" + std::string(text) + "'");
  out.name = name;
  return out;
}

bool is_multi_region_id(std::string_view key_id) { return key_id.starts_with(kMultiRegionPrefix); }

bool is_key_id(std::string_view text) {
  if (!is_multi_region_id(text)) return is_uuid(text);
  return text.size() == kMultiRegionPrefix.size() + 32 && is_of(text.substr(kMultiRegionPrefix.size()), kHex);
}

std::string make_key_id(Entropy& entropy, bool multi_region) {
  auto uuid = make_uuid(entropy);
  if (!multi_region) return uuid;
  std::erase(uuid, '-');
  return std::string(kMultiRegionPrefix) + uuid;
}

std::array<std::byte, 16> to_bits(std::string_view key_id) {
  ARGOSY_ASSERT(is_key_id(key_id));
  if (is_multi_region_id(key_id)) key_id.remove_prefix(kMultiRegionPrefix.size());
  std::string digits(key_id);
  std::erase(digits, '-');
  auto const bytes = from_hex(digits);
  std::array<std::byte, 16> bits{};
  std::ranges::copy(*bytes, bits.begin());
  return bits;
}

std::string from_bits(std::array<std::byte, 16> const& bits, bool multi_region) {
  auto text = to_hex(bits);
  if (multi_region) return std::string(kMultiRegionPrefix) + text;
  for (std::size_t const at : {8U, 13U, 18U, 23U}) text.insert(at, "-");
  return text;
}

std::string key_arn(std::string_view region, std::string_view account, std::string_view key_id) {
  return "arn:aws:kms:" + std::string(region) + ":" + std::string(account) + ":key/" + std::string(key_id);
}

std::string alias_arn(std::string_view region, std::string_view account, std::string_view alias) {
  return "arn:aws:kms:" + std::string(region) + ":" + std::string(account) + ":" + std::string(alias);
}

Result<void> check_alias_name(std::string_view alias) {
  if (!alias.starts_with(kAliasPrefix))
    return invalid_value(
        "Alias must start with the prefix \"alias/\". Please see "
        "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html");
  if (!is_alias_text(alias))
    return invalid_alias_name(
        "An alias is \"alias/\" and letters, digits, '/', '_' and '-', at most 256 "
        "characters");
  if (alias.starts_with("alias/aws/"))
    return invalid_alias_name("Aliases below alias/aws/ are reserved for AWS-managed keys");
  return {};
}

std::string root_arn(std::string_view account) { return "arn:aws:iam::" + std::string(account) + ":root"; }

Result<std::string> parse_principal(std::string_view text) {
  if (access::is_account_id(text)) return root_arn(text);
  auto const parts = split_arn(text);
  bool const well_formed = text.size() <= kMaxPrincipalBytes && parts.size() == 6 && parts[0] == "arn" &&
                           parts[1] == "aws" && parts[3].empty() && access::is_account_id(parts[4]) &&
                           !text.contains('*') && !text.contains('?');
  auto has = [&](std::string_view prefix) {
    return parts[5].starts_with(prefix) && parts[5].size() > prefix.size();
  };
  if (well_formed && parts[2] == "iam" && (parts[5] == "root" || has("user/") || has("role/")))
    return std::string(text);
  if (well_formed && parts[2] == "sts" && (has("assumed-role/") || has("federated-user/")))
    return std::string(text);
  return invalid_arn("'" + std::string(text.substr(0, kMaxPrincipalBytes)) +
                     "' is no principal: name an account, a user or a role by its ARN");
}

std::string_view account_of(std::string_view principal_arn) { return split_arn(principal_arn).at(4); }

}  // namespace argosy::keys
