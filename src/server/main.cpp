// server/main.cpp - argosyd.
#include "base/standard_streams.h"
#include "server/commands.h"

int main(int argc, char** argv) {
  argosy::occupy_standard_streams();
  return argosy::server::run(argc, argv);
}
