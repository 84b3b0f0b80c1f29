// cli/key_reference.cpp - see key_reference.h.
#include "cli/key_reference.h"

#include <algorithm>
#include <vector>

#include "cli/reference.h"

namespace argosy::cli {
namespace {

constexpr std::string_view kAliasPrefix = "alias/";
constexpr std::string_view kKeyPrefix = "key/";
constexpr std::string_view kMultiRegionPrefix = "mrk-";
constexpr std::size_t kLongestAlias = 256;

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

/// A UUID, or "mrk-" and 32 hexadecimal digits.
bool is_key_id(std::string_view text) {
  if (text.starts_with(kMultiRegionPrefix)) {
    text.remove_prefix(kMultiRegionPrefix.size());
    return text.size() == 32 && is_hex(text);
  }
  if (text.size() != 36) return false;
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if ((text[i] == '-') != hyphen) return false;
    if (!hyphen) digits += text[i];
  }
  return is_hex(digits);
}

bool is_alias(std::string_view text) {
  if (!text.starts_with(kAliasPrefix) || text.size() > kLongestAlias) return false;
  auto name = text.substr(kAliasPrefix.size());
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/_-").contains(c);
  });
}

std::unexpected<Failure> no_key(std::string_view text) {
  return stop(Exit::usage,
              "\"" + std::string(text) + "\" is no key: write REGION/ID, REGION/alias/NAME or an ARN");
}

}  // namespace

KeyArn read_key_arn(std::string_view arn) {
  std::vector<std::string> parts;  // arn : partition : service : region : account : resource
  while (parts.size() < 5) {
    auto colon = arn.find(':');
    if (colon == arn.npos) return {};
    parts.emplace_back(arn.substr(0, colon));
    arn.remove_prefix(colon + 1);
  }
  if (parts[0] != "arn" || parts[2] != "kms") return {};
  bool is_of_key = arn.starts_with(kKeyPrefix) && is_key_id(arn.substr(kKeyPrefix.size()));
  if (!is_of_key && !is_alias(arn)) return {};
  return {parts[3], parts[4], std::string(is_of_key ? arn.substr(kKeyPrefix.size()) : arn), parts[1]};
}

Outcome<KeyReference> parse_key_reference(std::string_view text) {
  KeyReference reference;
  auto rest = text;
  auto colon = rest.find(':');
  if (!rest.starts_with("arn:") && colon != rest.npos && colon > 0 && colon < rest.find('/')) {
    reference.profile = rest.substr(0, colon);
    rest.remove_prefix(colon + 1);
  }
  reference.id = rest;
  if (rest.starts_with("arn:")) {
    auto arn = read_key_arn(rest);
    if (arn.name.empty()) return no_key(text);
    reference.region = arn.region;
    return reference;
  }
  auto slash = rest.find('/');
  if (!rest.starts_with(kAliasPrefix) && slash != rest.npos) {
    TRY(check_region(rest.substr(0, slash)));
    reference.region = rest.substr(0, slash);
    reference.id = rest.substr(slash + 1);
  }
  if (!is_key_id(reference.id) && !is_alias(reference.id)) return no_key(text);
  return reference;
}

Outcome<KeyChoice> parse_key_choice(std::string_view text) {
  auto equals = text.find('=');
  if (equals == text.npos)
    return stop(Exit::usage, "\"" + std::string(text) + "\" is no choice of a key: write REGION=KEY");
  KeyChoice choice{std::string(text.substr(0, equals)), ""};
  TRY(check_region(choice.region));
  auto reference = TRY(parse_key_reference(text.substr(equals + 1)));
  if (reference.profile)
    return stop(Exit::usage, "a key is used with the credentials of the command: no profile before it");
  if (reference.region && *reference.region != choice.region)
    return stop(Exit::usage, reference.id + " is a key of " + *reference.region + ": a key of " +
                                 choice.region + " is needed there");
  choice.key = reference.id;
  return choice;
}

Outcome<std::string> parse_alias(std::string_view name) {
  auto alias = (name.starts_with(kAliasPrefix) ? "" : std::string(kAliasPrefix)) + std::string(name);
  if (is_alias(alias) && !alias.starts_with("alias/aws/")) return alias;
  return stop(Exit::usage, "\"" + std::string(name) +
                               "\" is no alias: up to 250 letters, digits and / _ -, not below aws/");
}

std::string show_key(std::string_view arn) {
  auto parts = read_key_arn(arn);
  return parts.name.empty() ? std::string(arn) : parts.region + "/" + parts.name;
}

}  // namespace argosy::cli
