// http/answer_budget.cpp - see answer_budget.h.
#include "http/answer_budget.h"

#include <algorithm>

namespace argosy::http {
namespace {

/// Answers up to this size, all but blocks and lists, are never refused.
constexpr std::uint64_t kSmallBytes = 64ULL << 10U;
/// What an answer takes beside its body.
constexpr std::uint64_t kHeadBytes = 1'024;
/// An answer may be read slowly for so long without being cut.
constexpr auto kGrace = std::chrono::seconds(1);

}  // namespace

AnswerBudget::Answer::Answer(AnswerBudget& budget, std::string share, std::uint64_t bytes,
                             std::function<void()> cut)
    : budget_(budget), share_(std::move(share)), bytes_(bytes + kHeadBytes), cut_(std::move(cut)) {}

AnswerBudget::Answer::~Answer() {
  std::lock_guard lock(budget_.mutex_);
  if (!cut_asked_) budget_.give_up(*this);
  budget_.answers_.erase(at_);
}

std::unique_ptr<AnswerBudget::Answer> AnswerBudget::hold(std::string const& share, std::uint64_t bytes,
                                                         std::function<void()> cut) {
  std::lock_guard lock(mutex_);
  if (!make_room(share, bytes) && bytes > kSmallBytes) return nullptr;
  std::unique_ptr<Answer> answer(new Answer(*this, share, bytes, std::move(cut)));
  answer->at_ = answers_.insert(answers_.end(), answer.get());
  used_ += answer->bytes_;
  used_of_[share] += answer->bytes_;
  return answer;
}

bool AnswerBudget::cut_slowest() {
  std::lock_guard lock(mutex_);
  auto const began_before = std::chrono::steady_clock::now() - kGrace;
  return cut_slowest_of([&](Answer const& answer) { return answer.began_ <= began_before; });
}

bool AnswerBudget::make_room(std::string const& share, std::uint64_t bytes) {
  auto const began_before = std::chrono::steady_clock::now() - kGrace;
  while (used_ != 0 && used_ + bytes > limit_bytes_) {  // alone, an answer always has room
    auto const& [greediest, most] =
        *std::ranges::max_element(used_of_, {}, [](auto const& held) { return held.second; });
    auto const own = used_of_.find(share);
    bool const may_ask = (own == used_of_.end() ? 0 : own->second) + bytes < most;
    std::string const whose = greediest;  // whose element goes with its last answer
    if (!cut_slowest_of([&](Answer const& answer) {
          return answer.share_ == whose && (may_ask || answer.began_ <= began_before);
        }))
      return false;
  }
  return true;
}

bool AnswerBudget::cut_slowest_of(std::function<bool(Answer const&)> const& concerns) {
  auto const now = std::chrono::steady_clock::now();
  Answer* slowest = nullptr;
  double least = 0;
  for (auto* answer : answers_) {
    if (answer->cut_asked_ || !concerns(*answer)) continue;
    auto const age = std::chrono::duration<double>(now - answer->began_ + std::chrono::milliseconds(1));
    auto const rate = static_cast<double>(answer->sent_.load()) / age.count();
    if (slowest != nullptr && rate >= least) continue;
    slowest = answer;
    least = rate;
  }
  if (slowest == nullptr) return false;
  slowest->cut_asked_ = true;
  slowest->cut_();
  give_up(*slowest);
  return true;
}

void AnswerBudget::give_up(Answer const& answer) {
  used_ -= answer.bytes_;
  auto const held = used_of_.find(answer.share_);
  held->second -= answer.bytes_;
  if (held->second == 0) used_of_.erase(held);
}

}  // namespace argosy::http
