// tests/fuzz/kms.cpp - KMS calls of a key's owner and of a stranger: headers, JSON, names, policies, blobs.
#include "fuzz/world.h"
#include "keys/identifier.h"

namespace argosy::fuzz {
namespace {

/// The owner has a key with an alias in us-east-1.
struct Kms {
  World world;
  std::string key = text_of("CreateKey", "{}", "KeyMetadata", "KeyId");
  std::string blob = encrypted();

  std::string encrypted() {
    auto const aliased = call("CreateAlias", R"({"AliasName": "alias/k", "TargetKeyId": ")" + key + "\"}");
    ARGOSY_ASSERT(aliased.status == 200);
    auto const answer = call("Encrypt", R"({"KeyId": ")" + key + R"(", "Plaintext": "QUJD"})");
    return std::string(boost::json::parse(as_text(answer.body)).at("CiphertextBlob").as_string());
  }
  std::string text_of(std::string const& operation, std::string const& body, char const* outer,
                      char const* inner) {
    auto const answer = call(operation, body);
    return std::string(boost::json::parse(as_text(answer.body)).at(outer).at(inner).as_string());
  }
  http::Response call(std::string const& operation, std::string const& body) {
    return world.call("POST /\nX-Amz-Target: TrentService." + operation + "\n\n" + body, "kms");
  }
};

void replace_all(std::string& text, std::string_view what, std::string const& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
}

}  // namespace

/// The first byte of each call says who makes it; the rest is the request (request_text.h), in which $K is
/// the owner's key, $A its ARN, $B something that it encrypted.
void try_input(ByteView bytes) {
  static std::unique_ptr<Kms> kms;
  if (!kms) kms = std::make_unique<Kms>();
  bool changed = false;
  for (auto part : split_calls(as_text(bytes))) {
    Input input(as_bytes(part));
    bool const stranger = (input.byte() & 1U) != 0;
    std::string text(as_text(input.rest()));
    replace_all(text, "$K", kms->key);
    replace_all(text, "$A", keys::key_arn("us-east-1", tests::kOwner.account, kms->key));
    replace_all(text, "$B", kms->blob);
    auto const response = kms->world.call(text, "kms", stranger);
    auto const body = body_of(response);
    ARGOSY_ASSERT(response.status == 200 || response.status == 400);
    ARGOSY_ASSERT(body.empty() || wire::parse_json(body, wire::kListLimits));
    // While the owner has changed nothing, a stranger is never told the plaintext.
    if (stranger && !changed) ARGOSY_ASSERT(!body.contains("QUJD"));
    changed = changed || response.status == 200;
  }
  if (changed) kms.reset();
}

}  // namespace argosy::fuzz
