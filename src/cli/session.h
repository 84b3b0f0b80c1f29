// cli/session.h - signed calls to the EC2, EBS direct, KMS and STS services of one region, with their errors
// understood.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "cli/failure.h"
#include "cli/profile.h"
#include "remote/transport.h"
#include "wire/form.h"

namespace argosy::cli {

/// Any thread. Where a given endpoint turns out not to serve the region but to know which one does, calls go
/// there. Where the service says that temporary credentials have run out, they are found again: work may take
/// longer than they live.
class Session {
 public:
  /// No call is made yet. Fails with `configuration` on a bad endpoint URL.
  static Outcome<std::unique_ptr<Session>> open(Settings const& settings, std::string region);

  std::string const& region() const { return region_; }
  /// As the settings have it: "http://127.0.0.1:8080", "https://ebs.us-east-1.amazonaws.com".
  std::string ebs_endpoint() const;
  /// Where its calls went last: they may have been led to where the region is served.
  std::string reached_ebs_endpoint() const;
  remote::Credentials credentials() const;
  /// Those that its flags, files and processes give now.
  Outcome<remote::Credentials> find_credentials_again() const;
  /// PEM of the authorities that an https endpoint's certificate must come from; empty: the system's.
  std::string const& authority_path() const { return settings_.ca_path; }
  /// With the same credentials and endpoints.
  Outcome<std::unique_ptr<Session>> open_in(std::string region) const {
    return open(settings_, std::move(region));
  }
  /// The XML of a success.
  Outcome<std::string> ec2(std::string_view action, wire::Pairs parameters);
  /// `request.path` begins with a slash. A 2xx response.
  Outcome<http::Response> ebs(http::Request request, remote::Payload payload = remote::Payload::hashed);
  /// The JSON of a success; empty where the operation answers nothing.
  Outcome<std::string> kms(std::string_view operation, std::string const& json);
  /// The XML of a success.
  Outcome<std::string> sts(std::string_view action);

 private:
  /// By service: ec2, ebs, kms, sts.
  using Transports = std::map<std::string, std::unique_ptr<remote::Transport>, std::less<>>;

  Session() = default;
  static Outcome<Transports> open_transports(Settings const& settings, std::string const& region);
  Outcome<http::Response> call(std::string const& service, http::Request const& request,
                               remote::Payload payload);
  Outcome<http::Response> call_as(remote::Credentials const& credentials, std::string const& service,
                                  http::Request const& request, remote::Payload payload);
  /// With a signature of its own for each attempt.
  Outcome<http::Response> send(remote::Transport& transport, std::string const& service,
                               http::Request const& request, remote::Credentials const& credentials,
                               remote::Payload payload) const;
  Outcome<void> follow(remote::Transport& ec2, remote::Credentials const& credentials);
  std::optional<remote::Credentials> renew(remote::Credentials const& expired);

  Settings settings_;
  std::string region_;
  mutable std::mutex mutex_;  // guards what follows
  remote::Credentials credentials_;
  std::shared_ptr<Transports const> transports_;  ///< shared: a call under way keeps those that it began with
  bool followed_ = false;
};

/// Where a service of a region is: as the settings say, or AWS's own.
std::string endpoint_url(Settings const& settings, std::string_view service, std::string_view region);
/// How to talk to any of them.
http::ClientOptions client_options(Settings const& settings);
/// The URL that AWS serves a service of a region at.
std::string aws_endpoint_url(std::string_view service, std::string_view region);

/// What an answer that is no success says.
Failure read_ec2_failure(http::Response const& response);
Failure read_sts_failure(http::Response const& response);
Failure read_ebs_failure(http::Response const& response);
Failure read_kms_failure(http::Response const& response);

}  // namespace argosy::cli
