// cli/session.cpp - see session.h.
#include "cli/session.h"

#include <utility>

#include "cli/endpoints.h"
#include "http/status.h"
#include "messages/ebs/ebs.h"
#include "wire/json.h"
#include "wire/xml.h"

namespace argosy::cli {
namespace {

constexpr char const* kEc2Version = "2016-11-15";
constexpr char const* kStsVersion = "2011-06-15";
constexpr char const* kKmsTarget = "TrentService.";
constexpr char const* kUserAgent = "argosy/" ARGOSY_VERSION;

Outcome<std::unique_ptr<remote::Transport>> open_transport(Settings const& settings,
                                                           std::string const& service,
                                                           std::string const& region) {
  auto endpoint = http::parse_endpoint(endpoint_url(settings, service, region));
  if (!endpoint) return stop(Exit::configuration, endpoint.error().message);
  return remote::open_http(*endpoint, client_options(settings));
}

/// A load balancer, a proxy or another kind of server answered.
Failure not_the_service(http::Response const& response, char const* service) {
  auto text = "the endpoint answered HTTP " + std::to_string(response.status) + " and not as " + service +
              " does: is the endpoint URL right?";
  return Failure(Error{http::fault_of(response.status), {}, text});
}

/// `find`: the elements Error and request id below the root.
template <class Find>
Failure read_xml_failure(http::Response const& response, char const* service, Find find) {
  auto document = wire::parse_xml(as_text(response.body));
  if (!document) return not_the_service(response, service);
  auto [error, request_id] = find((*document)->document_element());
  std::string code = error.child("Code").text().get();
  if (code.empty()) return not_the_service(response, service);
  Failure failure(Error{http::fault_of(response.status), code, error.child("Message").text().get()});
  failure.request_id = request_id.text().get();
  return failure;
}

/// Argosy's and AWS's words for a request that was signed for a region that the endpoint does not serve.
bool is_of_another_region(http::Response const& response) {
  return response.status >= 400 && as_text(response.body).contains("scoped to a valid region");
}

bool are_same(remote::Credentials const& a, remote::Credentials const& b) {
  return a.access_key_id == b.access_key_id && a.secret_access_key == b.secret_access_key &&
         a.session_token == b.session_token;
}

/// The words of all services for temporary credentials that have run out.
bool is_expired(http::Response const& response) {
  if (response.status < 400) return false;
  auto const type = http::find_header(response.headers, "x-amzn-errortype");
  auto const body = as_text(response.body);
  return (type && type->contains("ExpiredToken")) || body.contains("ExpiredToken") ||
         body.contains("RequestExpired");
}

http::Request to_form_request(wire::Pairs const& parameters) {
  return {"POST",
          "/",
          "",
          {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}, {"User-Agent", kUserAgent}},
          to_bytes(as_bytes(wire::print_form(parameters))),
          "",
          {}};
}

}  // namespace

std::string endpoint_url(Settings const& settings, std::string_view service, std::string_view region) {
  auto given = settings.endpoint_urls.find(service);
  return given == settings.endpoint_urls.end() ? aws_endpoint_url(service, region) : given->second;
}

http::ClientOptions client_options(Settings const& settings) {
  http::ClientOptions options;
  options.connect_timeout = settings.connect_timeout;
  options.io_timeout = settings.io_timeout;
  options.tls.authority_path = settings.ca_path;
  return options;
}

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
  Failure failure(
      Error{http::fault_of(response.status), std::string(type->substr(0, type->find(':'))), message});
  failure.request_id = http::find_header(response.headers, "x-amzn-requestid").value_or("");
  return failure;
}

/// The type may stand in a header or in the body, there with a namespace before it: "com.amazon#TYPE".
Failure read_kms_failure(http::Response const& response) {
  auto body = wire::parse_json(as_text(response.body));
  auto text = [&](std::string_view name) -> std::string {
    auto const* value = body && body->is_object() ? body->get_object().if_contains(name) : nullptr;
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
  };
  auto type = text("__type");
  if (type.empty()) type = http::find_header(response.headers, "x-amzn-errortype").value_or("");
  type = type.substr(type.find('#') + 1);
  type = type.substr(0, type.find(':'));
  if (type.empty()) return not_the_service(response, "KMS");
  auto message = text("message");
  if (message.empty()) message = text("Message");  // of errors that the service's model does not name
  Failure failure(Error{http::fault_of(response.status), type, message.empty() ? "no message" : message});
  failure.request_id = http::find_header(response.headers, "x-amzn-requestid").value_or("");
  return failure;
}

Outcome<std::unique_ptr<Session>> Session::open(Settings const& settings, std::string region) {
  std::unique_ptr<Session> session(new Session);
  session->transports_ = std::make_shared<Transports const>(TRY(open_transports(settings, region)));
  session->settings_ = settings;
  session->credentials_ = TRY(settings.credentials);
  session->region_ = std::move(region);
  return session;
}

Outcome<Session::Transports> Session::open_transports(Settings const& settings, std::string const& region) {
  Transports out;
  for (auto const* service : {"ec2", "ebs", "kms", "sts"})
    out[service] = TRY(open_transport(settings, service, region));
  return out;
}

std::string Session::ebs_endpoint() const { return endpoint_url(settings_, "ebs", region_); }

std::string Session::reached_ebs_endpoint() const {
  std::lock_guard lock(mutex_);
  auto const& endpoint = transports_->at("ebs")->endpoint();
  return (endpoint.tls ? "https://" : "http://") + endpoint.authority() + endpoint.path;
}

Outcome<remote::Credentials> Session::find_credentials_again() const {
  auto const settings = TRY(settings_.resolve_again());
  return settings.credentials;
}

remote::Credentials Session::credentials() const {
  std::lock_guard lock(mutex_);
  return credentials_;
}

/// Those that are to be used instead; nothing if there are no others.
std::optional<remote::Credentials> Session::renew(remote::Credentials const& expired) {
  std::lock_guard lock(mutex_);
  if (are_same(credentials_, expired) && settings_.resolve_again)
    if (auto found = find_credentials_again()) credentials_ = *std::move(found);
  if (are_same(credentials_, expired)) return std::nullopt;
  return credentials_;
}

Outcome<http::Response> Session::call(std::string const& service, http::Request const& request,
                                      remote::Payload payload) {
  auto const credentials = this->credentials();
  auto response = TRY(call_as(credentials, service, request, payload));
  if (!is_expired(response)) return response;
  auto const others = renew(credentials);
  if (!others) return response;
  return call_as(*others, service, request, payload);
}

Outcome<http::Response> Session::send(remote::Transport& transport, std::string const& service,
                                      http::Request const& request, remote::Credentials const& credentials,
                                      remote::Payload payload) const {
  auto signing = remote::with_signatures(transport, credentials, {region_, service}, payload, system_clock());
  return TRY(remote::with_retries(std::move(signing), settings_.max_attempts)->send(request));
}

/// One call, and once more elsewhere if the region is served there.
Outcome<http::Response> Session::call_as(remote::Credentials const& credentials, std::string const& service,
                                         http::Request const& request, remote::Payload payload) {
  auto transports = [&] {
    std::lock_guard lock(mutex_);
    return transports_;
  };
  auto const first = transports();
  auto response = TRY(send(*first->at(service), service, request, credentials, payload));
  if (!is_of_another_region(response) || !settings_.endpoint_urls.contains("ec2")) return response;
  TRY(follow(*first->at("ec2"), credentials));
  auto const second = transports();
  if (second == first) return response;
  return TRY(send(*second->at(service), service, request, credentials, payload));
}

/// Asks the endpoint once where the regions are, and goes there.
Outcome<void> Session::follow(remote::Transport& ec2, remote::Credentials const& credentials) {
  std::lock_guard lock(mutex_);
  if (followed_) return {};
  auto const request = to_form_request({{"Action", "DescribeRegions"}, {"Version", kEc2Version}});
  auto response = TRY(send(ec2, "ec2", request, credentials, remote::Payload::hashed));
  auto document = wire::parse_xml(as_text(response.body));
  if (response.status != 200 || !document) return {};
  followed_ = true;
  auto regions = wire::decode_xml<messages::ec2::DescribeRegionsResponse>((*document)->document_element(),
                                                                          wire::Naming::lower_camel);
  auto found = follow_endpoints(settings_.endpoint_urls, region_, regions);
  if (!found) return {};
  auto settings = settings_;
  settings.endpoint_urls = *std::move(found);
  transports_ = std::make_shared<Transports const>(TRY(open_transports(settings, region_)));
  return {};
}

Outcome<std::string> Session::ec2(std::string_view action, wire::Pairs parameters) {
  parameters.emplace_back("Action", action);
  parameters.emplace_back("Version", kEc2Version);
  auto response = TRY(call("ec2", to_form_request(parameters), remote::Payload::hashed));
  if (response.status != 200) return std::unexpected(read_ec2_failure(response));
  return std::string(as_text(response.body));
}

Outcome<std::string> Session::sts(std::string_view action) {
  wire::Pairs parameters{{"Action", std::string(action)}, {"Version", kStsVersion}};
  auto response = TRY(call("sts", to_form_request(parameters), remote::Payload::hashed));
  if (response.status != 200) return std::unexpected(read_sts_failure(response));
  return std::string(as_text(response.body));
}

Outcome<http::Response> Session::ebs(http::Request request, remote::Payload payload) {
  request.headers.emplace_back("User-Agent", kUserAgent);
  auto response = TRY(call("ebs", request, payload));
  if (response.status < 200 || response.status > 299) return std::unexpected(read_ebs_failure(response));
  return response;
}

Outcome<std::string> Session::kms(std::string_view operation, std::string const& json) {
  http::Request const request{"POST",
                              "/",
                              "",
                              {{"Content-Type", "application/x-amz-json-1.1"},
                               {"X-Amz-Target", kKmsTarget + std::string(operation)},
                               {"User-Agent", kUserAgent}},
                              to_bytes(as_bytes(json)),
                              "",
                              {}};
  auto response = TRY(call("kms", request, remote::Payload::hashed));
  if (response.status != 200) return std::unexpected(read_kms_failure(response));
  return std::string(as_text(response.body));
}

}  // namespace argosy::cli
