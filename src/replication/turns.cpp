// replication/turns.cpp - see turns.h.
#include "replication/turns.h"

#include <algorithm>

namespace argosy::replication {

void Turns::put(std::unique_ptr<Task> task) {
  std::lock_guard lock(mutex_);
  auto& line = lines_[task->copy.source_region];
  auto const next = task->next;
  line.waiting.emplace(next, std::move(task));
}

/// Both have a task that waits. A line with a step less comes first; then it counts how long since its last
/// step: else one with many tasks, which have all waited for long, would always come before one with few.
bool Turns::Line::comes_before(Line const& other) const {
  if (steps != other.steps) return steps < other.steps;
  return std::max(ended, waiting.begin()->first) < std::max(other.ended, other.waiting.begin()->first);
}

/// Nothing if none of its tasks may go on before another one is done.
std::optional<Time> Turns::next_of(Line const& line) const {
  bool const away = line.patience.is_tried();
  bool const alone = away || steps_ >= shared_steps_;
  if (line.waiting.empty() || (alone && line.steps > 0)) return std::nullopt;
  auto const first = line.waiting.begin()->first;
  return away ? std::max(first, line.patience.next()) : first;
}

std::unique_ptr<Task> Turns::take(Time now) {
  std::lock_guard lock(mutex_);
  Line* chosen = nullptr;
  for (auto& [source, line] : lines_) {
    auto const next = next_of(line);
    if (!next || *next > now) continue;
    if (chosen == nullptr || line.comes_before(*chosen)) chosen = &line;
  }
  if (chosen == nullptr) return nullptr;
  ++steps_;
  ++chosen->steps;
  return std::move(chosen->waiting.extract(chosen->waiting.begin()).mapped());
}

std::optional<Time> Turns::next() const {
  std::lock_guard lock(mutex_);
  std::optional<Time> first;
  for (auto const& [source, line] : lines_) {
    auto const next = next_of(line);
    if (next && (!first || *next < *first)) first = next;
  }
  return first;
}

Patience Turns::done(std::string const& source, Answer answer, Time now) {
  std::lock_guard lock(mutex_);
  auto& line = lines_[source];
  --steps_;
  --line.steps;
  line.ended = now;
  if (answer == Answer::given) line.patience.succeeded();
  if (answer == Answer::none) line.patience.failed(now);
  return line.patience;
}

std::vector<std::unique_ptr<Task>> Turns::take_waiting(std::string const& source) {
  std::lock_guard lock(mutex_);
  std::vector<std::unique_ptr<Task>> out;
  for (auto& [next, task] : lines_[source].waiting) out.push_back(std::move(task));
  lines_[source].waiting.clear();
  return out;
}

}  // namespace argosy::replication
