// replication/failed_steps.cpp - what becomes of a copy when a step of it has failed (copier.h): it waits and
// goes on, or it is given up; its owner learns which, and why.
#include "base/log.h"
#include "replication/copier.h"
#include "replication/copy_record.h"

namespace argosy::replication {
namespace {

/// Bytes that are not what they should be are asked for again so often.
constexpr int kMaxCorruptions = 5;
/// Until it is tried again to write down that a copy has failed.
constexpr auto kRecordAgainAfter = std::chrono::seconds(60);

bool is_away(Error const& error) { return error.fault == Fault::unavailable && error.code == kSourceFailed; }
bool is_lie(Error const& error) { return error.fault == Fault::corrupt && error.code == kSourceFailed; }

Turns::Answer answer_of(Error const& error) {
  if (is_away(error)) return Turns::Answer::none;
  bool const given = is_lie(error) || error.code == kRequestFailed;
  return given ? Turns::Answer::given : Turns::Answer::unknown;
}

/// What fails in this region without a public code: a full disk, a busy database, a chunk that is damaged or
/// that a scrub has just found so. It is made room for, or fetched anew.
bool is_of_here(Error const& error) {
  return error.code.empty() && (error.fault == Fault::unavailable || error.fault == Fault::conflict ||
                                error.fault == Fault::corrupt || error.fault == Fault::not_found);
}

/// Whether the same step may succeed later.
bool may_pass(Error const& error) { return error.fault == Fault::unavailable || is_of_here(error); }

}  // namespace

void Copier::settle_failure(std::unique_ptr<Task> task, Error const& error) {
  auto const now = clock_.now();
  auto const& source = task->copy.source_region;
  auto const with_source = turns_.done(source, answer_of(error), now);
  if (error.code == "lost") return;  // cancelled, or another worker has it
  task->content = nullptr;           // made anew from the store
  task->patience.failed(now);
  // Not the source's: that may be long over when somebody asks it for the first time again.
  bool const is_over = task->patience.is_over(now);
  bool const go_on = is_lie(error) ? ++task->corruptions < kMaxCorruptions : may_pass(error) && !is_over;
  if (go_on) {
    task->next = is_away(error) ? with_source.next() : task->patience.next();
    log_warning("{}: the copy of {} from {} waits {} ms: {}", region_, task->copy.source_resource, source,
                (task->next - now).count(), error.message);
    tell_waiting(*task, error);
    if (is_away(error)) {  // the others' owners need not wait for their turn to hear it
      for (auto& other : turns_.take_waiting(source)) {
        other->content = nullptr;  // with its pin: a collection would wait until its turn, perhaps for hours
        tell_waiting(*other, error);
        turns_.put(std::move(other));
      }
    }
    return turns_.put(std::move(task));
  }
  auto gave_up = give_up(*task, error);
  if (gave_up || gave_up.error().code == "lost") return;
  task->next = now + kRecordAgainAfter;  // the catalogue does not answer: say it later
  turns_.put(std::move(task));
}

/// The owner learns what the copy waits for; the reason in detail is the operator's, in the log.
void Copier::tell_waiting(Task& task, Error const& error) {
  auto const* code = "Server.SourceUnavailable";
  auto reason = "Waiting for region " + task.copy.source_region;
  if (is_of_here(error)) {
    code = "Server.InternalError";
    reason = "Waiting for the storage of region " + region_ + ", which fails now; the copy goes on by itself";
  } else if (is_lie(error)) {
    reason += ", which sent what was not asked for; it is asked again";
  } else if (is_away(error)) {
    reason += ", which does not answer now; the copy goes on when it does";
  } else if (error.code == kRequestFailed) {
    reason += ", which failed at what was asked; it is asked again";
  } else {
    reason += ": " + error.message;
  }
  if (task.told == reason) return;
  if (auto done = tell(task, code, reason); !done) log_warning("{}: {}", region_, done.error().message);
}

Result<void> Copier::tell(Task& task, std::string const& code, std::string const& reason) {
  auto told =
      record(task, [&](catalogue::Transaction& tx) { return record_waiting(tx, task.copy, code, reason); });
  if (!told && told.error().code == "lost") return {};  // finished, or not ours any more
  if (told) task.told = reason;
  return told;
}

Result<void> Copier::give_up(Task& task, Error const& error) {
  log_error("{}: the copy of {} from {} failed: {}", region_, task.copy.source_resource,
            task.copy.source_region, error.message);
  bool const key = keystore::is_about_keys(error);
  auto const reason = key ? keystore::inaccessible_key(error)
                          : "Copying from " + task.copy.source_region + " failed: " + error.message;
  return record(task, [&](catalogue::Transaction& tx) {
    return record_failure(tx, task.copy, key ? keystore::kInaccessibleKeyCode : "Server.InternalError",
                          reason);
  });
}

}  // namespace argosy::replication
