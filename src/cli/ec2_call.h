// cli/ec2_call.h - one call to EC2: a request in its form, the answer's XML decoded.
#pragma once
#include <string>
#include <string_view>

#include "cli/session.h"
#include "wire/form.h"
#include "wire/xml.h"

namespace argosy::cli {

template <class Response, class Request>
Outcome<Response> call_ec2(Session& session, std::string_view action, Request const& request) {
  auto body = TRY(session.ec2(action, wire::encode_form(request)));
  auto document = wire::parse_xml(body);
  if (!document)
    return stop(Exit::service, std::string(action) + ": the answer is " + document.error().message);
  return wire::decode_xml<Response>((*document)->document_element(), wire::Naming::lower_camel);
}

}  // namespace argosy::cli
