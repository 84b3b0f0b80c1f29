// cli/session.cpp - see session.h.
#include "cli/session.h"

#include "messages/ebs/ebs.h"
#include "wire/json.h"
#include "wire/xml.h"

namespace argosy::cli {
namespace {

constexpr char const* kEc2Version = "2016-11-15";
constexpr char const* kStsVersion = "2011-06-15";
constexpr char const* kUserAgent = "argosy/" ARGOSY_VERSION;

Outcome<std::unique_ptr<remote::Transport>> open_transport(Settings const& settings,
                                                           std::string const& service,
                                                           std::string const& region) {
  auto given = settings.endpoint_urls.find(service);
  auto url = given == settings.endpoint_urls.end() ? aws_endpoint_url(service, region) : given->second;
  auto endpoint = http::parse_endpoint(url);
  if (!endpoint) return stop(Exit::configuration, endpoint.error().message);
  http::ClientOptions options;
  options.tls.authority_path = settings.ca_path;
  return remote::with_retries(remote::open_http(*endpoint, options), settings.max_attempts);
}

/// A load balancer, a proxy or another kind of server answered.
Failure not_the_service(http::Response const& response, char const* service) {
  auto text = "the endpoint answered HTTP " + std::to_string(response.status) + " and not as " + service +
              " does: is the endpoint URL right?";
  return Failure(Error{response.status >= 500 ? Fault::unavailable : Fault::invalid, {}, text});
}

Fault fault_of(int status) {
  return status >= 500 ? Fault::unavailable : status == 404 ? Fault::not_found : Fault::invalid;
}

/// `find`: the elements Error and request id below the root.
template <class Find>
Failure read_xml_failure(http::Response const& response, char const* service, Find find) {
  auto document = wire::parse_xml(as_text(response.body));
  if (!document) return not_the_service(response, service);
  auto [error, request_id] = find((*document)->document_element());
  std::string code = error.child("Code").text().get();
  if (code.empty()) return not_the_service(response, service);
  Failure failure(Error{fault_of(response.status), code, error.child("Message").text().get()});
  failure.request_id = request_id.text().get();
  return failure;
}

Outcome<http::Response> send(remote::Transport& transport, http::Request request,
                             remote::Credentials const& credentials, remote::Scope const& scope,
                             remote::Payload payload) {
  auto const& endpoint = transport.endpoint();
  request.path = endpoint.path + request.path;
  request.headers.emplace_back("User-Agent", kUserAgent);
  remote::sign(request, endpoint, credentials, scope, payload, system_clock().now());
  return TRY(transport.send(request));
}

http::Request to_form_request(wire::Pairs const& parameters) {
  return {"POST",
          "/",
          "",
          {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}},
          to_bytes(as_bytes(wire::print_form(parameters))),
          "",
          {}};
}

}  // namespace

std::string aws_endpoint_url(std::string_view service, std::string_view region) {
  return "https://" + std::string(service) + "." + std::string(region) + ".amazonaws.com" +
         (region.starts_with("cn-") ? ".cn" : "");
}

Failure read_ec2_failure(http::Response const& response) {
  return read_xml_failure(response, "EC2", [](pugi::xml_node root) {
    return std::pair{root.child("Errors").child("Error"), root.child("RequestID")};
  });
}

Failure read_sts_failure(http::Response const& response) {
  return read_xml_failure(response, "STS", [](pugi::xml_node root) {
    return std::pair{root.child("Error"), root.child("RequestId")};
  });
}

Failure read_ebs_failure(http::Response const& response) {
  auto type = http::find_header(response.headers, "x-amzn-errortype");
  if (!type || type->empty()) return not_the_service(response, "EBS direct");
  auto body = wire::decode_json<messages::ebs::ErrorBody>(as_text(response.body), wire::Naming::upper_camel);
  auto message = body ? body->message : std::string("no message");
  if (body && body->reason) message += " (" + *body->reason + ")";
  Failure failure(Error{fault_of(response.status), std::string(type->substr(0, type->find(':'))), message});
  failure.request_id = http::find_header(response.headers, "x-amzn-requestid").value_or("");
  return failure;
}

Outcome<std::unique_ptr<Session>> Session::open(Settings const& settings, std::string region) {
  std::unique_ptr<Session> session(new Session);
  session->ec2_ = TRY(open_transport(settings, "ec2", region));
  session->ebs_ = TRY(open_transport(settings, "ebs", region));
  session->sts_ = TRY(open_transport(settings, "sts", region));
  session->settings_ = settings;
  session->credentials_ = TRY(settings.credentials);
  session->region_ = std::move(region);
  return session;
}

Outcome<std::string> Session::ec2(std::string_view action, wire::Pairs parameters) {
  parameters.emplace_back("Action", action);
  parameters.emplace_back("Version", kEc2Version);
  auto response =
      TRY(send(*ec2_, to_form_request(parameters), credentials_, {region_, "ec2"}, remote::Payload::hashed));
  if (response.status != 200) return std::unexpected(read_ec2_failure(response));
  return std::string(as_text(response.body));
}

Outcome<std::string> Session::sts(std::string_view action) {
  wire::Pairs parameters{{"Action", std::string(action)}, {"Version", kStsVersion}};
  auto response =
      TRY(send(*sts_, to_form_request(parameters), credentials_, {region_, "sts"}, remote::Payload::hashed));
  if (response.status != 200) return std::unexpected(read_sts_failure(response));
  return std::string(as_text(response.body));
}

Outcome<http::Response> Session::ebs(http::Request request, remote::Payload payload) {
  auto response = TRY(send(*ebs_, std::move(request), credentials_, {region_, "ebs"}, payload));
  if (response.status < 200 || response.status > 299) return std::unexpected(read_ebs_failure(response));
  return response;
}

}  // namespace argosy::cli
