// cli/process.h - QEMU's tools and nbdkit as child processes: without a shell, gone when we are.
#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "cli/failure.h"
#include "cli/file.h"

namespace argosy::cli {

/// Runs a program to its end and returns what it wrote to stdout; its stderr becomes the message of a
/// failure.
Outcome<std::string> run_process(std::vector<std::string> const& arguments);

/// The status of a child that has ended, as waitpid(2) has it; nothing if the system told nobody.
std::optional<int> wait_for_end(pid_t id);

enum class Errors {
  kept,   ///< for a message of ours
  shown,  ///< on our own stderr
};

/// A program that runs beside us until this goes.
class Process {
 public:
  static Outcome<Process> start(std::vector<std::string> const& arguments, Errors errors = Errors::kept);
  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;
  ~Process();
  bool is_running();
  /// What it has written to stderr, if that is kept.
  std::string complaint() const;

 private:
  Process(pid_t id, File errors) : id_(id), errors_(std::move(errors)) {}
  pid_t id_;  ///< 0: ended
  File errors_;
};

}  // namespace argosy::cli
