// api/authenticate.h - who signed a request: AWS Signature Version 4, in headers or in a presigned URL.
// Source: IAM User Guide, "Authenticating requests"; ec2-semantics A7.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "access/caller.h"
#include "base/clock.h"
#include "ebs/volume_session.h"
#include "http/message.h"

namespace argosy::api {

/// A signature made longer ago, or so far ahead, is refused.
inline constexpr Duration kMaxSkew = std::chrono::minutes(15);
/// A presigned URL lives at most a week.
inline constexpr std::int64_t kMaxPresignedSeconds = 604'800;

struct Signer {
  access::Caller caller;
  std::string region;   ///< of the credential scope
  std::string service;  ///< of the credential scope
  bool payload_signed = true;
  std::vector<std::string> signed_headers{};  ///< lower-case names, sorted
  /// What temporary credentials stand for; they allow nothing else.
  std::optional<ebs::VolumeSession> session{};
};

/// What is wrong with a request's credentials; each service has its own codes for it.
enum class AuthFault { missing, incomplete, unknown_key, bad_signature, expired, expired_token };
struct AuthFailure {
  AuthFault fault;
  std::string message;
  std::string service;  ///< of the scope, as far as it was read
};

/// What a request names its credentials by, before anybody has verified a word of it.
struct CredentialsClaim {
  std::string access_key_id;
  std::string region;         ///< of the credential scope
  std::string session_token;  ///< that temporary credentials come with; empty if there is none
};
struct KnownCredentials {
  access::Credentials credentials;
  std::optional<ebs::VolumeSession> session{};  ///< of temporary ones
  bool expired = false;
};
/// Nothing if there are no such credentials.
using FindCredentials = std::function<Result<std::optional<KnownCredentials>>(CredentialsClaim const& claim)>;

/// Verifies date, scope, signature and, where it is signed, the body's hash. Neither a missing nor a disabled
/// key can be told from the answer. The outer Result fails when the directory cannot be read.
Result<std::expected<Signer, AuthFailure>> authenticate(http::Request const& request, Time now,
                                                        FindCredentials const& find);

/// The access key that `authenticate` would look for, before anybody has verified that it is his who sends
/// it; empty if the request cannot be read that far.
std::string claimed_access_key(http::Request const& request);

/// The public code of that service. Source: the table in ec2-semantics A7.
Error to_error(AuthFailure const& failure, std::string_view service);

}  // namespace argosy::api
