// cli/temporary_instance.h - an instance that does not outlive the command: it is terminated when this goes,
// and when a signal ends the program.
#pragma once
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "cli/instances.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"

namespace argosy::cli {

class TemporaryInstance {
 public:
  /// The session and the terminal must outlive it. A token is added to the request, so that no attempt makes
  /// a second instance: where one may have been started all the same it is tried again for a while, and then
  /// told how to find what may run.
  static Outcome<std::unique_ptr<TemporaryInstance>> start(Session& session, ec2::RunInstancesRequest request,
                                                           Terminal& terminal);
  TemporaryInstance(TemporaryInstance const&) = delete;
  TemporaryInstance& operator=(TemporaryInstance const&) = delete;
  ~TemporaryInstance();

  std::string const& id() const { return id_; }
  /// Any thread; once it has worked it does nothing.
  Outcome<void> terminate();

 private:
  TemporaryInstance(Session& session, Terminal& terminal, std::string token);
  Outcome<void> run(ec2::RunInstancesRequest request);
  void give_up();
  std::string find_it() const;

  Session& session_;
  Terminal& terminal_;
  std::string const token_;
  std::timed_mutex mutex_;  // guards what follows, and is held while the launch is under way
  std::string id_;          ///< empty: there is none
  bool terminated_ = false;
  OnInterrupt const on_interrupt_;  // last: it uses the others
};

}  // namespace argosy::cli
