// crypto/sigv4.h - the arithmetic of AWS Signature Version 4: what both the server and our clients compute.
// Source: IAM User Guide, "Create a signed AWS API request".
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"

namespace argosy::crypto {

/// date/region/service/aws4_request
struct CredentialScope {
  std::string date;  ///< yyyymmdd
  std::string region;
  std::string service;
  std::string text() const { return date + "/" + region + "/" + service + "/aws4_request"; }
};

/// What is signed. `path` and `query` as they stand in the request line (path still percent-encoded; query
/// without
/// '?'); X-Amz-Signature must have been taken out of `query` by the caller.
struct SignedParts {
  std::string method;
  std::string path;
  std::string query;
  /// Only the signed headers; names in any case, any order. Values are trimmed and inner blanks folded here.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string payload_hash;  ///< lower-case hexadecimal SHA-256, or UNSIGNED-PAYLOAD
};

/// Step 1. The path is encoded once more (all services but S3), the query sorted, header names lowered and
/// sorted.
std::string canonical_request(SignedParts const& parts);
/// Steps 2 and 3: the signature in lower-case hexadecimal.
std::string signature(std::string_view secret_access_key, CredentialScope const& scope,
                      std::string_view amz_date, std::string_view canonical_request);

/// RFC 3986 unreserved characters stay, all others become %XX; '/' stays if `keep_slash`.
std::string percent_encode(std::string_view text, bool keep_slash);
/// "+" is a plus sign here; forms decode it themselves. Bad escapes stay as they are.
std::string percent_decode(std::string_view text);

}  // namespace argosy::crypto
