// cli/instances.h - the EC2 operations on instances that the verbs use, one function each.
#pragma once
#include <string>

#include "cli/session.h"
#include "messages/ec2/change_instances.h"
#include "messages/ec2/describe_instances.h"
#include "messages/ec2/run_instances.h"

namespace argosy::cli {

namespace ec2 = messages::ec2;

/// Fails with InvalidInstanceID.NotFound.
Outcome<ec2::Instance> find_instance(Session& session, std::string const& instance_id);
/// "running", "stopped", …; "pending" if the service does not say.
std::string state_of(ec2::Instance const& instance);
/// "CODE: message", as the service gives it for the state; empty if it gives none.
std::string reason_of(ec2::Instance const& instance);

/// The id of the one instance that was asked for.
Outcome<std::string> run_instance(Session& session, ec2::RunInstancesRequest const& request);
Outcome<void> terminate_instance(Session& session, std::string const& instance_id);
/// What the machine has written so far, of that the last 64 KiB; empty as long as there is nothing.
Outcome<std::string> console_output(Session& session, std::string const& instance_id);

}  // namespace argosy::cli
