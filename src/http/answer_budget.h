// http/answer_budget.h - how many bytes of answers wait for their clients to read them, and whose goes when
// there is no room.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace argosy::http {

/// Any thread. Room is taken from whoever holds the most of it.
class AnswerBudget {
 public:
  /// An answer that is being sent, until it is destroyed.
  class Answer {
   public:
    ~Answer();
    Answer(Answer const&) = delete;
    Answer& operator=(Answer const&) = delete;
    /// So much of it altogether.
    void sent(std::uint64_t bytes) { sent_ = bytes; }

   private:
    friend class AnswerBudget;
    Answer(AnswerBudget& budget, std::string share, std::uint64_t bytes, std::function<void()> cut);
    AnswerBudget& budget_;
    std::string const share_;
    std::uint64_t const bytes_;
    std::function<void()> const cut_;
    std::chrono::steady_clock::time_point const began_ = std::chrono::steady_clock::now();
    std::atomic<std::uint64_t> sent_ = 0;
    bool cut_asked_ = false;
    std::list<Answer*>::iterator at_;
  };

  explicit AnswerBudget(std::uint64_t limit_bytes) : limit_bytes_(limit_bytes) {}

  /// Where there is no room, the slowest answer of the share that holds the most is told to go, by a call of
  /// its `cut` (which may come after it was destroyed); of the share that asks, only one that has been read
  /// for a second. Nothing if that is not enough; a small answer is held all the same, since what it tells
  /// has been done.
  std::unique_ptr<Answer> hold(std::string const& share, std::uint64_t bytes, std::function<void()> cut);
  /// The slowest that has been read for a second, for want of something other than bytes; false if there is
  /// none.
  bool cut_slowest();

 private:
  bool make_room(std::string const& share, std::uint64_t bytes);
  bool cut_slowest_of(std::function<bool(Answer const&)> const& concerns);
  void give_up(Answer const& answer);

  std::uint64_t const limit_bytes_;
  std::mutex mutex_;                              // guards what follows
  std::uint64_t used_ = 0;                        ///< without those that were told to go
  std::map<std::string, std::uint64_t> used_of_;  ///< by each share
  std::list<Answer*> answers_;
};

}  // namespace argosy::http
