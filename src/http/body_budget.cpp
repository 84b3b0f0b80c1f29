// http/body_budget.cpp - see body_budget.h.
#include "http/body_budget.h"

namespace argosy::http {
namespace {

/// Bodies up to this size, the forms of EC2, have a share of their own: those who send blocks do not take it.
constexpr std::uint64_t kSmallBytes = 64ULL << 10U;
constexpr std::uint64_t kSmallShare = 8;
/// A body may be slow for so long without being cut.
constexpr auto kGrace = std::chrono::seconds(1);

}  // namespace

BodyBudget::Body::Body(BodyBudget& budget, std::uint64_t bytes, bool small, std::function<void()> cut)
    : budget_(budget), bytes_(bytes), small_(small), cut_(std::move(cut)) {}

BodyBudget::Body::~Body() {
  std::lock_guard lock(budget_.mutex_);
  budget_.used_[small_ ? 1 : 0] -= bytes_;
  budget_.bodies_.remove(this);
}

std::unique_ptr<BodyBudget::Body> BodyBudget::reserve(std::uint64_t bytes, std::function<void()> cut) {
  bool const small = bytes <= kSmallBytes;
  auto const limit = small ? limit_bytes_ / kSmallShare : limit_bytes_;
  std::lock_guard lock(mutex_);
  auto& used = used_[small ? 1 : 0];
  if (used != 0 && used + bytes > limit) {  // alone, a body always has room
    cut_slowest_of([small](Body const& body) { return body.small_ == small; });
    return nullptr;
  }
  std::unique_ptr<Body> body(new Body(*this, bytes, small, std::move(cut)));
  used += bytes;
  bodies_.push_back(body.get());
  return body;
}

std::uint64_t BodyBudget::used_bytes() {
  std::lock_guard lock(mutex_);
  return used_[0] + used_[1];
}

bool BodyBudget::cut_slowest() {
  std::lock_guard lock(mutex_);
  return cut_slowest_of([](Body const&) { return true; });
}

bool BodyBudget::cut_slowest_of(std::function<bool(Body const&)> const& concerns) {
  auto const now = std::chrono::steady_clock::now();
  Body* slowest = nullptr;
  double least = 0;
  for (auto* body : bodies_) {
    if (body->complete_ || body->cut_asked_ || now < body->began_ + kGrace || !concerns(*body)) continue;
    auto rate = static_cast<double>(body->arrived_.load()) /
                std::chrono::duration<double>(now - body->began_).count();
    if (slowest == nullptr || rate < least) {
      slowest = body;
      least = rate;
    }
  }
  if (slowest == nullptr) return false;
  slowest->cut_asked_ = true;
  slowest->cut_();
  return true;
}

}  // namespace argosy::http
