// api/errors.cpp - see errors.h.
#include "api/errors.h"

#include <algorithm>
#include <array>

#include "base/log.h"
#include "base/text.h"
#include "messages/ebs/ebs.h"
#include "wire/form.h"
#include "wire/json.h"
#include "wire/xml.h"

namespace argosy::api {
namespace {

/// What does not follow from the kind of failure. Source: ec2-semantics A3, A7, G.
constexpr std::array<std::pair<std::string_view, int>, 21> kStatuses{{
    {"AuthFailure", 401},
    {"OptInRequired", 401},
    {"UnauthorizedOperation", 403},
    {"SignatureDoesNotMatch", 403},
    {"MissingAuthenticationToken", 403},
    {"InvalidClientTokenId", 403},
    {"ExpiredToken", 403},
    {"ExpiredTokenException", 403},
    {"AccessDeniedException", 403},
    {"UnrecognizedClientException", 403},
    {"InvalidSignatureException", 403},
    {"MissingAuthenticationTokenException", 403},
    {"DryRunOperation", 412},
    {"ResourceNotFoundException", 404},
    {"ServiceQuotaExceededException", 402},
    {"ConflictException", 409},
    {"InsufficientInstanceCapacity", 500},
    {"RequestLimitExceeded", 503},
    {"Unavailable", 503},
    {"KMSInternalException", 500},
    {"DependencyTimeoutException", 503},
}};

int status_of(std::string_view code) {
  if (code == "InternalError" || code == "InternalFailure" || code == "InternalServerException") return 500;
  auto found = std::ranges::find(kStatuses, code, &std::pair<std::string_view, int>::first);
  return found == kStatuses.end() ? 400 : found->second;
}

/// Of a message, which may repeat what the client sent: more than a thousand ids take.
constexpr std::size_t kMaxMessageBytes = 32U << 10U;

/// A failure without a public code becomes InternalError or Unavailable, and its message stays here.
Error to_public(Protocol protocol, Error const& error, std::string_view request_id) {
  if (!error.code.empty() && error.code != "unique")
    return {error.fault, error.code, std::string(first_characters(error.message, kMaxMessageBytes))};
  log_error("request {} failed: {}", request_id, error.message);
  bool const passing = error.fault == Fault::unavailable || error.fault == Fault::conflict;
  if (protocol == Protocol::ebs)
    return {error.fault, "InternalServerException", "An internal error has occurred. Retry the request."};
  if (protocol == Protocol::kms && passing)
    return {error.fault, "DependencyTimeoutException", "The server is overloaded. Retry the request."};
  if (protocol == Protocol::kms)
    return {error.fault, "KMSInternalException", "An internal error has occurred. Retry the request."};
  if (passing)
    return {error.fault, "Unavailable", "The server is overloaded and can't handle the request. Retry it."};
  return {error.fault, "InternalError", "An internal error has occurred"};
}

http::Response xml_response(int status, std::string body, std::string_view request_id) {
  http::Response response;
  response.status = status;
  response.headers = {{"Content-Type", "text/xml;charset=UTF-8"},
                      {"x-amzn-RequestId", std::string(request_id)}};
  response.body = to_bytes(as_bytes("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + body));
  return response;
}

http::Response ec2_response(Error const& error, std::string_view request_id) {
  auto body = "<Response><Errors><Error><Code>" + wire::escape_xml(error.code) + "</Code><Message>" +
              wire::escape_xml(error.message) + "</Message></Error></Errors><RequestID>" +
              std::string(request_id) + "</RequestID></Response>";
  return xml_response(status_of(error.code), std::move(body), request_id);
}

http::Response sts_response(Error const& error, std::string_view request_id) {
  auto status = status_of(error.code);
  auto body =
      std::string("<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>") +
      (status < 500 ? "Sender" : "Receiver") + "</Type><Code>" + wire::escape_xml(error.code) +
      "</Code><Message>" + wire::escape_xml(error.message) + "</Message></Error><RequestId>" +
      std::string(request_id) + "</RequestId></ErrorResponse>";
  return xml_response(status, std::move(body), request_id);
}

/// EBS direct says TYPE/REASON; JSON 1.1 has the type in the body as well.
http::Response json_response(Protocol protocol, Error const& error, std::string_view request_id) {
  auto slash = error.code.find('/');
  auto type = error.code.substr(0, slash);
  http::Response response;
  response.status = protocol == Protocol::kms ? std::max(400, status_of(type) >= 500 ? status_of(type) : 400)
                                              : status_of(type);
  response.headers = {
      {"Content-Type", protocol == Protocol::kms ? "application/x-amz-json-1.1" : "application/json"},
      {"x-amzn-RequestId", std::string(request_id)},
      {"x-amzn-ErrorType", type}};
  std::string body;
  if (protocol == Protocol::kms) {
    boost::json::object object{{"__type", type}, {"message", to_utf8(error.message)}};
    body = boost::json::serialize(object);
  } else {
    messages::ebs::ErrorBody object{error.message, std::nullopt};
    if (slash != std::string::npos) object.reason = error.code.substr(slash + 1);
    body = wire::encode_json(object, wire::Naming::upper_camel);
  }
  response.body = to_bytes(as_bytes(body));
  return response;
}

}  // namespace

Protocol guess_protocol(http::Request const& request) {
  if (request.path.starts_with("/snapshots")) return Protocol::ebs;
  auto target = http::find_header(request.headers, "x-amz-target");
  if (target && target->starts_with("TrentService.")) return Protocol::kms;
  auto form =
      request.method == "GET" ? std::string_view(request.query) : as_text(request.body).substr(0, 4'096);
  return form.contains("Version=2011-06-15") ? Protocol::sts : Protocol::ec2;
}

http::Response to_response(Protocol protocol, Error const& error, std::string_view request_id) {
  auto shown = to_public(protocol, error, request_id);
  if (protocol == Protocol::ec2) return ec2_response(shown, request_id);
  if (protocol == Protocol::sts) return sts_response(shown, request_id);
  return json_response(protocol, shown, request_id);
}

}  // namespace argosy::api
