// cli/sources.cpp - see sources.h.
#include "cli/sources.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>

namespace argosy::cli {

Environment process_environment() {
  Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string_view text(*entry);
    auto equals = text.find('=');
    if (equals != text.npos) environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

std::optional<std::string> find(Environment const& environment, std::string_view name) {
  auto found = environment.find(name);
  if (found == environment.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

Sources real_sources() {
  auto environment = process_environment();
  if (auto const* user = getpwuid(getuid()); !environment.contains("HOME") && user != nullptr)
    environment["HOME"] = user->pw_dir;
  return {std::move(environment),
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

}  // namespace argosy::cli
