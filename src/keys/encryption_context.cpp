// keys/encryption_context.cpp - see encryption_context.h.
#include "keys/encryption_context.h"

#include "keys/errors.h"

namespace argosy::keys {
namespace {

void put_text(Bytes& out, std::string_view text) {
  put_le(out, static_cast<std::uint32_t>(text.size()));
  auto const bytes = as_bytes(text);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

std::unexpected<Error> not_canonical() { return fail(Fault::corrupt, "not an encryption context"); }

Result<std::uint32_t> take_number(ByteView& bytes) {
  if (bytes.size() < sizeof(std::uint32_t)) return not_canonical();
  auto const number = get_le<std::uint32_t>(bytes.data());
  bytes = bytes.subspan(sizeof(std::uint32_t));
  return number;
}

Result<std::string> take_text(ByteView& bytes) {
  auto const length = TRY(take_number(bytes));
  if (bytes.size() < length) return not_canonical();
  std::string out(as_text(bytes.first(length)));
  bytes = bytes.subspan(length);
  return out;
}

}  // namespace

Result<void> check_context(EncryptionContext const& context) {
  std::size_t total_bytes = 0;
  for (auto const& [name, value] : context) {
    if (name.empty()) return invalid_value("An encryption context has no empty names");
    total_bytes += name.size() + value.size();
  }
  if (total_bytes > kMaxContextBytes)
    return invalid_value("An encryption context has at most 8192 bytes in its names and values");
  return {};
}

Bytes to_canonical(EncryptionContext const& context) {
  Bytes out;
  put_le(out, static_cast<std::uint32_t>(context.size()));
  for (auto const& [name, value] : context) {
    put_text(out, name);
    put_text(out, value);
  }
  return out;
}

Result<EncryptionContext> from_canonical(ByteView bytes) {
  auto const whole = bytes;
  auto const pairs = TRY(take_number(bytes));
  EncryptionContext out;
  for (std::uint32_t i = 0; i < pairs; ++i) {
    auto name = TRY(take_text(bytes));
    auto value = TRY(take_text(bytes));
    out.emplace(std::move(name), std::move(value));
  }
  if (auto const again = to_canonical(out); as_text(again) != as_text(whole)) return not_canonical();
  return out;
}

}  // namespace argosy::keys
