// cli/identity.h - who the service takes the caller for.
#pragma once
#include <string>

#include "cli/session.h"
#include "messages/sts/get_caller_identity.h"

namespace argosy::cli {

/// Fails with a message that names the call: it is asked for in the midst of others' work.
Outcome<messages::sts::GetCallerIdentityResponse> get_caller_identity(Session& session);

}  // namespace argosy::cli
