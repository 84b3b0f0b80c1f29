// cli/attach.cpp - argosy attach: a snapshot as a disk that NBD clients read, block by block when they need
// it.
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "base/private_file.h"
#include "cli/ebs.h"
#include "cli/file.h"
#include "cli/format.h"
#include "cli/private_folder.h"
#include "cli/process.h"
#include "cli/program.h"
#include "cli/target.h"
#include "crypto/sigv4.h"
#include "disk_server/session.h"

namespace argosy::cli {
namespace {

constexpr char const* kPluginName = "nbdkit-argosy-plugin.so";
constexpr auto kStartTimeout = std::chrono::seconds(30);
constexpr auto kStartPoll = std::chrono::milliseconds(10);
/// How soon it is noticed that nbdkit has ended.
constexpr auto kPoll = std::chrono::milliseconds(100);
/// Credentials that end are replaced long before, by whoever issues them; asking may cost a process.
constexpr auto kLookAtCredentials = std::chrono::minutes(1);

struct AttachOptions {
  std::string snapshot;
  std::string socket;
  std::uint16_t port = 0;
  std::string plugin;
};

/// Whether a program would be found, as execvp(3) looks for it.
bool is_installed(std::string const& program) {
  auto const path = find(process_environment(), "PATH").value_or("/usr/bin:/bin");
  for (std::size_t begin = 0; begin <= path.size();) {
    auto const end = std::min(path.find(':', begin), path.size());
    if (access((path.substr(begin, end - begin) + "/" + program).c_str(), X_OK) == 0) return true;
    begin = end + 1;
  }
  return false;
}

/// Beside this program, or where a package puts it.
Outcome<std::string> find_plugin(std::string const& given) {
  std::error_code error;
  if (!given.empty()) {
    if (!std::filesystem::exists(given, error)) return stop(Exit::refused, given + " does not exist");
    return absolute_path(given);
  }
  auto const folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  for (auto const* place : {".", "../lib/argosy"})
    if (auto path = folder / place / kPluginName; std::filesystem::exists(path, error))
      return path.lexically_normal().string();
  return stop(Exit::refused, std::string(kPluginName) + " is neither beside " + folder.string() +
                                 "/argosy nor in ../lib/argosy: name it with --plugin");
}

/// What the disk server is told, after one look at list and content: whoever may not read the snapshot, or
/// not use its key, hears that before anything is served.
Outcome<disk_server::Session> open_snapshot(Session& session, std::string const& id) {
  auto const page = TRY(list_blocks(session, id, {}));
  if (!page.blocks.empty()) TRY(get_block(session, id, page.blocks.front()));
  auto const credentials = session.credentials();
  disk_server::Session out;
  out.endpoint = session.reached_ebs_endpoint();
  out.region = session.region();
  out.snapshot_id = id;
  out.volume_size_bytes = page.volume_size * static_cast<std::int64_t>(kGiB);
  out.access_key_id = credentials.access_key_id;
  out.secret_access_key = credentials.secret_access_key;
  out.session_token = credentials.session_token;
  if (!session.authority_path().empty()) out.authority_path = absolute_path(session.authority_path());
  return out;
}

/// Where clients find the disk.
struct Place {
  std::vector<std::string> arguments;  ///< of nbdkit
  std::string uri;
};

Outcome<Place> place_of(AttachOptions const& options, std::string const& folder) {
  if (options.port != 0) {
    auto const port = std::to_string(options.port);
    return Place{{"--ipaddr", "127.0.0.1", "--port", port}, "nbd://127.0.0.1:" + port};
  }
  std::error_code ignored;
  if (!options.socket.empty() && std::filesystem::exists(options.socket, ignored))
    return stop(Exit::refused, options.socket + " exists");
  auto const socket = options.socket.empty() ? folder + "/nbd" : absolute_path(options.socket);
  return Place{{"--unix", socket}, "nbd+unix:///?socket=" + crypto::percent_encode(socket, true)};
}

/// nbdkit writes its process id when it listens.
Outcome<void> wait_for(Process& server, std::string const& pid_file) {
  auto const give_up = std::chrono::steady_clock::now() + kStartTimeout;
  std::error_code ignored;
  while (!std::filesystem::exists(pid_file, ignored)) {
    if (!server.is_running()) return stop(Exit::failed, "nbdkit ended before it served anything");
    if (std::chrono::steady_clock::now() > give_up)
      return stop(Exit::failed, "nbdkit does not begin to serve");
    std::this_thread::sleep_for(kStartPoll);
  }
  return {};
}

/// Until nbdkit ends, which it does not by itself; Ctrl-C ends both.
Outcome<void> serve(Process& server, Session const& session, disk_server::Session served,
                    std::string const& session_file, Terminal& terminal) {
  auto look = std::chrono::steady_clock::now() + kLookAtCredentials;
  while (server.is_running()) {
    std::this_thread::sleep_for(kPoll);
    if (std::chrono::steady_clock::now() < look) continue;
    look = std::chrono::steady_clock::now() + kLookAtCredentials;
    auto const found = session.find_credentials_again();
    if (!found) {
      terminal.complain("credentials cannot be renewed: " + found.error().message);
      continue;
    }
    auto renewed = served;
    renewed.access_key_id = found->access_key_id;
    renewed.secret_access_key = found->secret_access_key;
    renewed.session_token = found->session_token;
    if (renewed == served) continue;
    auto const written =
        write_private_file(session_file, disk_server::print_session(renewed), Existing::replace);
    if (written) {
      served = std::move(renewed);
    } else {
      terminal.complain("credentials cannot be renewed: " + written.error().message);
    }
  }
  return stop(Exit::failed, "nbdkit ended");
}

Outcome<Exit> run(AttachOptions const& options, Settings const& settings, Terminal& terminal) {
  auto const plugin = TRY(find_plugin(options.plugin));
  if (!is_installed("nbdkit"))
    return stop(Exit::refused, "nbdkit is not there: is the package nbdkit installed?");
  auto const target = TRY(open_target(settings, options.snapshot, {"snap-"}));
  auto const folder = TRY(PrivateFolder::make());
  auto const place = TRY(place_of(options, folder->path()));
  auto served = TRY(open_snapshot(*target.session, target.id));
  auto const session_file = folder->path() + "/session";
  auto const pid_file = folder->path() + "/pid";
  TRY(write_private_file(session_file, disk_server::print_session(served), Existing::refuse));

  std::vector<std::string> arguments{"nbdkit", "--foreground", "--readonly", "--pidfile", pid_file};
  arguments.insert(arguments.end(), place.arguments.begin(), place.arguments.end());
  arguments.insert(arguments.end(), {plugin, "session=" + session_file});
  OnInterrupt const remove_socket([&] { unlink(options.socket.c_str()); });
  auto server = TRY(Process::start(arguments, Errors::shown));
  TRY(wait_for(server, pid_file));
  if (terminal.format() == Format::json) {
    terminal.print(boost::json::object{{"uri", place.uri},
                                       {"region", target.session->region()},
                                       {"snapshot_id", target.id},
                                       {"bytes", served.volume_size_bytes}});
  } else {
    terminal.print(place.uri + "\n");
  }
  terminal.note(target.text() + "  " + show_bytes(static_cast<std::uint64_t>(served.volume_size_bytes)) +
                " is served, read-only, until Ctrl-C");
  auto ended = serve(server, *target.session, std::move(served), session_file, terminal);
  unlink(options.socket.c_str());
  TRY(std::move(ended));
  return Exit::done;
}

constexpr char const* kExamples =
    R"(  argosy attach us-west-2/snap-…                      prints nbd+unix:///?socket=…
  argosy attach snap-… --socket /run/disk.sock        on a socket of that name
  argosy attach snap-… --port 10809                   nbd://127.0.0.1:10809, for everybody on this host
  qemu-img convert "$URI" disk.qcow2
  qemu-system-x86_64 -snapshot -drive file="$URI",format=raw,if=virtio …

Nothing is downloaded before somebody reads it; holes cost nothing, and each block is compared with its
checksum. When the region is away, a read waits until it is back. The disk is read-only: write to an
overlay over it (qemu-img create -f qcow2 -b "$URI" -F raw disk.qcow2). Needs nbdkit.
)";

}  // namespace

void add_attach(Program& program) {
  auto options = std::make_shared<AttachOptions>();
  auto& verb =
      program.add_verb("attach", "Serve a snapshot as a disk (NBD) until Ctrl-C", kExamples, options, &run);
  verb.add_option("SNAPSHOT", options->snapshot, "REGION/snap-…, or the id alone")
      ->required()
      ->option_text(" ");
  auto* socket = verb.add_option("--socket", options->socket,
                                 "Where the socket is made; in a folder of its own unless given")
                     ->option_text("FILE");
  verb.add_option("--port", options->port, "Serve on 127.0.0.1 instead of a socket")
      ->check(CLI::Range(1, 65'535))
      ->excludes(socket)
      ->option_text("N");
  verb.add_option("--plugin", options->plugin, "nbdkit-argosy-plugin.so, where it is not found")
      ->option_text("FILE");
}

}  // namespace argosy::cli
