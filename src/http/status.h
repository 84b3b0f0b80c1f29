// http/status.h - the one map between a kind of failure and an HTTP status, for whoever speaks HTTP without
// AWS's codes: there the code decides (api/errors.cpp).
#pragma once
#include "base/error.h"

namespace argosy::http {

/// What a server answers.
int status_of(Fault fault);
/// What a client makes of an answer: from 500 on, and of 429, `unavailable`, for a retry may help.
Fault fault_of(int status);

}  // namespace argosy::http
