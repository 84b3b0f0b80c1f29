// cli/main.cpp - the command argosy.
#include "base/standard_streams.h"
#include "cli/interrupt.h"
#include "cli/program.h"

int main(int argc, char** argv) {
  argosy::occupy_standard_streams();
  argosy::cli::watch_signals();
  return static_cast<int>(argosy::cli::Program().run(argc, argv));
}
