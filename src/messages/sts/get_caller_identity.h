// messages/sts/get_caller_identity.h - what GetCallerIdentity says and hears. Source: STS API Reference.
#pragma once
#include <boost/describe.hpp>
#include <string>

namespace argosy::messages::sts {

struct GetCallerIdentityRequest {};
BOOST_DESCRIBE_STRUCT(GetCallerIdentityRequest, (), ())

/// Wire names in upper camel case, as all of STS.
struct GetCallerIdentityResponse {
  std::string arn;
  std::string user_id;
  std::string account;
};
BOOST_DESCRIBE_STRUCT(GetCallerIdentityResponse, (), (arn, user_id, account))

}  // namespace argosy::messages::sts
