// cli/temporary_instance.cpp - see temporary_instance.h.
#include "cli/temporary_instance.h"

#include "base/entropy.h"
#include "cli/patience.h"

namespace argosy::cli {
namespace {

/// How long a signal waits for a launch that is under way, how long a launch is tried that may be under way,
/// and how long the end of an instance is asked for.
constexpr std::chrono::seconds kLastWait{20};

/// The service may have done it, and nobody heard of it: that the last attempt was turned away says nothing
/// of those before it, whose answers were lost. Where there is no room there is no instance with its token.
bool may_have_started(Failure const& failure) {
  return failure.retryable() && failure.code != "InsufficientInstanceCapacity";
}

}  // namespace

TemporaryInstance::TemporaryInstance(Session& session, Terminal& terminal, std::string token)
    : session_(session),
      terminal_(terminal),
      token_(std::move(token)),
      on_interrupt_([this] { give_up(); }) {}

TemporaryInstance::~TemporaryInstance() { give_up(); }

Outcome<std::unique_ptr<TemporaryInstance>> TemporaryInstance::start(Session& session,
                                                                     ec2::RunInstancesRequest request,
                                                                     Terminal& terminal) {
  std::unique_ptr<TemporaryInstance> instance(
      new TemporaryInstance(session, terminal, make_uuid(system_entropy())));
  TRY(instance->run(std::move(request)));
  return instance;
}

Outcome<void> TemporaryInstance::run(ec2::RunInstancesRequest request) {
  std::lock_guard lock(mutex_);
  request.client_token = token_;
  Patience const patience(kLastWait, [] {});
  Pauses pauses;
  auto started = run_instance(session_, request);
  while (!started && may_have_started(started.error()) && patience.pause(pauses))
    started = run_instance(session_, request);
  if (!started && may_have_started(started.error()))
    started.error().message += "; if it runs all the same, terminate it yourself: " + find_it();
  id_ = TRY(std::move(started));
  return {};
}

std::string TemporaryInstance::find_it() const {
  return "aws ec2 describe-instances --region " + session_.region() +
         " --filters Name=client-token,Values=" + token_;
}

Outcome<void> TemporaryInstance::terminate() {
  std::unique_lock const lock(mutex_, kLastWait);
  if (!lock.owns_lock()) return stop(Exit::timed_out, "the launch is still under way: " + find_it());
  if (id_.empty() || terminated_) return {};
  Patience const patience(kLastWait, [] {});
  auto ended = patience.persist([&] {
    auto asked = terminate_instance(session_, id_);
    if (!asked && asked.error().code == "InvalidInstanceID.NotFound")
      asked.error().exit = Exit::temporary;  // EC2 may not know yet what it has just started
    return asked;
  });
  terminated_ = ended.has_value();
  if (!ended) ended.error().message = id_ + ": " + ended.error().message;
  return ended;
}

void TemporaryInstance::give_up() {
  if (auto const ended = terminate(); !ended)
    terminal_.complain("Terminate the instance yourself: " + explain(ended.error()));
}

}  // namespace argosy::cli
