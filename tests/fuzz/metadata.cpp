// tests/fuzz/metadata.cpp - what a machine asks its metadata service, whatever it sends.
#include <algorithm>
#include <array>

#include "fuzz/fuzz.h"
#include "fuzz/request_text.h"
#include "metadata/respond.h"
#include "metadata/token.h"

namespace argosy::fuzz {
namespace {

Time const kNow = *parse_iso8601("2026-05-09T14:22:31Z");
constexpr std::string_view kUserData = "what the machine alone may read";

metadata::Facts facts_of(std::uint8_t how) {
  metadata::Facts facts;
  facts.instance_id = "i-0123456789abcdef0";
  facts.mac = "02:11:22:33:44:55";
  facts.key_name = "key";
  facts.public_key = "ssh-ed25519 AAAA";
  facts.user_data = to_bytes(as_bytes(kUserData));
  facts.tags.emplace()["Name"] = "web";
  facts.tokens_required = (how & 1U) != 0;
  facts.enabled = (how & 2U) == 0;
  return facts;
}

}  // namespace

/// The first byte says what is allowed; the rest is a request.
void try_input(ByteView bytes) {
  static auto const entropy = seeded_entropy(1);
  static auto const key = crypto::Key::random(*entropy);
  Input input(bytes);
  auto const facts = facts_of(input.byte());
  auto const request = read_request(input);
  auto const response = metadata::respond(facts, key, kNow, request);
  auto const body = as_text(response.body);
  constexpr std::array kStatuses{200, 400, 401, 403, 404, 405};
  ARGOSY_ASSERT(std::ranges::find(kStatuses, response.status) != kStatuses.end());
  ARGOSY_ASSERT(facts.enabled || response.status == 403);
  if (response.status != 200) {
    ARGOSY_ASSERT(body.find(kUserData) == body.npos);
    return;
  }
  if (request.method == "PUT") {
    ARGOSY_ASSERT(metadata::is_valid_token(key, facts.instance_id, body, kNow));
    ARGOSY_ASSERT(!metadata::is_valid_token(key, "i-another", body, kNow));
    return;
  }
  // No key was ever told, so nobody has a token.
  ARGOSY_ASSERT(!facts.tokens_required && !http::find_header(request.headers, "X-aws-ec2-metadata-token"));
}

}  // namespace argosy::fuzz
