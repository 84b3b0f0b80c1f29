// cli/reference.cpp - see reference.h.
#include "cli/reference.h"

#include <algorithm>
#include <filesystem>

namespace argosy::cli {
namespace {

constexpr std::string_view kNamePrefix = "name:";
constexpr std::string_view kImagePrefix = "ami-";
constexpr std::size_t kShortestName = 3;
constexpr std::size_t kLongestName = 128;

/// 17 hexadecimal digits, or 8 in old ids.
bool is_id(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  auto digits = text.substr(prefix.size());
  return (digits.size() == 17 || digits.size() == 8) &&
         digits.find_first_not_of("0123456789abcdef") == digits.npos;
}

bool may_stand_in_a_name(char c) {
  bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return plain || std::string_view("()[] ./-'@_").contains(c);
}

}  // namespace

Outcome<void> check_region(std::string_view name) {
  if (name.empty() || name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != name.npos)
    return stop(Exit::usage, "\"" + std::string(name) + "\" is no region: write for example us-east-1");
  return {};
}

Outcome<Reference> parse_reference(std::string_view text, std::vector<std::string_view> const& prefixes) {
  Reference reference;
  auto rest = text;
  auto colon = rest.find(':');
  if (!rest.starts_with(kNamePrefix) && colon != rest.npos && colon > 0 && colon < rest.find('/')) {
    reference.profile = rest.substr(0, colon);
    rest.remove_prefix(colon + 1);
  }
  auto slash = rest.find('/');
  if (!rest.starts_with(kNamePrefix) && slash != rest.npos) {
    TRY(check_region(rest.substr(0, slash)));
    reference.region = rest.substr(0, slash);
    rest.remove_prefix(slash + 1);
  }
  if (rest.starts_with(kNamePrefix) && std::ranges::find(prefixes, kImagePrefix) != prefixes.end()) {
    reference.name = rest.substr(kNamePrefix.size());
    TRY(check_image_name(reference.name));
    return reference;
  }
  reference.id = rest;
  if (std::ranges::any_of(prefixes, [&](auto prefix) { return is_id(reference.id, prefix); }))
    return reference;
  std::string expected;
  for (auto prefix : prefixes) (expected += expected.empty() ? "" : " or ") += std::string(prefix) + "…";
  return stop(Exit::usage, "\"" + std::string(text) + "\" is not an id: expected " + expected +
                               ", with or without its region as in us-east-1/" +
                               std::string(prefixes.front()) + "…");
}

std::vector<std::string> without_repeats(std::vector<std::string> const& values) {
  std::vector<std::string> out;
  for (auto const& value : values)
    if (std::ranges::find(out, value) == out.end()) out.push_back(value);
  return out;
}

Outcome<TagArgument> parse_tag(std::string const& text) {
  auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    return stop(Exit::usage, "\"" + text + "\" is no tag: write KEY=VALUE");
  return TagArgument{text.substr(0, equals), text.substr(equals + 1)};
}

Outcome<void> check_image_name(std::string_view name) {
  if (name.size() >= kShortestName && name.size() <= kLongestName &&
      std::ranges::all_of(name, may_stand_in_a_name))
    return {};
  return stop(Exit::usage,
              "\"" + std::string(name) +
                  "\" is no name for an image: 3 to 128 letters, digits, blanks and ( ) [ ] . / - ' @ _");
}

std::string image_name_of(std::string_view path) {
  std::string name = std::filesystem::path(path).stem().string();
  for (auto& c : name)
    if (!may_stand_in_a_name(c)) c = '-';
  if (name.size() > kLongestName) name.resize(kLongestName);
  if (name.size() < kShortestName) name += "-image";
  return name;
}

}  // namespace argosy::cli
