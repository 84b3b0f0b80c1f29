// http/admission.cpp - see admission.h.
#include "http/admission.h"

#include <algorithm>
#include <thread>

#include "base/log.h"

namespace argosy::http {
namespace {

ShareLimits share_limits(ServerOptions const& options) {
  if (!options.share_of) return {options.workers, options.workers};
  auto const half = (options.workers + 1) / 2;
  return {half, std::min<std::size_t>(half, std::max(1U, std::thread::hardware_concurrency()))};
}

int status_of(RefusalReason reason) {
  switch (reason) {
    case RefusalReason::malformed:
      return 400;
    case RefusalReason::header_size:
      return 431;
    case RefusalReason::body_size:
      return 413;
    case RefusalReason::body_room:
    case RefusalReason::answer_room:
    case RefusalReason::worker_queue:
    case RefusalReason::connections:
      return 503;
  }
  return 500;
}

}  // namespace

Admission::Admission(ServerOptions const& server_options, Handler request_handler, Refusal refusal,
                     std::unique_ptr<TlsContext> tls_context)
    : options(server_options),
      handler(std::move(request_handler)),
      tls(std::move(tls_context)),
      bodies(options.body_budget_bytes),
      answers(options.answer_budget_bytes),
      workers(options.workers, options.queue_limit, share_limits(options)),
      refusal_(std::move(refusal)) {}

bool Admission::enter() {
  if (connections_ >= options.connection_limit) {
    ++refusals_[static_cast<std::size_t>(RefusalReason::connections)];
    if (!make_room()) return false;
  }
  ++connections_;
  return true;
}

Admission::UnderWay::UnderWay(Admission& admission) : admission_(admission) {
  std::lock_guard lock(admission_.mutex_);
  ++admission_.under_way_;
}

Admission::UnderWay::~UnderWay() {
  std::lock_guard lock(admission_.mutex_);
  if (--admission_.under_way_ == 0) admission_.quiet_.notify_all();
}

void Admission::wait_until_quiet(Duration grace) {
  std::unique_lock lock(mutex_);
  quiet_.wait_for(lock, grace, [this] { return under_way_ == 0; });
}

Response Admission::refuse(RefusalReason reason, std::string const& path) {
  ++refusals_[static_cast<std::size_t>(reason)];
  return refusal_(status_of(reason), path);
}

void Admission::report_handshake(std::string const& address, std::string const& reason) {
  {
    std::lock_guard lock(mutex_);
    auto const now = std::chrono::steady_clock::now();
    if (now < report_again_) return;
    report_again_ = now + std::chrono::seconds(1);
  }
  log_warning("{} was refused by TLS: {}", address, reason);
}

Load Admission::load() {
  Load load;
  load.connections = connections_;
  {
    std::lock_guard lock(mutex_);
    load.requests = under_way_;
  }
  load.waiting_requests = workers.waiting();
  load.bodies_bytes = bodies.used_bytes();
  load.received_bytes = received_bytes;
  load.sent_bytes = sent_bytes;
  std::ranges::copy(refusals_, load.refusals.begin());
  if (tls) load.certificate_expires = tls->expires();
  return load;
}

}  // namespace argosy::http
