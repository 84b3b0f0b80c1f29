// server/commands.h - argosyd's command line: serve, and the commands for operators.
#pragma once

namespace argosy::server {

/// The exit status: 0, 1 failed, 252 usage, 253 configuration.
int run(int argc, char** argv);

}  // namespace argosy::server
