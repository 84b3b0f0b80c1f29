// ec2/dry_run.h - where an operation ends when it was only asked whether it would be allowed. Source:
// ec2-semantics A4.
#pragma once
#include "base/error.h"

namespace argosy::ec2 {

/// Stands behind the checks of syntax and before the first look at what exists.
inline Result<void> stop_if_dry_run(bool dry_run) {
  if (dry_run)
    return fail(Fault::invalid, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.");
  return {};
}

}  // namespace argosy::ec2
