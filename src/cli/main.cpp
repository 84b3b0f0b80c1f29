// cli/main.cpp - the command argosy.
#include "cli/interrupt.h"
#include "cli/program.h"

int main(int argc, char** argv) {
  argosy::cli::watch_signals();
  return static_cast<int>(argosy::cli::Program().run(argc, argv));
}
