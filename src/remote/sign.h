// remote/sign.h - puts an AWS Signature Version 4 on a request that is about to be sent. Source:
// ec2-semantics A7.
#pragma once
#include <optional>
#include <string>

#include "base/clock.h"
#include "http/message.h"
#include "http/url.h"

namespace argosy::remote {

struct Credentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::optional<std::string> session_token;
};

/// What a signature is made for.
struct Scope {
  std::string region;
  std::string service;  ///< ec2, ebs, sts, …
};

enum class Payload { hashed, unsigned_payload };

/// Adds Host, X-Amz-Date, X-Amz-Content-Sha256, X-Amz-Security-Token where there is one, and Authorization,
/// which covers every header of the request. `path` and `query` must already be percent-encoded. A request
/// that is sent again minutes later must be signed again: see with_signatures.
void sign(http::Request& request, http::Endpoint const& endpoint, Credentials const& credentials,
          Scope const& scope, Payload payload, Time now);

/// The URL of a GET that whoever holds it may send until `expires_seconds` have passed. `query` without
/// X-Amz-….
std::string presign(http::Endpoint const& endpoint, std::string const& query, Credentials const& credentials,
                    Scope const& scope, int expires_seconds, Time now);

}  // namespace argosy::remote
