// server/commands.cpp - see commands.h; CLI11 does the parsing.
#include "server/commands.h"

#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <boost/json.hpp>
#include <future>
#include <iostream>
#include <memory>
#include <thread>

#include "base/log.h"
#include "catalogue/accounts.h"
#include "manual/manual.h"
#include "server/beside.h"
#include "server/peer_commands.h"
#include "server/process.h"
#include "server/relay.h"
#include "server/root_key_commands.h"
#include "server/upkeep_commands.h"

namespace argosy::server {
namespace {

constexpr char const* kFooter =
    R"(Exit codes: 0 done, or stopped by SIGTERM or SIGINT; 1 failed; 252 usage; 253 configuration or root key.

Commands work on the data directory, also beside a running server. DIR.root-key, beside it, opens what
is secret there: back it up apart from the data.

SIGHUP changes nothing: new certificates are found without it, and a new configuration takes a restart.
)";

constexpr int kFailed = 1;
constexpr int kUsage = 252;
constexpr int kBadConfiguration = 253;
/// After a signal the process ends within this, whatever still runs: it may be killed at any moment anyway.
constexpr auto kStopLimit = std::chrono::milliseconds(4'500);

/// `status`, unless the fault is in the configuration or a credential.
int complain(Error const& error, int status) {
  std::cerr << "argosyd: " << error.message << "\n";
  bool const told_wrongly = error.code == crypto::kRootKeyFault || error.code == kConfigurationFault;
  return told_wrongly ? kBadConfiguration : status;
}
/// The status, or a failure if not all that was to be said could be written: a new key's secret, say.
int finish_output(int status) {
  std::cout.flush();
  if (std::cout || status != 0) return status;
  return complain({Fault::unavailable, "", "cannot write to stdout"}, kFailed);
}

/// Signals are taken by `EndSignal` alone: every thread starts with them blocked.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return signals;
}

/// The signal that ends the process. Not SIGHUP, by which other daemons are told that their files changed.
int wait_for_end(sigset_t const& signals) {
  int signal = 0;
  while (true) {
    sigwait(&signals, &signal);
    if (signal != SIGHUP) return signal;
    log_info(
        "SIGHUP changes nothing: certificates are read anew by themselves, the configuration at a start");
  }
}

/// Ends the process at once on a signal that comes while it still starts, which can take long: it may be
/// killed at any moment anyway. Later ones are waited for.
class EndSignal {
 public:
  /// Before any other thread begins.
  EndSignal() {
    std::thread([state = state_, signals = block_signals()] {
      int const signal = wait_for_end(signals);
      if (!state->started) {
        log_info("stopping on signal {} before the server was ready", signal);
        ::_exit(0);
      }
      state->received.set_value(signal);
    }).detach();
  }
  /// To be called once the process has started.
  int wait() {
    auto received = state_->received.get_future();
    state_->started = true;
    return received.get();
  }

 private:
  struct State {
    std::atomic<bool> started = false;
    std::promise<int> received;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

void end_in_time() {
  std::thread([] {
    std::this_thread::sleep_for(kStopLimit);
    log_warning("something still runs: ending all the same");
    ::_exit(0);
  }).detach();
}

/// Bodies and batches of some MiB come and go all the time: memory for them is kept, not given back to the
/// kernel and zeroed again page by page; and few arenas share what is kept. Measured: a copy takes a fifth
/// less of the system's time, and the process two thirds of the memory.
void keep_memory() {
  ::mallopt(M_MMAP_THRESHOLD, 64 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 128 << 20);
  ::mallopt(M_ARENA_MAX, 4);
}

/// Files that are no connections: databases, packs, records of machines.
constexpr std::size_t kOtherFiles = 400;
/// Files of a connection to each of the two inner doors, together: both ends of one between regions, and that
/// of a disk server.
constexpr std::size_t kFilesOfInner = 3;

/// As many open files as the system allows, and no more connections than those leave room for: at least half
/// of it for clients.
void allow_files(Config& config) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  auto const room = std::max<std::size_t>(files.rlim_cur, 2 * kOtherFiles) - kOtherFiles;
  auto& inner = config.inner_connection_limit;
  inner = std::min(inner, room / 2 / kFilesOfInner);
  auto const most = room - kFilesOfInner * inner;
  if (config.endpoint.connection_limit <= most) return;
  log_warning("the system allows {} open files: at most {} connections", files.rlim_cur, most);
  config.endpoint.connection_limit = most;
}

int serve(Config config) {
  keep_memory();
  allow_files(config);
  ::umask(077);  // what is kept here is nobody else's
  EndSignal end;
  auto process = Process::start(config, system_clock(), system_entropy());
  if (!process)
    return complain(process.error(), process.error().fault == Fault::invalid ? kBadConfiguration : kFailed);
  std::cout << "argosyd ready " << (*process)->url() << std::endl;
  log_info("stopping on signal {}", end.wait());
  end_in_time();
  process->reset();
  return 0;
}

boost::json::object to_row(catalogue::Account const& account) {
  return {{"account_id", account.id},
          {"name", account.name},
          {"state", account.enabled ? "enabled" : "disabled"},
          {"organization_path", account.organization_path},
          {"created", to_iso8601(account.created)}};
}
boost::json::object to_row(catalogue::AccessKey const& key) {
  return {{"access_key_id", key.id},
          {"account_id", key.account},
          {"state", key.enabled ? "enabled" : "disabled"},
          {"created", to_iso8601(key.created)}};
}

/// A command beside the server: its action runs after parsing.
class Commands {
 public:
  explicit Commands(CLI::App& app) {
    add_account_commands(app);
    add_access_key_commands(app);
    peer_commands_.add_to(app, actions_);
    root_key_commands_.add_to(app, actions_);
  }
  /// Nothing if no such command was given.
  std::optional<Result<void>> run() {
    for (auto& [command, action] : actions_)
      if (command->parsed()) return action();
    return std::nullopt;
  }

 private:
  CLI::App* add(CLI::App& group, std::string const& name, std::string const& help,
                std::function<Result<void>()> action) {
    auto* command = group.add_subcommand(name, help);
    beside_.add_to(*command);
    actions_.emplace_back(command, std::move(action));
    return command;
  }

  void add_account_commands(CLI::App& app) {
    auto* group = app.add_subcommand(
        "account", "Make, list, disable, export and import accounts, also beside a running server");
    group->require_subcommand(1);
    auto* create = add(*group, "create", "Make an account; prints its id", [this] {
      return beside_.run(sql::Access::write, [&](auto& tx) -> Result<void> {
        auto account = TRY(catalogue::create_account(tx, name_, id_, system_clock().now(), system_entropy()));
        beside_.output.print({to_row(account)});
        return {};
      });
    });
    create->add_option("name", name_, "A name for people")->required();
    create->add_option("--account-id", id_, "12 digits (default: random)");
    add(*group, "list", "List the accounts", [this] {
      return beside_.run(sql::Access::read, [&](auto& tx) -> Result<void> {
        boost::json::array rows;
        auto accounts = TRY(catalogue::list_accounts(tx));
        for (auto const& account : accounts) rows.push_back(to_row(account));
        beside_.output.print(rows);
        return {};
      });
    });
    auto* disable = add(*group, "disable", "Refuse every request of an account from now on", [this] {
      return beside_.run(sql::Access::write, [&](auto& tx) -> Result<void> {
        auto account = TRY(catalogue::find_account(tx, name_));
        return catalogue::set_account_enabled(tx, account.id, false);
      });
    });
    disable->add_option("account", name_, "Its id or name")->required();
    auto* move =
        add(*group, "move", "Say where in which organization an account is, for policies of keys", [this] {
          return beside_.run(sql::Access::write, [&](auto& tx) -> Result<void> {
            auto account = TRY(catalogue::find_account(tx, name_));
            return catalogue::set_organization(tx, account.id, path_, system_clock().now());
          });
        });
    move->add_option("account", name_, "Its id or name")->required();
    move->add_option("path", path_, "o-ID/r-ID/ and an ou-ID/ for each unit (default: in no organization)");
  }

  void add_access_key_commands(CLI::App& app) {
    auto* group =
        app.add_subcommand("access-key", "Make, list and disable access keys, also beside a running server");
    group->require_subcommand(1);
    auto* create = add(*group, "create", "Make an access key; its secret is told this once", [this] {
      return beside_.run_with_keys([&](auto& tx, crypto::MasterKeys const& master_keys) -> Result<void> {
        auto account = TRY(catalogue::find_account(tx, name_));
        auto made = TRY(catalogue::create_access_key(tx, master_keys, account.id, system_clock().now(),
                                                     system_entropy()));
        auto row = to_row(made.key);
        row["secret_access_key"] = made.secret_access_key;
        beside_.output.print({row});
        return {};
      });
    });
    create->add_option("account", name_, "The account's id or name")->required();
    auto* list = add(*group, "list", "List the access keys", [this] {
      return beside_.run(sql::Access::read, [&](auto& tx) -> Result<void> {
        auto account = name_.empty() ? std::string() : TRY(catalogue::find_account(tx, name_)).id;
        boost::json::array rows;
        auto keys = TRY(catalogue::list_access_keys(tx, account));
        for (auto const& key : keys) rows.push_back(to_row(key));
        beside_.output.print(rows);
        return {};
      });
    });
    list->add_option("account", name_, "Only this account's");
    auto* disable = add(*group, "disable", "Refuse every request signed with a key from now on", [this] {
      return beside_.run(sql::Access::write,
                         [&](auto& tx) { return catalogue::set_access_key_enabled(tx, id_, false); });
    });
    disable->add_option("access-key-id", id_, "The key's id")->required();
  }

  Beside beside_;
  std::string name_;
  std::string id_;
  std::string path_;
  PeerCommands peer_commands_;
  RootKeyCommands root_key_commands_;
  Actions actions_;
};

Result<Config> to_config(CLI::App const& app, std::string const& file, Config const& given) {
  if (!file.empty()) {
    if (app.count("--dev") + app.count("--data-dir") + app.count("--listen") + app.count("--regions") +
            app.count("--root-key") >
        0)
      return fail(Fault::invalid,
                  "--config cannot be combined with --dev, --data-dir, --listen, --regions or --root-key");
    return read_config(file);
  }
  if (!given.dev)
    return fail(Fault::invalid, "give --config FILE, or --dev with --data-dir and --regions; see --help");
  TRY(http::parse_address(given.endpoint.listen));
  auto config = given;
  if (config.root_key.file.empty()) config.root_key.file = default_root_key_file(config.data_directory);
  return config;
}

}  // namespace

int run(int argc, char** argv) {
  CLI::App app(
      "argosyd serves the regions of Argosy: EC2 images and snapshots, EBS direct, KMS and STS.\n\n"
      "  argosyd --dev --data-dir ./data --listen 127.0.0.1:8080 --regions us-east-1,us-west-2\n"
      "  argosyd --config /etc/argosy/argosyd.yaml\n");
  app.set_version_flag("--version", std::string("argosyd ") + ARGOSY_VERSION);
  Config config;
  config.endpoint.listen = "127.0.0.1:8080";
  std::string file;
  app.add_option("--config,-c", file, "Configuration file (YAML)");
  app.add_flag("--dev", config.dev,
               "Serve from the command line's settings; make three accounts on the first start");
  app.add_option("--data-dir", config.data_directory, "Where everything is kept; made if absent");
  app.add_option("--root-key", config.root_key.file,
                 "The root key file (default: DIR.root-key); made on the first start");
  app.add_option("--listen", config.endpoint.listen, "ADDRESS:PORT; port 0 takes a free one")
      ->capture_default_str();
  app.add_option("--regions", config.regions, "Names of the regions, separated by commas")->delimiter(',');
  Commands commands(app);
  UpkeepCommands upkeep(app);
  std::string relay_socket;
  auto* relaying = app.add_subcommand(
      "relay", "Join standard input and output to a local socket: QEMU runs this for a machine's metadata");
  relaying->add_option("socket", relay_socket, "The socket's path")->required();
  auto* man = app.add_subcommand("man", "Print the manual page of argosyd: argosyd man | man -l -");
  app.footer(kFooter);  // last: what is added below takes over the footer that is there
  try {
    app.parse(argc, argv);
  } catch (CLI::ParseError const& error) {
    int status = app.exit(error);
    return status == 0 ? 0 : kUsage;
  }
  if (relaying->parsed()) {
    // Without a complaint: QEMU hands stderr to the machine, too.
    return relay(relay_socket, STDIN_FILENO, STDOUT_FILENO) ? 0 : kFailed;
  }
  if (man->parsed()) {
    manual::Title title{"argosyd " ARGOSY_VERSION, 8, "argosy(1)"};
    std::cout << manual::write_page(app, "argosyd", title, manual::Below::all);
    return finish_output(0);
  }
  if (auto done = commands.run()) return *done ? finish_output(0) : complain(done->error(), kFailed);
  if (auto done = upkeep.run()) return *done ? finish_output(**done) : complain(done->error(), kFailed);
  auto told = to_config(app, file, config);
  if (!told) return complain(told.error(), kBadConfiguration);
  return serve(*told);
}

}  // namespace argosy::server
