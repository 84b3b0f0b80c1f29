// cli/identity.cpp - see identity.h.
#include "cli/identity.h"

#include "wire/xml.h"

namespace argosy::cli {

Outcome<messages::sts::GetCallerIdentityResponse> get_caller_identity(Session& session) {
  auto body = session.sts("GetCallerIdentity");
  if (!body) {
    auto failure = body.error();
    failure.message =
        "GetCallerIdentity of STS, which tells whose credentials these are, failed: " + failure.message;
    return std::unexpected(std::move(failure));
  }
  auto document = wire::parse_xml(*body);
  if (!document) return stop(Exit::service, "GetCallerIdentity: the answer is " + document.error().message);
  auto result = (*document)->document_element().child("GetCallerIdentityResult");
  return wire::decode_xml<messages::sts::GetCallerIdentityResponse>(result, wire::Naming::upper_camel);
}

}  // namespace argosy::cli
