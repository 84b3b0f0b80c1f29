// replication/turns.h - copy tasks take turns, in a line for each source: one that is away holds up its own
// line and no other, and a few that are slow hold up none.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "replication/task.h"

namespace argosy::replication {

/// A source has one step under way, and a further one only while fewer than `shared_steps` are under way in
/// all. So with as many threads as `shared_steps` and n more, a source waits for its first one only while
/// steps with n + 1 others are under way. Where these are slow, too, a step with it comes when one ends:
/// sources take turns then, however many tasks each has. Any thread.
class Turns {
 public:
  explicit Turns(std::size_t shared_steps) : shared_steps_(shared_steps) {}

  /// It waits until `next`.
  void put(std::unique_ptr<Task> task);
  /// Of the source with the fewest steps under way, and of these the one that has waited longest, the task
  /// that has waited longest; null if none may go on. A source that is away is tried by one task at a time.
  /// The caller says `done` after the step.
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
    Time ended{};                                        ///< when the last step did
    Patience patience;                                   ///< tried: the source is away
    bool comes_before(Line const& other) const;
  };
  std::optional<Time> next_of(Line const& line) const;

  std::size_t const shared_steps_;
  mutable std::mutex mutex_;  // guards what follows
  std::size_t steps_ = 0;     ///< under way, with whatever source
  std::map<std::string, Line> lines_;
};

}  // namespace argosy::replication
