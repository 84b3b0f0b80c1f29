// tests/fuzz/profile.cpp - AWS's config and credentials files, and what a credential_process prints, into
// settings.
#include "cli/profile.h"
#include "cli/profile_files.h"

#include "fuzz/fuzz.h"
#include "http/url.h"

namespace argosy::fuzz {

/// A line that names the profile, the config, a line "---", the credentials, a line "---", the process's
/// output.
void try_input(ByteView bytes) {
  Input input(bytes);
  cli::Flags flags;
  flags.profile = input.line();
  auto text = as_text(input.rest());
  auto next = [&] {
    auto end = text.find("\n---\n");
    std::string part(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 5);
    return part;
  };
  auto const config = next();
  auto const credentials = next();
  auto const printed = next();
  cli::Sources sources;
  sources.environment = {{"HOME", "/home"}};
  sources.read_file = [&](std::string const& path) -> std::optional<std::string> {
    return path.ends_with("credentials") ? credentials : config;
  };
  sources.run = [&](std::string const&) -> cli::Outcome<std::string> { return printed; };
  for (auto const& [section, keys] : cli::parse_ini(config))
    for (auto const& [name, value] : keys) ARGOSY_ASSERT(!(name + value).contains('\n'));
  auto settings = cli::resolve(flags, sources);
  if (!settings) {
    ARGOSY_ASSERT(!settings.error().message.empty());
    return;
  }
  ARGOSY_ASSERT(settings->max_attempts >= 1 && settings->regions.size() <= 1);
}

}  // namespace argosy::fuzz
