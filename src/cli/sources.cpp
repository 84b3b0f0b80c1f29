// cli/sources.cpp - see sources.h.
#include "cli/sources.h"

#include <pwd.h>
#include <spawn.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <iterator>

#include "cli/file.h"
#include "cli/process.h"

namespace argosy::cli {
namespace {

/// By the shell, with no signal blocked: whoever is interrupted must not leave it behind, deaf. `output`: the
/// end of a pipe. Its id.
Outcome<pid_t> start_shell(std::string const& command, File const& output) {
  posix_spawnattr_t attributes{};
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output.descriptor(), STDOUT_FILENO);
  std::array<std::string, 3> words{"sh", "-c", command};
  std::array<char*, 4> arguments{words[0].data(), words[1].data(), words[2].data(), nullptr};
  pid_t id = 0;
  auto const error = posix_spawn(&id, "/bin/sh", &actions, &attributes, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) return stop(Exit::configuration, "cannot start the credential_process");
  return id;
}

Outcome<std::string> run_shell(std::string const& command) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0)
    return std::unexpected(system_failure("credential_process", "no pipe"));
  File const from(ends[0]);
  pid_t id = 0;
  {
    File const to(ends[1]);
    id = TRY(start_shell(command, to));
  }
  std::string output;
  std::array<char, 4096> part{};
  while (true) {
    auto const got = read(from.descriptor(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    output.append(part.data(), static_cast<std::size_t>(got));
  }
  if (wait_for_end(id) != 0) return stop(Exit::configuration, "the credential_process failed");
  return output;
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
          &run_shell};
}

}  // namespace argosy::cli
