// api/kms.h - KMS over HTTP: JSON 1.1, the operation in the header X-Amz-Target. Source: ec2-semantics F.
#pragma once
#include "access/caller.h"
#include "api/service.h"
#include "http/message.h"

namespace argosy::api {

/// The name of the operation that a request asks for; empty if there is none.
std::string_view kms_operation(http::Request const& request);
/// Every operation that is answered.
std::vector<std::string_view> kms_operations();

Result<http::Response> run_kms(Service& service, Region& region, access::Caller const& caller,
                               http::Request const& request);

}  // namespace argosy::api
