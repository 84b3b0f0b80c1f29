// cli/profile.cpp - see profile.h.
#include "cli/profile.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "cli/format.h"
#include "cli/profile_files.h"
#include "cli/reference.h"
#include "wire/json.h"

namespace argosy::cli {
namespace {

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

/// Whether the SDKs ask a role or single sign-on, before any keys that the profile may have too.
bool asks_elsewhere(Profile const& profile) {
  for (auto const* section : {&profile.config, &profile.credentials})
    for (auto const* key : {"role_arn", "web_identity_token_file", "sso_role_name", "sso_account_id"})
      if (find(*section, key)) return true;
  return false;
}

struct FoundCredentials {
  remote::Credentials credentials;
  std::string source;
};

Outcome<FoundCredentials> find_credentials(Flags const& flags, Sources const& sources,
                                           Profile const& profile) {
  if (flags.profile.empty()) {  // a profile that was asked for by flag goes before the environment
    auto id = find(sources.environment, "AWS_ACCESS_KEY_ID");
    auto secret = find(sources.environment, "AWS_SECRET_ACCESS_KEY");
    if (id && secret)
      return FoundCredentials{{*id, *secret, find(sources.environment, "AWS_SESSION_TOKEN")},
                              "AWS_ACCESS_KEY_ID in the environment"};
    if (id || secret)
      return stop(Exit::configuration, "only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set");
  }
  if (asks_elsewhere(profile))
    return stop(Exit::configuration,
                "the profile " + profile.name +
                    " is that of a role or of single sign-on, which argosy cannot ask.\n  "
                    "First: eval \"$(aws configure export-credentials --profile " +
                    profile.name + " --format env)\", and no --profile");
  auto const of_profile = " of the profile " + profile.name;
  if (auto found = static_credentials(profile.credentials))
    return FoundCredentials{*found, "the credentials file" + of_profile};
  for (auto const* section : {&profile.credentials, &profile.config})
    if (auto command = find(*section, "credential_process"))
      return FoundCredentials{TRY(ask_process(*command, sources)), "the credential_process" + of_profile};
  if (auto found = static_credentials(profile.config))
    return FoundCredentials{*found, "the config file" + of_profile};
  return stop(
      Exit::configuration,
      "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile that has them "
      "(--profile).\n  For roles and single sign-on: eval \"$(aws configure export-credentials --format "
      "env)\"");
}

/// Whether a profile speaks after flags and environment, as the SDKs have it, or before them.
enum class Rank { last, first };

std::optional<std::string> choose(Rank rank, std::optional<std::string> of_flag_or_environment,
                                  std::optional<std::string> of_profile) {
  auto& first = rank == Rank::first ? of_profile : of_flag_or_environment;
  auto& second = rank == Rank::first ? of_flag_or_environment : of_profile;
  return first ? std::move(first) : std::move(second);
}

/// By service, most particular first: flag, AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, the profile's
/// services section, the profile.
std::optional<std::string> find_endpoint(Flags const& flags, Environment const& environment,
                                         Profile const& profile, Rank rank, std::string const& service,
                                         std::string const& variable) {
  auto const ignore = find(environment, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").value_or("");
  bool ignored = to_lower(ignore) == "true";
  std::optional<std::string> near;
  if (!flags.endpoint_url.empty()) near = flags.endpoint_url;
  if (ignored) return near;
  if (!near) near = find(environment, variable);
  if (!near) near = find(environment, "AWS_ENDPOINT_URL");
  auto of_profile = find(profile.services, service + ".endpoint_url");
  if (!of_profile) of_profile = find(profile.config, "endpoint_url");
  return choose(rank, std::move(near), std::move(of_profile));
}

/// At most 100, however many are wished.
Outcome<int> find_attempts(Environment const& environment, Profile const& profile, int standard) {
  constexpr unsigned kMost = 100;
  auto text = find(environment, "AWS_MAX_ATTEMPTS");
  if (!text) text = find(profile.config, "max_attempts");
  if (!text) return standard;
  unsigned attempts = 0;
  auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), attempts);
  if (error == std::errc::result_out_of_range) attempts = kMost;
  if (error == std::errc::invalid_argument || end != text->data() + text->size() || attempts < 1)
    return stop(Exit::configuration, "AWS_MAX_ATTEMPTS is \"" + *text + "\": it must be a number from 1 on");
  return static_cast<int>(std::min(attempts, kMost));
}

/// $XDG_STATE_HOME/argosy. Source: XDG Base Directory Specification.
std::string state_directory(Environment const& environment) {
  auto base = find(environment, "XDG_STATE_HOME");
  if (!base) base = find(environment, "HOME").value_or("") + "/.local/state";
  return *base + "/argosy";
}

Outcome<Settings> resolve_ranked(Flags const& flags, Sources const& sources, Rank rank) {
  auto const& environment = sources.environment;
  auto profile = TRY(load_profile(flags.profile, sources));
  Settings settings;
  settings.patience = TRY(parse_duration(flags.timeout));
  auto own_region = find(profile.config, "region");
  settings.regions = without_repeats(flags.regions);
  if (settings.regions.empty() || (rank == Rank::first && own_region)) {
    auto region = find(environment, "AWS_REGION");
    if (!region) region = find(environment, "AWS_DEFAULT_REGION");
    region = choose(rank, std::move(region), std::move(own_region));
    settings.regions.clear();
    if (region) settings.regions.push_back(*region);
  }
  for (auto const& region : settings.regions) TRY(check_region(region));
  for (auto [service, variable] : {std::pair{"ec2", "AWS_ENDPOINT_URL_EC2"},
                                   {"ebs", "AWS_ENDPOINT_URL_EBS"},
                                   {"kms", "AWS_ENDPOINT_URL_KMS"},
                                   {"sts", "AWS_ENDPOINT_URL_STS"}})
    if (auto url = find_endpoint(flags, environment, profile, rank, service, variable))
      settings.endpoint_urls[service] = *url;
  settings.ca_path =
      choose(rank, find(environment, "AWS_CA_BUNDLE"), find(profile.config, "ca_bundle")).value_or("");
  settings.max_attempts = TRY(find_attempts(environment, profile, settings.max_attempts));
  settings.state_directory = state_directory(environment);
  auto found = find_credentials(flags, sources, profile);
  if (found) {
    settings.credentials = std::move(found->credentials);
    settings.credentials_source = std::move(found->source);
  } else {
    settings.credentials = std::unexpected(found.error());
  }
  settings.of_profile = [flags, sources](std::string const& name) {
    auto of_profile = flags;
    of_profile.profile = name;
    return resolve_ranked(of_profile, sources, Rank::first);
  };
  settings.resolve_again = [flags, sources, rank] { return resolve_ranked(flags, sources, rank); };
  return settings;
}

}  // namespace

Outcome<std::string> Settings::region() const {
  if (regions.empty())
    return stop(Exit::configuration, "no region: write REGION/ami-…, or set --region or AWS_REGION");
  if (regions.size() > 1) return stop(Exit::usage, "this works in one region: give --region once");
  return regions.front();
}

Outcome<Settings> resolve(Flags const& flags, Sources const& sources) {
  return resolve_ranked(flags, sources, Rank::last);
}

std::vector<std::string> list_known_regions(Sources const& sources) {
  std::vector<std::string> names;
  for (auto const* variable : {"AWS_REGION", "AWS_DEFAULT_REGION"})
    if (auto region = find(sources.environment, variable)) names.push_back(*region);
  for (auto const& [ignored, section] : read_config_file(sources))
    if (auto region = find(section, "region")) names.push_back(*region);
  return without_repeats(names);
}

}  // namespace argosy::cli
