// cli/instances.cpp - see instances.h.
#include "cli/instances.h"

#include "cli/ec2_call.h"

namespace argosy::cli {

Outcome<ec2::Instance> find_instance(Session& session, std::string const& instance_id) {
  ec2::DescribeInstancesRequest request;
  request.instance_id = {instance_id};
  auto answer = TRY(call_ec2<ec2::DescribeInstancesResponse>(session, "DescribeInstances", request));
  for (auto& reservation : answer.reservation_set)
    for (auto& instance : reservation.instances_set)
      if (instance.instance_id == instance_id) return std::move(instance);
  return fail(Fault::not_found, "InvalidInstanceID.NotFound",
              "The instance ID '" + instance_id + "' does not exist");
}

std::string state_of(ec2::Instance const& instance) {
  return instance.instance_state ? instance.instance_state->name.value_or("pending") : "pending";
}

std::string reason_of(ec2::Instance const& instance) {
  if (!instance.state_reason) return instance.reason.value_or("");
  auto const code = instance.state_reason->code.value_or("");
  auto const message = instance.state_reason->message.value_or("");
  return code.empty() || message.starts_with(code) ? message : code + ": " + message;
}

Outcome<std::string> run_instance(Session& session, ec2::RunInstancesRequest const& request) {
  auto answer = TRY(call_ec2<ec2::RunInstancesResponse>(session, "RunInstances", request));
  if (answer.instances_set.empty() || !answer.instances_set.front().instance_id)
    return stop(Exit::service, "RunInstances: the answer has no id");
  return *answer.instances_set.front().instance_id;
}

Outcome<void> terminate_instance(Session& session, std::string const& instance_id) {
  ec2::TerminateInstancesRequest request;
  request.instance_id = {instance_id};
  TRY(session.ec2("TerminateInstances", wire::encode_form(request)));
  return {};
}

Outcome<std::string> console_output(Session& session, std::string const& instance_id) {
  ec2::GetConsoleOutputRequest request;
  request.instance_id = instance_id;
  request.latest = true;  // not only what it wrote until it had booted
  auto answer = call_ec2<ec2::GetConsoleOutputResponse>(session, "GetConsoleOutput", request);
  if (!answer && answer.error().code == "UnsupportedOperation") {  // AWS: of older types of instances
    request.latest.reset();
    answer = call_ec2<ec2::GetConsoleOutputResponse>(session, "GetConsoleOutput", request);
  }
  if (!answer) return std::unexpected(std::move(answer).error());
  auto bytes = from_base64(answer->output.value_or(""));
  if (!bytes) return stop(Exit::service, "GetConsoleOutput: the output is not base64");
  return std::string(as_text(*bytes));
}

}  // namespace argosy::cli
