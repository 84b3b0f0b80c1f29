// metadata/token.cpp - see token.h. A token is base64 of: when it ends in milliseconds (8 bytes, least
// significant first), and an HMAC of that and the instance (16 bytes).
#include "metadata/token.h"

namespace argosy::metadata {
namespace {

constexpr std::size_t kTimeBytes = 8;
constexpr std::size_t kMacBytes = 16;

Bytes authenticate(crypto::Key const& key, std::string_view instance_id, ByteView until) {
  auto message = to_bytes(as_bytes("instance metadata\n" + std::string(instance_id) + "\n"));
  message.insert(message.end(), until.begin(), until.end());
  auto const mac = crypto::hmac_sha256(key.bytes(), message);
  return to_bytes(ByteView(mac.bytes).first(kMacBytes));
}

}  // namespace

std::string make_token(crypto::Key const& key, std::string_view instance_id, Time until) {
  Bytes bytes;
  put_le(bytes, to_milliseconds(until));
  auto const mac = authenticate(key, instance_id, bytes);
  bytes.insert(bytes.end(), mac.begin(), mac.end());
  return to_base64(bytes);
}

bool is_valid_token(crypto::Key const& key, std::string_view instance_id, std::string_view token, Time now) {
  auto const bytes = from_base64(token);
  if (!bytes || bytes->size() != kTimeBytes + kMacBytes) return false;
  auto const until = ByteView(*bytes).first(kTimeBytes);
  return crypto::equal_in_constant_time(authenticate(key, instance_id, until),
                                        ByteView(*bytes).subspan(kTimeBytes)) &&
         now < from_milliseconds(get_le<std::int64_t>(until.data()));
}

}  // namespace argosy::metadata
