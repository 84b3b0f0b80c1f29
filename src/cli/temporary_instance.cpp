// cli/temporary_instance.cpp - see temporary_instance.h.
#include "cli/temporary_instance.h"

#include "base/entropy.h"
#include "cli/patience.h"

namespace argosy::cli {
namespace {

/// How long a signal waits for a launch that is under way, and how long the end of an instance is asked for.
constexpr std::chrono::seconds kLastWait{20};

}  // namespace

TemporaryInstance::TemporaryInstance(Session& session, Terminal& terminal)
    : session_(session), terminal_(terminal), on_interrupt_([this] { give_up(); }) {}

TemporaryInstance::~TemporaryInstance() { give_up(); }

Outcome<std::unique_ptr<TemporaryInstance>> TemporaryInstance::start(Session& session,
                                                                     ec2::RunInstancesRequest request,
                                                                     Terminal& terminal) {
  request.client_token = make_uuid(system_entropy());
  std::unique_ptr<TemporaryInstance> instance(new TemporaryInstance(session, terminal));
  TRY(instance->run(request));
  return instance;
}

Outcome<void> TemporaryInstance::run(ec2::RunInstancesRequest const& request) {
  std::lock_guard lock(mutex_);
  id_ = TRY(run_instance(session_, request));
  return {};
}

Outcome<void> TemporaryInstance::terminate() {
  std::unique_lock const lock(mutex_, kLastWait);
  if (!lock.owns_lock()) return stop(Exit::timed_out, "the launch is still under way");
  if (id_.empty() || terminated_) return {};
  Patience const patience(kLastWait);
  TRY(patience.persist([&] { return terminate_instance(session_, id_); }));
  terminated_ = true;
  return {};
}

void TemporaryInstance::give_up() {
  if (auto const ended = terminate(); !ended)
    terminal_.complain("Terminate the instance " + id_ + " yourself: " + explain(ended.error()));
}

}  // namespace argosy::cli
