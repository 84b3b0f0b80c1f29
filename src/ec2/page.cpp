// ec2/page.cpp - see page.h. A token is base64 of: HMAC (16 bytes), creation text, a line feed, id.
#include "ec2/page.h"

#include "images/errors.h"

namespace argosy::ec2::page {
namespace {

constexpr std::size_t kMacBytes = 16;

Bytes authenticate(crypto::Key const& key, std::string_view bound_to, std::string_view position) {
  auto mac = crypto::hmac_sha256(key.bytes(),
                                 as_bytes("page\n" + std::string(bound_to) + "\n" + std::string(position)));
  return to_bytes(ByteView(mac.bytes).first(kMacBytes));
}

}  // namespace

Result<std::size_t> check_limit(std::optional<std::int32_t> max_results, std::int32_t least,
                                std::int32_t most) {
  if (!max_results) return static_cast<std::size_t>(most);
  if (*max_results < least || *max_results > most)
    return images::invalid_parameter_value("Value (" + std::to_string(*max_results) +
                                           ") for parameter maxResults is invalid. Expecting a value from " +
                                           std::to_string(least) + " to " + std::to_string(most) + ".");
  return static_cast<std::size_t>(*max_results);
}

Result<catalogue::Position> open_token(crypto::Key const& key, std::string_view bound_to,
                                       std::string const& token) {
  auto refused = [] {
    return fail(Fault::invalid, "InvalidNextToken", "The NextToken does not belong to this request");
  };
  auto bytes = from_base64(token);
  if (!bytes || bytes->size() < kMacBytes) return refused();
  auto position = as_text(ByteView(*bytes).subspan(kMacBytes));
  auto mac = authenticate(key, bound_to, position);
  auto split = position.find('\n');
  if (!crypto::equal_in_constant_time(mac, ByteView(*bytes).first(kMacBytes)) ||
      split == std::string_view::npos)
    return refused();
  return catalogue::Position{std::string(position.substr(0, split)), std::string(position.substr(split + 1))};
}

std::string make_token(crypto::Key const& key, std::string_view bound_to, catalogue::Position const& after) {
  auto position = after.created + "\n" + after.id;
  auto bytes = authenticate(key, bound_to, position);
  auto text = as_bytes(position);
  bytes.insert(bytes.end(), text.begin(), text.end());
  return to_base64(bytes);
}

}  // namespace argosy::ec2::page
