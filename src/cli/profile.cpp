// cli/profile.cpp - see profile.h.
#include "cli/profile.h"

#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>

#include "cli/format.h"
#include "cli/reference.h"
#include "wire/json.h"

namespace argosy::cli {
namespace {

using Section = std::map<std::string, std::string>;

std::string trim(std::string_view text) {
  auto begin = text.find_first_not_of(" \t\r");
  if (begin == text.npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin));
}

/// Set and not empty.
std::optional<std::string> find(Section const& section, std::string const& key) {
  auto found = section.find(key);
  if (found == section.end() || found->second.empty()) return std::nullopt;
  return found->second;
}
std::optional<std::string> find(Environment const& environment, std::string_view name) {
  auto found = environment.find(name);
  if (found == environment.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

/// The sections of one profile in both files.
struct Profile {
  std::string name;
  Section config;
  Section credentials;
  Section services;  ///< of the config's "services" section that the profile names
};

std::optional<std::string> read_profile_file(Sources const& sources, char const* variable,
                                             char const* standard) {
  auto path = find(sources.environment, variable).value_or(standard);
  if (path.starts_with("~/")) path = find(sources.environment, "HOME").value_or("") + path.substr(1);
  return sources.read_file(path);
}

Outcome<Profile> load_profile(Flags const& flags, Sources const& sources) {
  auto named = flags.profile.empty() ? find(sources.environment, "AWS_PROFILE") : flags.profile;
  Profile profile{named.value_or("default"), {}, {}, {}};
  auto config = parse_ini(read_profile_file(sources, "AWS_CONFIG_FILE", "~/.aws/config").value_or(""));
  auto credentials =
      parse_ini(read_profile_file(sources, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials").value_or(""));
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

std::optional<remote::Credentials> static_credentials(Section const& section) {
  auto id = find(section, "aws_access_key_id");
  auto secret = find(section, "aws_secret_access_key");
  if (!id || !secret) return std::nullopt;
  return remote::Credentials{*id, *secret, find(section, "aws_session_token")};
}

/// Source: "Process credential provider": JSON with Version 1.
Outcome<remote::Credentials> ask_process(std::string const& command, Sources const& sources) {
  auto answer = wire::parse_json(TRY(sources.run(command)));
  auto bad = stop(Exit::configuration,
                  "credential_process did not print what it should: JSON with Version 1, "
                  "AccessKeyId and SecretAccessKey");
  if (!answer || !answer->is_object()) return bad;
  auto text = [&](char const* key) -> std::optional<std::string> {
    auto const* value = answer->get_object().if_contains(key);
    if (value == nullptr || !value->is_string()) return std::nullopt;
    return std::string(value->get_string());
  };
  auto const* version = answer->get_object().if_contains("Version");
  auto id = text("AccessKeyId");
  auto secret = text("SecretAccessKey");
  if (version == nullptr || *version != 1 || !id || !secret) return bad;
  return remote::Credentials{*id, *secret, text("SessionToken")};
}

Outcome<remote::Credentials> find_credentials(Flags const& flags, Sources const& sources,
                                              Profile const& profile) {
  if (flags.profile.empty()) {  // a profile that was asked for by flag goes before the environment
    auto id = find(sources.environment, "AWS_ACCESS_KEY_ID");
    auto secret = find(sources.environment, "AWS_SECRET_ACCESS_KEY");
    if (id && secret)
      return remote::Credentials{*id, *secret, find(sources.environment, "AWS_SESSION_TOKEN")};
    if (id || secret)
      return stop(Exit::configuration, "only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set");
  }
  if (auto found = static_credentials(profile.credentials)) return *found;
  for (auto const* section : {&profile.credentials, &profile.config})
    if (auto command = find(*section, "credential_process")) return ask_process(*command, sources);
  if (auto found = static_credentials(profile.config)) return *found;
  return stop(
      Exit::configuration,
      "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile that has them "
      "(--profile).\n  For roles and single sign-on: eval \"$(aws configure export-credentials --format "
      "env)\"");
}

/// By service, most particular first: flag, AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, the profile's
/// services section, the profile.
std::optional<std::string> find_endpoint(Flags const& flags, Environment const& environment,
                                         Profile const& profile, std::string const& service,
                                         std::string const& variable) {
  if (!flags.endpoint_url.empty()) return flags.endpoint_url;
  if (find(environment, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") == "true") return std::nullopt;
  if (auto url = find(environment, variable)) return url;
  if (auto url = find(environment, "AWS_ENDPOINT_URL")) return url;
  if (auto url = find(profile.services, service + ".endpoint_url")) return url;
  return find(profile.config, "endpoint_url");
}

Outcome<int> find_attempts(Environment const& environment, Profile const& profile, int standard) {
  constexpr int kMost = 100;
  auto text = find(environment, "AWS_MAX_ATTEMPTS");
  if (!text) text = find(profile.config, "max_attempts");
  if (!text) return standard;
  int attempts = 0;
  auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), attempts);
  if (error != std::errc{} || end != text->data() + text->size() || attempts < 1 || attempts > kMost)
    return stop(Exit::configuration,
                "AWS_MAX_ATTEMPTS is \"" + *text + "\": it must be a number from 1 to 100");
  return attempts;
}

}  // namespace

Environment process_environment() {
  Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string_view text(*entry);
    auto equals = text.find('=');
    if (equals != text.npos) environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

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
    auto key = trim(line.substr(0, equals));
    auto value = trim(line.substr(equals + 1));
    if (auto comment = value.find(" #"); comment != std::string::npos) value = trim(value.substr(0, comment));
    if (!nested) parent = value.empty() ? key : "";
    (*section)[nested ? parent + "." + key : key] = value;
  }
  return ini;
}

Outcome<std::string> Settings::region() const {
  if (regions.empty())
    return stop(Exit::configuration, "no region: write REGION/ami-…, or set --region or AWS_REGION");
  if (regions.size() > 1) return stop(Exit::usage, "this works in one region: give --region once");
  return regions.front();
}

Sources real_sources() {
  return {process_environment(),
          [](std::string const& path) -> std::optional<std::string> {
            std::ifstream file(path);
            if (!file) return std::nullopt;
            return std::string(std::istreambuf_iterator<char>(file), {});
          },
          [](std::string const& command) -> Outcome<std::string> {
            std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), &pclose);
            if (!pipe) return stop(Exit::configuration, "cannot start the credential_process");
            std::string output;
            std::array<char, 4096> part{};
            while (auto got = std::fread(part.data(), 1, part.size(), pipe.get()))
              output.append(part.data(), got);
            if (pclose(pipe.release()) != 0)
              return stop(Exit::configuration, "the credential_process failed");
            return output;
          }};
}

Outcome<Settings> resolve(Flags const& flags, Sources const& sources) {
  auto const& environment = sources.environment;
  auto profile = TRY(load_profile(flags, sources));
  Settings settings;
  settings.patience = TRY(parse_duration(flags.timeout));
  settings.regions = without_repeats(flags.regions);
  if (settings.regions.empty()) {
    auto region = find(environment, "AWS_REGION");
    if (!region) region = find(environment, "AWS_DEFAULT_REGION");
    if (!region) region = find(profile.config, "region");
    if (region) settings.regions.push_back(*region);
  }
  for (auto const& region : settings.regions) TRY(check_region(region));
  for (auto [service, variable] : {std::pair{"ec2", "AWS_ENDPOINT_URL_EC2"}, {"ebs", "AWS_ENDPOINT_URL_EBS"}})
    if (auto url = find_endpoint(flags, environment, profile, service, variable))
      settings.endpoint_urls[service] = *url;
  settings.ca_path =
      find(environment, "AWS_CA_BUNDLE").value_or(find(profile.config, "ca_bundle").value_or(""));
  settings.max_attempts = TRY(find_attempts(environment, profile, settings.max_attempts));
  settings.credentials = TRY(find_credentials(flags, sources, profile));
  return settings;
}

}  // namespace argosy::cli
