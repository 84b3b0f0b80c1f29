// replication/copier.h - carries out the copy tasks of a region, one bounded step at a time.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/entropy.h"
#include "catalogue/copies.h"
#include "content/content.h"
#include "keystore/ebs_keys.h"
#include "replication/source.h"
#include "replication/task.h"
#include "replication/turns.h"
#include "sql/session.h"

namespace argosy::replication {

/// Any number of threads may step at the same time; each step works on a task of its own, and tasks take
/// turns.
class Copier {
 public:
  /// That step. They are many, because most of a step waits for its source: up to five sources may be slow,
  /// and no copy from a sixth waits for a thread (Turns).
  static constexpr std::size_t kThreads = 8;

  Copier(std::string region, sql::Pool& catalogue, content::Content& content, Sources& sources,
         keystore::EbsKeys const& keys, crypto::MasterKeys const& master_keys, Clock& clock,
         Entropy& entropy);
  ~Copier();

  /// At a start: takes over what a killed process had claimed.
  Result<void> start();
  /// Moves one task on: some of its content, then its progress committed. Tells when to come back: now if
  /// there is more to do.
  Result<Time> step();
  /// Stored bytes that copies have moved into the region since this was made. Any thread.
  std::uint64_t moved_bytes() const { return moved_bytes_; }
  /// A task was recorded: the next step looks for it.
  void look_for_tasks();

 private:
  Result<std::unique_ptr<Task>> next_task(Time now);
  Result<void> claim(Time now);
  Result<void> advance(Task& task);
  Result<void> begin_disk(Task& task);
  Result<void> advance_disk(Task& task);
  Result<void> check_key(Task& task);
  Result<void> record_whole(Task& task);
  Result<void> record(Task const& task, std::function<Result<void>(catalogue::Transaction&)> const& change);
  Result<void> finish(Task& task);
  Result<void> renew_claim(Task& task);
  Result<void> renew_lease(Task& task);
  Result<void> reopen(Task& task);
  Result<void> take_lease(Task& task, messages::replication::OpenResponse const& opened);
  void tell_waiting(Task& task, Error const& error);
  Result<void> tell(Task& task, std::string const& code, std::string const& reason);
  Result<void> give_up(Task& task, Error const& error);
  void settle(std::unique_ptr<Task> task, Result<void> const& result);
  void settle_failure(std::unique_ptr<Task> task, Error const& error);

  /// Of one source at the same time: a fast one keeps the processors busy with these.
  static constexpr std::size_t kSharedSteps = 3;

  std::string region_;
  sql::Pool& catalogue_;
  content::Content& content_;
  Sources& sources_;
  keystore::EbsKeys const& keys_;
  crypto::MasterKeys const& master_keys_;
  Clock& clock_;
  std::atomic<std::uint64_t> moved_bytes_ = 0;
  std::string worker_;  ///< this process, as claims name it
  Turns turns_{kSharedSteps};
  std::mutex mutex_;  // guards what follows
  Time next_claim_{};
};

}  // namespace argosy::replication
