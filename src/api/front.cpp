// api/front.cpp - see front.h.
#include "api/front.h"

#include <exception>

#include "api/authenticate.h"
#include "api/ebs.h"
#include "api/errors.h"
#include "api/kms.h"
#include "api/operation.h"
#include "api/volume_sessions.h"
#include "base/log.h"
#include "catalogue/accounts.h"
#include "sts/get_caller_identity.h"

namespace argosy::api {
namespace {

constexpr std::string_view kGetCallerIdentity = "GetCallerIdentity";

Protocol protocol_of(std::string_view service, http::Request const& request) {
  if (service == "ec2") return Protocol::ec2;
  if (service == "sts") return Protocol::sts;
  if (service == "ebs") return Protocol::ebs;
  if (service == "kms") return Protocol::kms;
  return guess_protocol(request);
}

std::string_view service_of(Protocol protocol) {
  switch (protocol) {
    case Protocol::ec2:
      return "ec2";
    case Protocol::sts:
      return "sts";
    case Protocol::ebs:
      return "ebs";
    case Protocol::kms:
      return "kms";
  }
  return {};
}

/// The parameters of EC2 and STS, from the body of a POST or the query of a GET.
Result<wire::Pairs> parameters_of(http::Request const& request) {
  if (request.path != "/" && !request.path.empty())
    return fail(Fault::invalid, "InvalidAction",
                "There is nothing at " + request.path.substr(0, 200) + "; requests go to /");
  if (request.method == "GET") return wire::parse_form(request.query);
  if (request.method == "POST") return wire::parse_form(as_text(request.body));
  return fail(Fault::invalid, "InvalidAction",
              "The method " + request.method.substr(0, 20) + " is not supported; use POST or GET");
}

Result<std::string> action_of(wire::Pairs const& parameters, std::string_view version) {
  auto action = wire::find_pair(parameters, "Action");
  if (!action || action->empty())
    return fail(Fault::invalid, "MissingAction", "The request must contain the parameter Action");
  auto given = wire::find_pair(parameters, "Version");
  if (given && *given != version)
    return fail(Fault::invalid, "NoSuchVersion",
                "The requested version (" + std::string(given->substr(0, 40)) + ") is not valid; use " +
                    std::string(version));
  return std::string(*action);
}

std::unexpected<Error> unknown_action(std::string const& action) {
  return fail(Fault::invalid, "InvalidAction",
              "The action " + action.substr(0, 100) + " is not valid for this web service.");
}

Result<http::Response> run_ec2(Service& service, Region& region, access::Caller const& caller,
                               http::Request const& request, std::string const& request_id,
                               std::string& operation_name) {
  auto parameters = TRY(parameters_of(request));
  auto action = TRY(action_of(parameters, "2016-11-15"));
  auto operation = ec2_operations().find(action);
  if (operation == ec2_operations().end()) return unknown_action(action);
  operation_name = action;
  auto endpoint = service.endpoint.empty()
                      ? std::string(http::find_header(request.headers, "host").value_or(""))
                      : service.endpoint;
  return operation->second(
      {service, region, caller, parameters, action, request_id, service.clock.now(), endpoint});
}

Result<http::Response> run_sts(access::Caller const& caller, http::Request const& request,
                               std::string const& request_id, std::string& operation_name) {
  auto parameters = TRY(parameters_of(request));
  auto action = TRY(action_of(parameters, "2011-06-15"));
  if (action != kGetCallerIdentity) return unknown_action(action);
  operation_name = action;
  http::Response response;
  response.headers = {{"x-amzn-RequestId", request_id}, {"Content-Type", "text/xml"}};
  response.body =
      to_bytes(as_bytes("<GetCallerIdentityResponse "
                        "xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>" +
                        wire::encode_xml(sts::get_caller_identity(caller), wire::Naming::upper_camel) +
                        "</GetCallerIdentityResult><ResponseMetadata><RequestId>" + request_id +
                        "</RequestId></ResponseMetadata></GetCallerIdentityResponse>"));
  return response;
}

/// A region that is not served here: the message says which ones are, and where this one is.
Error wrong_region(Service& service, Signer const& signer) {
  std::string names;
  for (auto const& region : service.regions) (names += names.empty() ? "" : ", ") += region.name;
  auto error = to_error({AuthFault::bad_signature, {}, {}}, signer.service);
  error.message = "Credential should be scoped to a valid region: this endpoint serves " + names + ", not '" +
                  signer.region + "'";
  for (auto const& region : service.elsewhere)
    if (region.name == signer.region) error.message += ", which is served at " + region.endpoint;
  return error;
}

/// Where a region of the partition is, every endpoint of the partition says, also in that region's name: who
/// knows one finds all.
bool asks_where_regions_are(http::Request const& request) {
  auto parameters = parameters_of(request);
  if (!parameters) return false;
  return wire::find_pair(*parameters, "Action") == "DescribeRegions";
}

/// What a row of the metrics is called for a request that reaches no operation.
constexpr std::string_view kNoOperation = "none";

struct Dispatched {
  Protocol protocol;
  Result<http::Response> result;
  std::string operation{kNoOperation};
};

std::unexpected<Error> throttled(Protocol protocol) {
  if (protocol == Protocol::ebs)
    return fail(Fault::limit, "RequestThrottledException/ACCOUNT_THROTTLED", "Request limit exceeded.");
  if (protocol == Protocol::sts) return fail(Fault::limit, "Throttling", "Rate exceeded");
  if (protocol == Protocol::kms) return fail(Fault::limit, "ThrottlingException", "Rate exceeded");
  return fail(Fault::limit, "RequestLimitExceeded", "Request limit exceeded.");
}

Dispatched dispatch(Service& service, http::Request const& request, std::string const& request_id) {
  auto find = [&](CredentialsClaim const& claim) -> Result<std::optional<KnownCredentials>> {
    if (names_session(claim)) return find_session(service, claim);
    auto found = TRY(run_transaction(service.directory, sql::Access::read, [&](catalogue::Transaction& tx) {
      return catalogue::find_credentials(tx, service.master_keys, claim.access_key_id);
    }));
    if (!found) return std::nullopt;
    return KnownCredentials{*std::move(found)};
  };
  auto guessed = guess_protocol(request);
  auto answer = authenticate(request, service.clock.now(), find);
  if (!answer) return {guessed, std::unexpected(std::move(answer).error())};
  if (!*answer) {
    auto protocol = protocol_of(answer->error().service, request);
    return {protocol, std::unexpected(to_error(answer->error(), service_of(protocol)))};
  }
  auto const& signer = **answer;
  auto protocol = protocol_of(signer.service, request);
  auto denied = [&](std::string message) -> Dispatched {
    auto error = to_error({AuthFault::bad_signature, message, {}}, service_of(protocol));
    error.message = std::move(message);
    return {protocol, std::unexpected(std::move(error))};
  };
  if (signer.service != service_of(protocol))
    return denied("Credential should be scoped to a service of this endpoint (ec2, ebs, kms, sts), not '" +
                  signer.service + "'");
  if (!signer.payload_signed &&
      !(protocol == Protocol::ebs && allows_unsigned_payload(request, signer.signed_headers)))
    return denied(
        "The body must be signed: UNSIGNED-PAYLOAD is accepted for PutSnapshotBlock only, with a signed "
        "x-amz-Checksum");
  auto caller = signer.caller;
  caller.limits = service.limits;
  if (!service.rates.take(caller.account, caller.limits, service.clock.now())) {
    service.requests.count_throttled(service_of(protocol));
    return {protocol, throttled(protocol)};
  }
  Dispatched out{protocol, {}};
  if (protocol == Protocol::sts) {
    out.result = run_sts(caller, request, request_id, out.operation);
    return out;
  }
  auto* region = service.find_region(signer.region);
  if (region == nullptr && protocol == Protocol::ec2 && service.is_elsewhere(signer.region) &&
      asks_where_regions_are(request))
    region = &service.regions.front();
  if (region == nullptr) return {protocol, std::unexpected(wrong_region(service, signer))};
  bool const ebs = protocol == Protocol::ebs;
  auto const operation = ebs                         ? ebs_operation(request)
                         : protocol == Protocol::kms ? kms_operation(request)
                                                     : std::string_view();
  if (!operation.empty()) out.operation = operation;
  if (signer.session) {
    auto const allowed = check_session_allows(protocol, operation);
    if (!allowed) return {protocol, std::unexpected(allowed.error())};
  }
  if (protocol == Protocol::ec2) {
    out.result = run_ec2(service, *region, caller, request, request_id, out.operation);
    return out;
  }
  auto const* session = signer.session ? &*signer.session : nullptr;
  out.result = ebs ? run_ebs(service, *region, {caller, session}, request)
                   : run_kms(service, *region, caller, request);
  if (out.result) out.result->headers.emplace_back("x-amzn-RequestId", request_id);
  return out;
}

}  // namespace

void declare_operations(metrics::Requests& requests) {
  for (auto const& [name, operation] : ec2_operations()) requests.declare("ec2", name);
  for (auto const name : ebs_operations()) requests.declare("ebs", name);
  for (auto const name : kms_operations()) requests.declare("kms", name);
  requests.declare("sts", kGetCallerIdentity);
}

http::Response handle(Service& service, http::Request const& request) {
  auto const request_id = make_uuid(service.entropy);
  auto const began = std::chrono::steady_clock::now();
  auto dispatched = [&]() -> Dispatched {
    try {
      return dispatch(service, request, request_id);
    } catch (std::exception const& exception) {
      return {guess_protocol(request), fail(Fault::corrupt, std::string("exception: ") + exception.what())};
    }
  }();
  auto const& result = dispatched.result;
  auto response =
      result ? *std::move(dispatched.result) : to_response(dispatched.protocol, result.error(), request_id);
  auto const took = std::chrono::steady_clock::now() - began;
  service.requests.count(service_of(dispatched.protocol), dispatched.operation, response.status,
                         std::chrono::duration_cast<std::chrono::microseconds>(took));
  return response;
}

http::Response refuse(int status, std::string_view target, Entropy& entropy) {
  http::Request request;
  request.path = target;
  auto const protocol = guess_protocol(request);
  bool const ebs = protocol == Protocol::ebs;
  Error error{Fault::invalid, ebs ? "ValidationException" : "MalformedQueryString",
              "The request cannot be read"};
  if (status == 413)
    error = {Fault::limit, ebs ? "ValidationException" : "InvalidParameterValue", "The body is too large"};
  if (status == 431)
    error = {Fault::limit, ebs ? "ValidationException" : "InvalidParameterValue",
             "The headers are too large"};
  if (status == 503)
    error = {Fault::limit, ebs ? "RequestThrottledException" : "RequestLimitExceeded",
             "Request limit exceeded."};
  auto response = to_response(protocol, error, make_uuid(entropy));
  response.status = status;
  return response;
}

}  // namespace argosy::api
