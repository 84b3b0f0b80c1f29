// cli/profile_files.h - AWS's profile files, config and credentials, as the SDKs read them. Source: AWS SDKs
// and Tools Reference Guide, "Shared config and credentials files".
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/sources.h"

namespace argosy::cli {

/// Key, in lower case -> value. A nested key ("ec2 =" and below it "  endpoint_url = …") reads
/// "ec2.endpoint_url".
using Section = std::map<std::string, std::string>;
/// By the name of the section.
using Ini = std::map<std::string, Section>;
Ini parse_ini(std::string_view text);
/// What is set and not empty.
std::optional<std::string> find(Section const& section, std::string const& key);

/// The sections of one profile in both files.
struct Profile {
  std::string name;
  Section config;
  Section credentials;
  Section services;  ///< of the config's "services" section that the profile names
};

/// Empty if there is no such file. The names of its sections are without quotes: in the other file they have
/// none.
Ini read_config_file(Sources const& sources);
/// The profile of that name; with an empty one that of AWS_DEFAULT_PROFILE, of
/// AWS_PROFILE, or the default. Fails with
/// `configuration` if one is named that neither file has.
Outcome<Profile> load_profile(std::string const& name, Sources const& sources);
/// The names of the profiles in both files, each once.
std::vector<std::string> list_profiles(Sources const& sources);

}  // namespace argosy::cli
