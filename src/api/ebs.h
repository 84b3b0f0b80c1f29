// api/ebs.h - EBS direct over HTTP: paths, headers and queries to requests, responses back. Source:
// ec2-semantics G.
#pragma once
#include "access/caller.h"
#include "api/service.h"
#include "ebs/read_blocks.h"
#include "http/message.h"

namespace argosy::api {

/// True for the one operation that may come with an unsigned body, if the checksum that guards it is signed:
/// `signed_headers` are lower-case names, sorted.
bool allows_unsigned_payload(http::Request const& request, std::vector<std::string> const& signed_headers);

/// The name of the operation that a request asks for; empty if there is none.
std::string_view ebs_operation(http::Request const& request);
/// Every operation that is answered.
std::vector<std::string_view> ebs_operations();

Result<http::Response> run_ebs(Service& service, Region& region, ebs::Reader const& reader,
                               http::Request const& request);

}  // namespace argosy::api
