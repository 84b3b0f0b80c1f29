// cli/profile_files.cpp - see profile_files.h.
#include "cli/profile_files.h"

#include <cstring>
#include <utility>

#include "base/text.h"
#include "cli/reference.h"

namespace argosy::cli {
namespace {

std::string trim(std::string_view text) {
  auto begin = text.find_first_not_of(" \t\r");
  if (begin == text.npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin));
}

/// The words of a line, without the quotes and backslashes that hold them together; nothing if a quote is
/// open at its end. Source: Python's shlex.split, by which the aws command reads the names of sections.
std::optional<std::vector<std::string>> split_words(std::string_view text) {
  std::vector<std::string> words;
  char quote = 0;
  bool in_word = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    bool const last = i + 1 == text.size();
    bool const escapes =
        text[i] == '\\' &&
        (quote == 0 || (quote == '"' && !last && (text[i + 1] == '"' || text[i + 1] == '\\')));
    if (quote == 0 && (text[i] == ' ' || text[i] == '\t')) {
      in_word = false;
      continue;
    }
    if (!std::exchange(in_word, true)) words.emplace_back();
    if (escapes) {
      if (last) return std::nullopt;
      words.back() += text[++i];
    } else if (quote == 0 && (text[i] == '\'' || text[i] == '"')) {
      quote = text[i];
    } else if (text[i] == quote) {
      quote = 0;
    } else {
      words.back() += text[i];
    }
  }
  if (quote != 0) return std::nullopt;
  return words;
}

/// "profile my dev" of "profile 'my dev'".
std::string unquote(std::string const& section) {
  auto const words = split_words(section);
  return words && words->size() == 2 ? words->front() + " " + words->back() : section;
}

/// Nothing if there is no such file.
Ini read_profile_file(Sources const& sources, char const* variable, char const* standard) {
  auto path = find(sources.environment, variable).value_or(standard);
  if (path.starts_with("~/")) path = find(sources.environment, "HOME").value_or("") + path.substr(1);
  return parse_ini(sources.read_file(path).value_or(""));
}

Ini read_credentials_file(Sources const& sources) {
  return read_profile_file(sources, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");
}

}  // namespace

Ini parse_ini(std::string_view text) {
  Ini ini;
  Section* section = nullptr;
  std::string parent;
  while (!text.empty()) {
    auto end = text.find('\n');
    auto raw = text.substr(0, end);
    text = end == text.npos ? std::string_view{} : text.substr(end + 1);
    auto line = trim(raw);
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    if (line[0] == '[') {
      section = &ini[trim(line.substr(1, line.find(']') - 1))];
      parent.clear();
      continue;
    }
    auto equals = line.find('=');
    if (section == nullptr || equals == std::string::npos) continue;
    bool nested = (raw[0] == ' ' || raw[0] == '\t') && !parent.empty();
    auto key = to_lower(trim(line.substr(0, equals)));
    auto value = trim(line.substr(equals + 1));
    if (auto comment = value.find(" #"); comment != std::string::npos) value = trim(value.substr(0, comment));
    if (!nested) parent = value.empty() ? key : "";
    (*section)[nested ? parent + "." + key : key] = value;
  }
  return ini;
}

std::optional<std::string> find(Section const& section, std::string const& key) {
  auto found = section.find(key);
  if (found == section.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

Ini read_config_file(Sources const& sources) {
  auto read = read_profile_file(sources, "AWS_CONFIG_FILE", "~/.aws/config");
  Ini config;
  for (auto& [section, values] : read) config[unquote(section)] = std::move(values);
  return config;
}

Outcome<Profile> load_profile(std::string const& name, Sources const& sources) {
  auto named = name.empty() ? find(sources.environment, "AWS_DEFAULT_PROFILE") : name;
  if (!named) named = find(sources.environment, "AWS_PROFILE");
  Profile profile{named.value_or("default"), {}, {}, {}};
  auto config = read_config_file(sources);
  auto credentials = read_credentials_file(sources);
  auto section = profile.name == "default" && !config.contains("profile default") ? "default"
                                                                                  : "profile " + profile.name;
  if (named && !config.contains(section) && !credentials.contains(profile.name))
    return stop(Exit::configuration,
                "no profile \"" + profile.name + "\" in the config or credentials file of AWS");
  profile.config = config[section];
  profile.credentials = credentials[profile.name];
  if (auto services = find(profile.config, "services")) profile.services = config["services " + *services];
  return profile;
}

std::vector<std::string> list_profiles(Sources const& sources) {
  std::vector<std::string> names;
  for (auto const& [section, ignored] : read_config_file(sources)) {
    if (section == "default") names.push_back(section);
    if (section.starts_with("profile ")) names.push_back(section.substr(std::strlen("profile ")));
  }
  for (auto const& [section, ignored] : read_credentials_file(sources)) names.push_back(section);
  return without_repeats(names);
}

}  // namespace argosy::cli
