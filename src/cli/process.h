// cli/process.h - QEMU's tools as child processes: without a shell, gone when we are.
#pragma once
#include <sys/types.h>

#include <string>
#include <vector>

#include "cli/failure.h"

namespace argosy::cli {

/// Runs a program to its end and returns what it wrote to stdout; its stderr becomes the message of a failure.
Outcome<std::string> run_process(std::vector<std::string> const& arguments);

/// A program that runs beside us until this goes.
class Process {
 public:
  static Outcome<Process> start(std::vector<std::string> const& arguments);
  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;
  ~Process();
  bool is_running();

 private:
  explicit Process(pid_t id) : id_(id) {}
  pid_t id_;  ///< 0: ended
};

}  // namespace argosy::cli
