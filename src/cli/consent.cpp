// cli/consent.cpp - see consent.h.
#include "cli/consent.h"

#include <unistd.h>

#include <iostream>

namespace argosy::cli {

void add_consent_options(CLI::App& verb, Consent& consent) {
  verb.add_flag("-y,--yes", consent.yes, "Do not ask; needed where there is no terminal");
  verb.add_flag("-n,--dry-run", consent.dry_run, "Say what would be deleted, and whether it is allowed");
}

Outcome<void> ask(Consent const& consent, std::string const& question, Terminal& terminal) {
  if (consent.yes) return {};
  if (isatty(STDIN_FILENO) == 0)
    return stop(Exit::refused, "nothing was changed: without a terminal to ask on it needs --yes");
  terminal.complain(question + " [y/N]");
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "y" || answer == "Y" || answer == "yes") return {};
  return stop(Exit::refused, "nothing was changed");
}

}  // namespace argosy::cli
