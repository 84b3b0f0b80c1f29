// api/authenticate.cpp - see authenticate.h.
#include "api/authenticate.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>

#include "base/text.h"
#include "crypto/crypto.h"
#include "crypto/sigv4.h"
#include "digest/sha256.h"

namespace argosy::api {
namespace {

/// No longer one is made, here or by AWS.
constexpr std::size_t kMaxAccessKeyIdBytes = 128;

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kUnsigned = "UNSIGNED-PAYLOAD";
constexpr std::string_view kTokenHeader = "x-amz-security-token";
constexpr std::size_t kMaxSignedHeaders = 100;

/// What a request says about its signature, wherever it says it.
struct Claim {
  std::string access_key_id;
  crypto::CredentialScope scope;
  std::string amz_date;
  std::vector<std::string> signed_headers;  ///< sorted, each once
  std::string signature;
  std::optional<std::int64_t> expires_seconds;  ///< presigned only
  std::string query;                            ///< without the signature
  std::string session_token;
};

using Read = std::expected<Claim, AuthFailure>;

/// The parameters of a signature by name; none is given twice, so that whoever reads them reads the same.
using Parts = std::map<std::string, std::string, std::less<>>;

std::unexpected<AuthFailure> refused(AuthFault fault, std::string message, std::string service = {}) {
  return std::unexpected(AuthFailure{fault, std::move(message), std::move(service)});
}
std::unexpected<AuthFailure> incomplete(std::string message) {
  return refused(AuthFault::incomplete, std::move(message));
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  while (true) {
    auto end = text.find(separator);
    out.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

/// KEY/yyyymmdd/region/service/aws4_request; a key id has no slash.
bool read_credential(std::string_view text, Claim& claim) {
  auto parts = split(text, '/');
  if (parts.size() != 5 || parts[4] != "aws4_request") return false;
  if (std::ranges::any_of(parts, &std::string_view::empty)) return false;
  claim.access_key_id = parts[0];
  claim.scope = {std::string(parts[1]), std::string(parts[2]), std::string(parts[3])};
  return true;
}

/// Sorted, as the algorithm wants it, so that none is named twice: each time would cost all of its bytes
/// again.
bool read_signed_headers(std::string_view text, Claim& claim) {
  auto& names = claim.signed_headers;
  for (auto name : split(text, ';')) {
    if (name.empty() || names.size() == kMaxSignedHeaders) return false;
    if (!names.empty() && name <= names.back()) return false;
    names.emplace_back(name);
  }
  return true;
}

Read read_header(std::string_view header, http::Request const& request) {
  Claim claim;
  claim.query = request.query;
  Parts parts;
  for (auto part : split(header.substr(kAlgorithm.size()), ',')) {
    part.remove_prefix(std::min(part.find_first_not_of(' '), part.size()));
    auto equals = part.find('=');
    if (equals == std::string_view::npos)
      return incomplete("Authorization header is not of the form Name=Value, …");
    auto value = std::string(part.substr(equals + 1));
    while (value.ends_with(' ')) value.pop_back();
    if (!parts.emplace(part.substr(0, equals), std::move(value)).second)
      return incomplete("Authorization header has a parameter twice.");
  }
  if (parts["Credential"].empty()) return incomplete("Authorization header requires 'Credential' parameter.");
  if (parts["SignedHeaders"].empty())
    return incomplete("Authorization header requires 'SignedHeaders' parameter.");
  if (parts["Signature"].empty()) return incomplete("Authorization header requires 'Signature' parameter.");
  if (!read_credential(parts["Credential"], claim))
    return incomplete(
        "Credential must have exactly 5 slash-delimited elements: keyid/date/region/service/aws4_request.");
  if (!read_signed_headers(parts["SignedHeaders"], claim))
    return incomplete("SignedHeaders is not a sorted list of header names.");
  claim.signature = parts["Signature"];
  auto date = http::find_header(request.headers, "x-amz-date");
  if (!date) return incomplete("Authorization header requires existence of 'X-Amz-Date' header.");
  claim.amz_date = *date;
  if (std::ranges::find(claim.signed_headers, "x-amz-date") == claim.signed_headers.end())
    return incomplete("'X-Amz-Date' must be a 'SignedHeader' in the Authorization header.");
  claim.session_token = http::find_header(request.headers, kTokenHeader).value_or("");
  return claim;
}

Read read_query(http::Request const& request) {
  Claim claim;
  Parts parts;
  for (auto pair : split(request.query, '&')) {
    auto equals = pair.find('=');
    auto name = crypto::percent_decode(pair.substr(0, equals));
    if (name != "X-Amz-Signature") (claim.query += claim.query.empty() ? "" : "&") += pair;
    if (!name.starts_with("X-Amz-")) continue;
    auto value =
        equals == std::string_view::npos ? std::string() : crypto::percent_decode(pair.substr(equals + 1));
    if (!parts.emplace(std::move(name), std::move(value)).second)
      return incomplete("A presigned URL has a parameter X-Amz-… twice.");
  }
  if (parts["X-Amz-Algorithm"] != kAlgorithm) return incomplete("X-Amz-Algorithm must be AWS4-HMAC-SHA256.");
  claim.signature = parts["X-Amz-Signature"];
  claim.amz_date = parts["X-Amz-Date"];
  claim.session_token = parts["X-Amz-Security-Token"];
  auto const& expires = parts["X-Amz-Expires"];
  if (claim.signature.empty() || claim.amz_date.empty() || expires.empty())
    return incomplete("A presigned URL needs X-Amz-Signature, X-Amz-Date and X-Amz-Expires.");
  std::int64_t seconds = 0;
  auto [end, error] = std::from_chars(expires.data(), expires.data() + expires.size(), seconds);
  if (error != std::errc{} || end != expires.data() + expires.size() || seconds < 1 ||
      seconds > kMaxPresignedSeconds)
    return incomplete("X-Amz-Expires must be from 1 to 604800 seconds.");
  claim.expires_seconds = seconds;
  if (!read_credential(parts["X-Amz-Credential"], claim))
    return incomplete(
        "X-Amz-Credential must have exactly 5 slash-delimited elements: "
        "keyid/date/region/service/aws4_request.");
  if (!read_signed_headers(parts["X-Amz-SignedHeaders"], claim))
    return incomplete("X-Amz-SignedHeaders is not a sorted list of header names.");
  return claim;
}

Read read_claim(http::Request const& request) {
  auto header = http::find_header(request.headers, "authorization");
  bool const presigned =
      request.query.contains("X-Amz-Credential=") || request.query.contains("X-Amz-Signature=");
  if (header && presigned)
    return incomplete("A request is signed in its header or in its query, not in both.");
  if (presigned) return read_query(request);
  if (!header) return refused(AuthFault::missing, "Request is missing Authentication Token");
  if (!header->starts_with("AWS4-HMAC-SHA256 "))
    return incomplete("The Authorization header must begin with AWS4-HMAC-SHA256.");
  return read_header(*header, request);
}

/// Nothing if the date is good.
std::optional<AuthFailure> check_date(Claim const& claim, Time now) {
  auto signed_at = parse_amz_date(claim.amz_date);
  if (!signed_at)
    return AuthFailure{AuthFault::incomplete, "X-Amz-Date must be of the form yyyymmddThhmmssZ.",
                       claim.scope.service};
  if (claim.amz_date.substr(0, 8) != claim.scope.date)
    return AuthFailure{
        AuthFault::bad_signature,
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '" +
            claim.scope.date + "' != '" + claim.amz_date.substr(0, 8) + "'",
        claim.scope.service};
  auto const latest = claim.expires_seconds ? *signed_at + std::chrono::seconds(*claim.expires_seconds)
                                            : *signed_at + kMaxSkew;
  if (now > latest)
    return AuthFailure{AuthFault::expired,
                       "Signature expired: it was made at " + to_iso8601(*signed_at) + " and it is " +
                           to_iso8601(now) + " now",
                       claim.scope.service};
  if (*signed_at > now + kMaxSkew)
    return AuthFailure{AuthFault::expired,
                       "Signature not yet current: it was made at " + to_iso8601(*signed_at) + " and it is " +
                           to_iso8601(now) + " now",
                       claim.scope.service};
  return std::nullopt;
}

/// The headers that were signed, as they came; nothing if one is missing.
std::optional<http::Headers> signed_headers(Claim const& claim, http::Request const& request) {
  http::Headers out;
  std::set<std::string_view> missing(claim.signed_headers.begin(), claim.signed_headers.end());
  for (auto const& [key, value] : request.headers) {
    auto name = to_lower(key);
    if (!std::ranges::binary_search(claim.signed_headers, name)) continue;
    missing.erase(name);
    out.emplace_back(std::move(name), value);
  }
  if (!missing.empty()) return std::nullopt;
  return out;
}

/// The hash that the signature covers: the body's own, unless the caller said that it is not signed.
std::string payload_hash(http::Request const& request) {
  auto said = http::find_header(request.headers, "x-amz-content-sha256");
  if (said && *said == kUnsigned) return std::string(kUnsigned);
  return digest::sha256(request.body).hex();
}

}  // namespace

Result<std::expected<Signer, AuthFailure>> authenticate(http::Request const& request, Time now,
                                                        FindCredentials const& find) {
  using Answer = std::expected<Signer, AuthFailure>;
  auto claim = read_claim(request);
  if (!claim) return Answer(std::unexpected(std::move(claim).error()));
  auto const& service = claim->scope.service;
  if (auto failure = check_date(*claim, now)) return Answer(std::unexpected(*std::move(failure)));
  if (std::ranges::find(claim->signed_headers, "host") == claim->signed_headers.end())
    return Answer(
        refused(AuthFault::incomplete, "'Host' must be a 'SignedHeader' in the AWS Authorization.", service));
  auto known = TRY(find({claim->access_key_id, claim->scope.region, claim->session_token}));
  auto headers = signed_headers(*claim, request);
  auto hash = payload_hash(request);
  // An unknown key costs the same arithmetic as a known one.
  auto secret = known ? known->credentials.secret_access_key : std::string("none");
  auto canonical = crypto::canonical_request(
      {request.method, request.path, claim->query, headers.value_or(http::Headers{}), hash});
  auto expected = crypto::signature(secret, claim->scope, claim->amz_date, canonical);
  bool const matches =
      headers && crypto::equal_in_constant_time(as_bytes(expected), as_bytes(claim->signature));
  if (!known || !known->credentials.enabled)
    return Answer(
        refused(AuthFault::unknown_key, "The security token included in the request is invalid.", service));
  auto said = http::find_header(request.headers, "x-amz-content-sha256");
  if (!matches || (said && *said != hash))
    return Answer(refused(AuthFault::bad_signature,
                          "The request signature we calculated does not match the signature you provided. "
                          "Check your AWS Secret "
                          "Access Key and signing method. Consult the service documentation for details.",
                          service));
  if (known->expired)
    return Answer(
        refused(AuthFault::expired_token, "The security token included in the request is expired", service));
  return Answer(Signer{std::move(known->credentials.caller), claim->scope.region, service, hash != kUnsigned,
                       claim->signed_headers, std::move(known->session)});
}

Error to_error(AuthFailure const& failure, std::string_view service) {
  struct Row {
    AuthFault fault;
    std::string_view ec2, sts, json;
  };
  static constexpr std::array<Row, 6> kCodes{{
      {AuthFault::missing, "MissingAuthenticationToken", "MissingAuthenticationToken",
       "MissingAuthenticationTokenException"},
      {AuthFault::incomplete, "IncompleteSignature", "IncompleteSignature", "IncompleteSignatureException"},
      {AuthFault::unknown_key, "AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException"},
      {AuthFault::bad_signature, "AuthFailure", "SignatureDoesNotMatch", "InvalidSignatureException"},
      {AuthFault::expired, "RequestExpired", "SignatureDoesNotMatch", "InvalidSignatureException"},
      {AuthFault::expired_token, "RequestExpired", "ExpiredToken", "ExpiredTokenException"},
  }};
  auto const& row = *std::ranges::find(kCodes, failure.fault, &Row::fault);
  auto code = service == "ec2" ? row.ec2 : service == "sts" ? row.sts : row.json;
  // EC2 says no more about credentials than that they are not good.
  auto message = code == "AuthFailure" ? "AWS was not able to validate the provided access credentials"
                                       : failure.message;
  return {Fault::denied, std::string(code), message};
}

std::string claimed_access_key(http::Request const& request) {
  auto const claim = read_claim(request);
  return claim ? claim->access_key_id.substr(0, kMaxAccessKeyIdBytes) : std::string();
}

}  // namespace argosy::api
