// tests/fuzz/authenticate.cpp - SigV4 in headers and in presigned URLs: what is signed is let in, and nothing
// else is.
#include "api/authenticate.h"

#include <algorithm>

#include "crypto/sigv4.h"
#include "fuzz/request_text.h"
#include "remote/sign.h"

namespace argosy::fuzz {
namespace {

Time const kNow = *parse_iso8601("2026-05-09T14:22:31Z");
http::Endpoint const kEndpoint{false, "127.0.0.1", 8080, {}};
remote::Credentials const kSigner{"AKIASIGNER", "the secret of the signer", {}};

/// Knows every access key; `secret` is that of all of them.
bool lets_in(http::Request const& request, std::string const& secret) {
  auto answer = api::authenticate(request, kNow, [&](api::CredentialsClaim const& claim) {
    access::Caller caller{"111111111111", claim.access_key_id, {}, {}};
    return Result<std::optional<api::KnownCredentials>>(api::KnownCredentials{{caller, secret, true}});
  });
  ARGOSY_ASSERT(answer);
  if (*answer) {
    ARGOSY_ASSERT(api::claimed_access_key(request) == (*answer)->caller.access_key_id);
    return true;
  }
  auto const& failure = answer->error();
  ARGOSY_ASSERT(!failure.message.empty());
  for (auto const* service : {"ec2", "sts", "ebs"})
    ARGOSY_ASSERT(!api::to_error(failure, service).code.empty());
  return false;
}

bool is_of_protocol(std::string_view name) {
  auto same = [&](std::string_view other) {
    http::Headers const headers{{std::string(name), {}}};
    return http::find_header(headers, other).has_value();
  };
  return same("authorization") || same("host") || same("x-amz-date") || same("x-amz-content-sha256");
}

bool is_of_protocol_in_query(http::Request const& request) {
  return crypto::percent_decode(request.query).contains("X-Amz-") ||
         request.query.contains("X-Amz-Credential=") || request.query.contains("X-Amz-Signature=");
}

/// Changes something that the signature covers.
void tamper(http::Request& request, std::uint8_t how) {
  auto& authorization =
      std::ranges::find(request.headers, "Authorization", &std::pair<std::string, std::string>::first)
          ->second;
  switch (how % 7) {
    case 0:
      request.method += "X";
      break;
    case 1:
      request.path += "x";
      break;
    case 2:
      request.query += "&x";
      break;
    case 3:
      request.body.push_back(std::byte{0});
      break;
    case 4:
      request.headers.front().second += "x";
      break;
    case 5:
      authorization.back() = authorization.back() == '0' ? '1' : '0';
      break;
    default:
      authorization.replace(authorization.find("/ec2/"), 5, "/ebs/");
  }
}

void sign_and_tamper(http::Request request, std::uint8_t how) {
  if (is_of_protocol_in_query(request) || request.headers.size() > 90) return;
  std::erase_if(request.headers, [](auto const& header) { return is_of_protocol(header.first); });
  remote::sign(request, kEndpoint, kSigner, {"us-east-1", "ec2"}, remote::Payload::hashed, kNow);
  ARGOSY_ASSERT(lets_in(request, kSigner.secret_access_key));
  ARGOSY_ASSERT(!lets_in(request, "another secret"));
  tamper(request, how);
  ARGOSY_ASSERT(!lets_in(request, kSigner.secret_access_key));
}

void presign_and_tamper(http::Request const& request, std::uint8_t how) {
  if (is_of_protocol_in_query(request)) return;
  auto url = remote::presign(kEndpoint, request.query, kSigner, {"us-east-1", "ec2"}, 60, kNow);
  http::Request sent;
  sent.method = "GET";
  sent.path = "/";
  sent.query = url.substr(url.find('?') + 1);
  sent.headers = {{"Host", kEndpoint.authority()}};
  ARGOSY_ASSERT(lets_in(sent, kSigner.secret_access_key));
  ARGOSY_ASSERT(!lets_in(sent, "another secret"));
  if (how % 2 == 0) {
    sent.query.replace(sent.query.find("X-Amz-Expires=60"), 16, "X-Amz-Expires=61");
  } else {
    sent.query.insert(0, "x&");
  }
  ARGOSY_ASSERT(!lets_in(sent, kSigner.secret_access_key));
}

}  // namespace

void try_input(ByteView bytes) {
  Input input(bytes);
  auto const how = input.byte();
  auto const request = read_request(input);
  ARGOSY_ASSERT(!lets_in(request, "a secret that no input was signed with"));
  sign_and_tamper(request, how);
  presign_and_tamper(request, how);
}

}  // namespace argosy::fuzz
