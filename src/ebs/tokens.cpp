// ebs/tokens.cpp - see tokens.h. A token is base64 of: expiry in ms (8 bytes), a number (8, page tokens
// only), HMAC (16).
#include "ebs/tokens.h"

#include "ebs/errors.h"

namespace argosy::ebs {
namespace {

constexpr std::size_t kMacBytes = 16;

std::string seal(crypto::Key const& key, std::string_view purpose, Bytes head) {
  Bytes message = to_bytes(as_bytes(purpose));
  message.insert(message.end(), head.begin(), head.end());
  auto mac = crypto::hmac_sha256(key.bytes(), message);
  head.insert(head.end(), mac.bytes.begin(), mac.bytes.begin() + kMacBytes);
  return to_base64(head);
}

/// The time in front of a token, 0 if it is none.
std::int64_t expiry_of(std::string const& token) {
  auto bytes = from_base64(token);
  return bytes && bytes->size() >= 8 + kMacBytes ? get_le<std::int64_t>(bytes->data()) : 0;
}

std::string block_purpose(std::string_view snapshot, std::uint64_t block) {
  return "block\n" + std::string(snapshot) + "\n" + std::to_string(block) + "\n";
}
std::string page_purpose(std::string_view bound_to) { return "blocks\n" + std::string(bound_to) + "\n"; }

}  // namespace

std::string make_block_token(crypto::Key const& key, std::string_view snapshot, std::uint64_t block,
                             Time expires) {
  Bytes head;
  put_le(head, static_cast<std::uint64_t>(to_milliseconds(expires)));
  return seal(key, block_purpose(snapshot, block), std::move(head));
}

Result<void> check_block_token(crypto::Key const& key, std::string_view snapshot, std::uint64_t block,
                               Time now, std::string const& token) {
  auto expires = from_milliseconds(expiry_of(token));
  if (!crypto::equal_in_constant_time(as_bytes(make_block_token(key, snapshot, block, expires)),
                                      as_bytes(token)))
    return invalid("INVALID_BLOCK_TOKEN", "The block token does not belong to this block of this snapshot");
  if (expires < now)
    return invalid("INVALID_BLOCK_TOKEN", "The block token has expired: list the blocks again");
  return {};
}

std::string make_page_token(crypto::Key const& key, std::string_view bound_to, std::uint64_t next_block,
                            Time expires) {
  Bytes head;
  put_le(head, static_cast<std::uint64_t>(to_milliseconds(expires)));
  put_le(head, next_block);
  return seal(key, page_purpose(bound_to), std::move(head));
}

Result<std::uint64_t> open_page_token(crypto::Key const& key, std::string_view bound_to, Time now,
                                      std::string const& token) {
  auto bytes = from_base64(token);
  bool const whole = bytes && bytes->size() == 16 + kMacBytes;
  auto next_block = whole ? get_le<std::uint64_t>(bytes->data() + 8) : 0;
  auto expires = from_milliseconds(expiry_of(token));
  if (!whole || !crypto::equal_in_constant_time(as_bytes(make_page_token(key, bound_to, next_block, expires)),
                                                as_bytes(token)))
    return invalid("INVALID_PAGE_TOKEN", "The page token does not belong to this request");
  if (expires < now)
    return invalid("INVALID_PAGE_TOKEN", "The page token has expired: list from the beginning");
  return next_block;
}

}  // namespace argosy::ebs
