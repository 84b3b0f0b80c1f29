// manual/manual.h - man pages made of the command line itself, so that they cannot go stale.
#pragma once
#include <CLI/App.hpp>
#include <string>

namespace argosy::manual {

struct Title {
  std::string program;   ///< with its version: "argosy 0.1.0"
  int section = 1;       ///< 1 for users, 8 for operators
  std::string see_also;  ///< "argosyd(8), argosy(1)"; may be empty
};

/// What a page says of the commands below its own.
enum class Below { names, all };

/// A page in roff (man(7)). `path`: the command with those above it, "argosy snapshot". Its sections: the
/// summary, how to write it, arguments, options in their groups, the commands below, and the text that ends
/// its help. With Below::all each command below has its own section; an option that a command above has too,
/// stands there alone.
std::string write_page(CLI::App const& command, std::string const& path, Title const& title, Below below);

}  // namespace argosy::manual
