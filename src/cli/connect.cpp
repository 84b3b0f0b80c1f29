// cli/connect.cpp - argosy connect: SSH to an instance, found by its id.
#include <arpa/inet.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "cli/instances.h"
#include "cli/program.h"
#include "cli/target.h"

namespace argosy::cli {
namespace {

struct ConnectOptions {
  std::string instance;
  std::vector<std::string> arguments;
};

bool is_address(std::string const& text) {
  in6_addr ignored{};
  return inet_pton(AF_INET, text.c_str(), &ignored) == 1 || inet_pton(AF_INET6, text.c_str(), &ignored) == 1;
}

Outcome<std::string> find_address(Target const& target) {
  auto const instance = TRY(find_instance(*target.session, target.id));
  if (auto const state = state_of(instance); state != "running") {
    auto const reason = reason_of(instance);
    return stop(Exit::refused, target.text() + " is " + state + (reason.empty() ? "" : " (" + reason + ")") +
                                   (state == "stopped" ? ": start it first, with aws ec2 start-instances"
                                                       : ": only a running instance answers"));
  }
  auto const address = instance.ip_address ? instance.ip_address : instance.private_ip_address;
  if (!address || address->empty())
    return stop(Exit::refused, target.text() + " has no address: it has no network");
  if (!is_address(*address))  // ssh would take a word that begins with a dash for an option
    return stop(Exit::refused, target.text() + " has an address that is none: " + *address);
  return *address;
}

/// The names of hosts' keys are the instances' ids: addresses are used again.
std::vector<std::string> ssh_command(std::string const& instance_id, std::string const& address,
                                     std::vector<std::string> const& more) {
  std::vector<std::string> out{"ssh", "-o", "HostKeyAlias=" + instance_id, "-o", "CheckHostIP=no", address};
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

/// Returns only if it cannot.
Failure become(std::vector<std::string> const& command) {
  std::vector<char*> pointers;
  for (auto const& argument : command) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);  // Ctrl-C is for whom we become
  ::execvp(pointers[0], pointers.data());
  return Failure(Exit::failed, errno == ENOENT ? "cannot run ssh: is the package openssh-client installed?"
                                               : std::string("cannot run ssh: ") + std::strerror(errno));
}

Outcome<Exit> run(ConnectOptions const& options, Settings const& settings, Terminal&) {
  auto const target = TRY(open_target(settings, options.instance, {"i-"}));
  auto const address = TRY(find_address(target));
  return std::unexpected(become(ssh_command(target.id, address, options.arguments)));
}

constexpr char const* kExamples = R"(  argosy connect us-west-2/i-… -- -l admin
  argosy connect us-west-2/i-… -- -l admin -i key.pem uptime

Finds the instance's address and becomes ssh, with what stands behind --; the exit code is ssh's. The key
of the machine is known by the instance's id, because addresses are used again.
)";

}  // namespace

void add_connect(Program& program) {
  auto options = std::make_shared<ConnectOptions>();
  auto& verb = program.add_verb("connect", "Connect to an instance by SSH", kExamples, options, &run);
  verb.add_option("INSTANCE", options->instance, "REGION/i-… or i-…")->required()->option_text(" ");
  verb.add_option("SSH_ARGUMENT", options->arguments, "For ssh, behind --: its options, and a command")
      ->option_text("...");
}

}  // namespace argosy::cli
