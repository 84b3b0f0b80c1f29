// machines/program.h - other programs: run to their end, or as the image of a forked process.
#pragma once
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/descriptor.h"
#include "base/error.h"

namespace argosy::machines {

struct Program {
  std::vector<std::string> arguments;  ///< the first is looked for in PATH
  std::string package;                 ///< Debian's name of what it comes in: for whoever lacks it
  std::vector<int> inherited{};  ///< descriptors that it keeps under their numbers, beside the standard ones
};

struct Ending {
  int exit_code = 0;  ///< 128 and the signal's number if one ended it
  bool timed_out = false;
  std::string complaint;  ///< what it wrote to stderr, without the last newline
};

/// Waits for its end; after `timeout` it is killed. Fails if it cannot be started.
Result<Ending> run(Program const& program, Duration timeout);
/// The same of a program whose failure is ours.
Result<void> run_well(Program const& program, Duration timeout);

/// The readable end of a pipe that holds `secret` and ends: how a secret reaches a program by neither its
/// command line nor a file. At most 4096 bytes.
Result<Descriptor> secret_pipe(std::string const& secret);

/// What execve(2) will want, made before fork(2).
class ArgumentVector {
 public:
  explicit ArgumentVector(std::vector<std::string> const& arguments) {
    for (auto const& argument : arguments) pointers_.push_back(const_cast<char*>(argument.c_str()));
    pointers_.push_back(nullptr);
  }
  char* const* data() const { return pointers_.data(); }

 private:
  std::vector<char*> pointers_;
};
/// In a forked process: becomes the program with all signals as they were born, or writes errno into
/// `failure` (closed on success) and exits. Only calls that are safe between fork and exec.
[[noreturn]] void become(Program const& program, ArgumentVector const& arguments, int failure);
/// What that pipe says: an error that names the package, or nothing.
Result<void> await_start(Program const& program, Descriptor const& failure);

struct Pipe {
  Descriptor read;
  Descriptor write;
};
/// Neither end is inherited.
Result<Pipe> make_pipe();

}  // namespace argosy::machines
