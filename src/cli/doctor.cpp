// cli/doctor.cpp - argosy doctor: endpoint, clock, credentials, regions and permissions.
#include "cli/doctor.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/ec2.h"
#include "cli/format.h"
#include "cli/identity.h"
#include "cli/program.h"
#include "http/date.h"

namespace argosy::cli {
namespace {

/// A service that needs longer than this to answer is told as one that does not.
constexpr std::chrono::milliseconds kPatience{8'000};
/// AWS refuses signatures that are this far off, some of its services sooner than others.
constexpr std::chrono::minutes kMostSkew{5};
/// A Date header knows whole seconds, and the answer was on its way.
constexpr std::chrono::seconds kNoSkew{2};
/// Stands for the caller's account where it is not known.
constexpr char const* kSomeAccount = "123456789012";

char const* to_text(Health health) {
  return health == Health::ok ? "ok" : health == Health::wrong ? "wrong" : "skipped";
}

char const* advise_on_endpoint(std::string const& failure) {
  if (failure.contains("cannot resolve"))
    return "Check the host's name in --endpoint-url, AWS_ENDPOINT_URL or the profile, and this machine's "
           "DNS.";
  if (failure.contains("TLS failed"))
    return "The certificate must be that host's, and of an authority that AWS_CA_BUNDLE (or the system) "
           "trusts.";
  return "Does the service run there, and do firewalls and proxies let it through?";
}

void check_clock(Examination& examination, http::Response const& response) {
  auto header = http::find_header(response.headers, "date");
  auto date = header ? http::parse_date(*header) : std::nullopt;
  if (!date) return examination.skip("clock", "the endpoint does not tell the time");
  auto skew = system_clock().now() - *date;
  auto amount = skew < skew.zero() ? -skew : skew;
  if (amount <= kNoSkew) return examination.ok("clock", "agrees with the service's");
  auto text = "this machine's is " + show_duration(amount) + (skew > skew.zero() ? " ahead" : " behind");
  if (amount < kMostSkew) return examination.ok("clock", text);
  examination.wrong("clock", text,
                    "Set it, and keep it set: timedatectl set-ntp true. Signatures carry the time.");
}

/// Any answer will do: what it is worth is seen when it is asked something.
Outcome<http::Response> knock(Settings const& settings, std::string const& url) {
  auto endpoint = http::parse_endpoint(url);
  if (!endpoint) return stop(Exit::configuration, endpoint.error().message);
  auto transport = remote::open_http(*endpoint, client_options(settings));
  return TRY(transport->send({"GET", endpoint->path + "/", "", {}, {}, "", {}}));
}

/// Each URL once, with the services that it is for. True if all answered.
bool check_endpoints(Examination& examination, Settings const& settings, std::string const& region) {
  std::vector<std::pair<std::string, std::string>> services_by_url;
  for (auto const* service : {"ec2", "ebs", "kms", "sts"}) {
    auto url = endpoint_url(settings, service, region);
    auto known = std::ranges::find(services_by_url, url, &std::pair<std::string, std::string>::first);
    if (known == services_by_url.end()) {
      services_by_url.emplace_back(url, service);
    } else {
      known->second += std::string(", ") + service;
    }
  }
  bool all = true;
  bool asked_the_time = false;
  for (auto const& [url, services] : services_by_url) {
    auto name = "endpoint " + services;
    auto answer = knock(settings, url);
    if (!answer) {
      all = false;
      examination.wrong(name, url + ": " + answer.error().message,
                        advise_on_endpoint(answer.error().message));
      continue;
    }
    examination.ok(name,
                   url + (url.starts_with("https:") ? " answers, its certificate is good" : " answers"));
    if (!asked_the_time) check_clock(examination, *answer);
    asked_the_time = true;
  }
  return all;
}

/// The caller's account; empty if the service does not accept the credentials.
std::string check_identity(Examination& examination, Session& session) {
  auto identity = get_caller_identity(session);
  if (!identity) {
    examination.wrong("identity", identity.error());
    return {};
  }
  examination.ok("identity", "account " + identity->account + ", " + identity->arn);
  return identity->account;
}

/// True if the region is one of the service's.
bool check_region_list(Examination& examination, Session& session) {
  auto regions = describe_regions(session);
  if (!regions) {
    examination.wrong("region", regions.error());
    return false;
  }
  std::string list;
  for (auto const& region : *regions) (list += list.empty() ? "" : ", ") += region;
  if (std::ranges::find(*regions, session.region()) != regions->end()) {
    examination.ok("region", session.region() + " is one of " + list);
    return true;
  }
  examination.wrong("region", session.region() + " is none of " + list,
                    "Name another with --region or AWS_REGION.");
  return false;
}

void examine(Examination& examination, Settings const& settings, std::string const& region) {
  bool reached = check_endpoints(examination, settings, region);
  auto session = Session::open(settings, region);
  if (!session || !reached) {
    auto reason = reached ? "there are no credentials" : "not every endpoint answers";
    for (auto const* name : {"identity", "region", "permissions"}) examination.skip(name, reason);
    return;
  }
  auto account = check_identity(examination, **session);
  if (!check_region_list(examination, **session))
    return examination.skip("permissions", "the region does not answer");
  check_permissions(examination, **session, account.empty() ? kSomeAccount : account);
}

struct DoctorOptions {};

Outcome<Exit> run(DoctorOptions const&, Settings const& given, Terminal& terminal) {
  auto settings = given;
  settings.connect_timeout = settings.io_timeout = kPatience;
  settings.max_attempts = 2;
  Examination examination(terminal);
  if (settings.credentials) {
    examination.ok("credentials",
                   settings.credentials->access_key_id + ", from " + settings.credentials_source);
  } else {
    examination.wrong("credentials", settings.credentials.error());
  }
  if (settings.regions.empty())
    examination.wrong("region", "none is named", "Set --region, AWS_REGION or region in the profile.");
  for (auto const& region : settings.regions) examine(examination, settings, region);
  if (terminal.format() == Format::json) terminal.print(examination.to_json());
  return examination.all_is_well() ? Exit::done : Exit::failed;
}

constexpr char const* kExamples = R"(  argosy doctor --region us-east-1
  argosy doctor --profile lab --output json | jq '.checks[] | select(.health != "ok")'

Looks at endpoints, clock, credentials, regions and permissions, and says of each that it is ok, or what
is wrong and what to do. Changes nothing: permissions of EC2 are asked for with DryRun, those of EBS direct
and KMS by calls about a snapshot and a key that do not exist. Not asked for are PutSnapshotBlock, CreateKey,
ReplicateKey and CreateAlias. Exit code 0 only if all is well.
)";

}  // namespace

void Examination::add(Finding finding) {
  if (terminal_.format() == Format::table) {
    auto line = fmt::format("{:<8}{:<40}{}\n", to_text(finding.health), finding.name, finding.text);
    if (!finding.advice.empty()) line += fmt::format("{:<48}{}\n", "", finding.advice);
    terminal_.print(line);
  }
  findings_.push_back(std::move(finding));
}

void Examination::wrong(std::string name, Failure const& failure) {
  auto text = explain(failure);
  auto line_end = text.find('\n');
  auto advice =
      line_end == std::string::npos ? std::string() : text.substr(text.find_first_not_of(" \n", line_end));
  wrong(std::move(name), text.substr(0, line_end), std::move(advice));
}

bool Examination::all_is_well() const {
  return std::ranges::all_of(findings_, [](auto const& finding) { return finding.health == Health::ok; });
}

boost::json::object Examination::to_json() const {
  boost::json::array checks;
  for (auto const& finding : findings_)
    checks.push_back({{"name", finding.name},
                      {"health", to_text(finding.health)},
                      {"finding", finding.text},
                      {"advice", finding.advice.empty() ? boost::json::value(nullptr)
                                                        : boost::json::value(finding.advice)}});
  return {{"ok", all_is_well()}, {"checks", std::move(checks)}};
}

void add_doctor(Program& program) {
  program.add_verb("doctor", "Find out what is wrong between this machine and the service", kExamples,
                   std::make_shared<DoctorOptions>(), &run);
}

}  // namespace argosy::cli
