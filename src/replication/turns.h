// replication/turns.h - copy tasks take turns, in a line for each source: one that is away or slow holds up
// its own line and no other.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "replication/task.h"

namespace argosy::replication {

/// Any thread.
class Turns {
 public:
  /// Of one source at most so many tasks are stepped at the same time.
  explicit Turns(std::size_t steps_of_source) : steps_of_source_(steps_of_source) {}

  /// It waits until `next`.
  void put(std::unique_ptr<Task> task);
  /// The one that has waited longest; null if none may go on. A source that is away is tried by one task at a
  /// time. The caller says `done` after the step.
  std::unique_ptr<Task> take(Time now);
  /// When `take` may give something; nothing: not before something is put or done.
  std::optional<Time> next() const;

  enum class Answer { given, none, unknown };
  /// A step with that source ended, and whether it answered. Gives the patience with the source.
  Patience done(std::string const& source, Answer answer, Time now);
  /// All that wait for that source, to be put back by the caller.
  std::vector<std::unique_ptr<Task>> take_waiting(std::string const& source);

 private:
  struct Line {
    std::multimap<Time, std::unique_ptr<Task>> waiting;  ///< by the time when they may go on
    std::size_t steps = 0;                               ///< under way
    Patience patience;                                   ///< tried: the source is away
  };
  std::optional<Time> next_of(Line const& line) const;

  std::size_t const steps_of_source_;
  mutable std::mutex mutex_;  // guards what follows
  std::map<std::string, Line> lines_;
};

}  // namespace argosy::replication
