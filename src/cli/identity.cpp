// cli/identity.cpp - see identity.h.
#include "cli/identity.h"

#include "wire/xml.h"

namespace argosy::cli {

Outcome<messages::sts::GetCallerIdentityResponse> get_caller_identity(Session& session) {
  auto body = TRY(session.sts("GetCallerIdentity"));
  auto document = wire::parse_xml(body);
  if (!document) return stop(Exit::service, "GetCallerIdentity: the answer is " + document.error().message);
  auto result = (*document)->document_element().child("GetCallerIdentityResult");
  return wire::decode_xml<messages::sts::GetCallerIdentityResponse>(result, wire::Naming::upper_camel);
}

}  // namespace argosy::cli
