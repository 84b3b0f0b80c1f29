// server/main.cpp - argosyd.
#include "server/commands.h"

int main(int argc, char** argv) { return argosy::server::run(argc, argv); }
