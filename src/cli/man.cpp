// cli/man.cpp - argosy man: the manual page of a command.
#include "cli/program.h"
#include "manual/manual.h"

namespace argosy::cli {
namespace {

struct ManOptions {
  std::string command;
};

std::string see_also(CLI::App const& tree, std::string const& but) {
  std::string out = but.empty() ? "" : "argosy(1)";
  for (auto const* verb : tree.get_subcommands([](auto const*) { return true; })) {
    if (verb->get_name() == but) continue;
    (out += out.empty() ? "" : ", ") += "argosy-" + verb->get_name() + "(1)";
  }
  return out + ", argosyd(8)";
}

Outcome<Exit> run(ManOptions const& options, CLI::App const& tree, Terminal& terminal) {
  manual::Title title{"argosy " ARGOSY_VERSION, 1, see_also(tree, options.command)};
  if (options.command.empty()) {
    terminal.print(manual::write_page(tree, "argosy", title, manual::Below::names));
    return Exit::done;
  }
  auto const* verb = find_verb(tree, options.command);
  if (verb == nullptr)
    return stop(Exit::usage, "\"" + options.command + "\" is no command: see argosy --help");
  terminal.print(manual::write_page(*verb, "argosy " + options.command, title, manual::Below::all));
  return Exit::done;
}

constexpr char const* kExamples = R"(  argosy man | man -l -
  argosy man copy | man -l -
  argosy man copy > /usr/local/share/man/man1/argosy-copy.1

The pages are made of what --help knows; that of the server is printed by argosyd man.
)";

}  // namespace

void add_man(Program& program) {
  auto options = std::make_shared<ManOptions>();
  auto& verb = program.add_verb("man", "Print the manual page of argosy or of one of its commands", kExamples,
                                options, &run);
  verb.add_option("COMMAND", options->command, "copy, snapshot, …; argosy itself unless given")
      ->option_text(" ");
}

}  // namespace argosy::cli
