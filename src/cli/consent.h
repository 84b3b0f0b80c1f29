// cli/consent.h - before something is deleted: what that will be is said, and a person is asked.
#pragma once
#include <CLI/App.hpp>
#include <string>

#include "cli/terminal.h"

namespace argosy::cli {

/// Of every verb that deletes.
struct Consent {
  bool yes = false;
  bool dry_run = false;
};
void add_consent_options(CLI::App& verb, Consent& consent);

/// Asks "QUESTION [y/N]" on the terminal, unless --yes was given. Fails with `refused` if the answer is no,
/// or if there is no terminal to ask on.
Outcome<void> ask(Consent const& consent, std::string const& question, Terminal& terminal);

}  // namespace argosy::cli
