// sts/get_caller_identity.h - GetCallerIdentity: cannot be denied. Source: ec2-semantics H.
#pragma once
#include "access/caller.h"
#include "messages/sts/get_caller_identity.h"

namespace argosy::sts {

inline messages::sts::GetCallerIdentityResponse get_caller_identity(access::Caller const& caller) {
  return {caller.arn, caller.user_id, caller.account};
}

}  // namespace argosy::sts
