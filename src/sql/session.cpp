// sql/session.cpp - transactions and the pool of sessions: the same for every driver.
#include "sql/session.h"

#include <condition_variable>
#include <mutex>

#include "base/assert.h"

namespace argosy::sql {

Result<Transaction> Transaction::begin(Session& session, Access access, Interrupt interrupt) {
  TRY(session.begin(access));
  if (interrupt) session.set_interrupt(std::move(interrupt));
  return Transaction(session);
}

struct Pool::State {
  Opener open;
  std::size_t limit;
  std::mutex mutex;
  std::condition_variable returned;
  std::vector<std::unique_ptr<Session>> idle;
  std::size_t opened = 0;
};

Pool::Pool(Opener open, std::size_t limit) : state_(std::make_unique<State>()) {
  state_->open = std::move(open);
  state_->limit = limit;
}
Pool::~Pool() { ARGOSY_ASSERT(state_->idle.size() == state_->opened); }

Result<Pool::Lease> Pool::take() {
  std::unique_lock lock(state_->mutex);
  state_->returned.wait(lock, [&] { return !state_->idle.empty() || state_->opened < state_->limit; });
  if (!state_->idle.empty()) {
    auto session = std::move(state_->idle.back());
    state_->idle.pop_back();
    return Lease(this, std::move(session));
  }
  ++state_->opened;
  lock.unlock();
  auto session = state_->open();
  if (!session) {
    lock.lock();
    --state_->opened;
    state_->returned.notify_one();
    return std::unexpected(std::move(session).error());
  }
  return Lease(this, *std::move(session));
}

Pool::Lease::~Lease() {
  if (session_ == nullptr) return;
  std::lock_guard lock(pool_->state_->mutex);
  pool_->state_->idle.push_back(std::move(session_));
  pool_->state_->returned.notify_one();
}

}  // namespace argosy::sql
