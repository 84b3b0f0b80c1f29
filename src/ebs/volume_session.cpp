// ebs/volume_session.cpp - see volume_session.h. A token is base64 of: nonce (12 bytes), and sealed with the
// access key id as associated data: version (1 byte), the texts and the root in the struct's order, each
// behind its length (2 bytes), encrypted (1), snapshot_size_gib (8), expires in ms (8), tag (16). Numbers are
// little-endian.
#include "ebs/volume_session.h"

#include <array>

namespace argosy::ebs {
namespace {

constexpr std::string_view kSealingKey = "argosy volume session: token";
constexpr std::string_view kSecret = "argosy volume session: secret access key";
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kSuffixCharacters = 16;
constexpr std::size_t kSecretBytes = 30;  ///< 40 characters of base64, as every secret access key has
/// Longer than any token that is made; nothing beyond is decoded.
constexpr std::size_t kMaxTokenCharacters = 4'096;

crypto::Key sealing_key(crypto::Key const& token_key) {
  return crypto::hkdf_sha256(token_key.bytes(), {}, as_bytes(kSealingKey));
}

std::string make_access_key_id(Entropy& entropy) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::array<std::byte, kSuffixCharacters> random{};
  entropy.fill(random);
  std::string id(kSessionKeyPrefix);
  for (auto const byte : random) id += kAlphabet[std::to_integer<std::size_t>(byte) % kAlphabet.size()];
  return id;
}

void put(Bytes& out, ByteView field) {
  put_le(out, static_cast<std::uint16_t>(field.size()));
  out.insert(out.end(), field.begin(), field.end());
}

Bytes encode(VolumeSession const& session) {
  Bytes out;
  put_le(out, kVersion);
  for (auto const* text :
       {&session.account, &session.region, &session.volume_id, &session.snapshot_id, &session.domain_account})
    put(out, as_bytes(*text));
  put(out, session.root);
  put_le(out, static_cast<std::uint8_t>(session.encrypted));
  put_le(out, session.snapshot_size_gib);
  put_le(out, to_milliseconds(session.expires));
  return out;
}

/// Takes fields from the front; what is not there reads as 0 or empty, and makes the whole bad.
class Fields {
 public:
  explicit Fields(ByteView bytes) : rest_(bytes) {}

  template <class Integer>
  Integer integer() {
    auto const bytes = take(sizeof(Integer));
    return bytes.empty() ? Integer{} : get_le<Integer>(bytes.data());
  }
  ByteView bytes() { return take(integer<std::uint16_t>()); }
  std::string text() { return std::string(as_text(bytes())); }
  /// Whether everything was there, and nothing is left.
  bool are_whole() const { return !missing_ && rest_.empty(); }

 private:
  ByteView take(std::size_t count) {
    missing_ = missing_ || count > rest_.size();
    if (missing_) return {};
    auto const taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

  ByteView rest_;
  bool missing_ = false;
};

std::unexpected<Error> not_made_here() { return fail(Fault::denied, "the session token is not valid"); }

Result<VolumeSession> decode(ByteView bytes) {
  Fields fields(bytes);
  if (fields.integer<std::uint8_t>() != kVersion) return not_made_here();
  VolumeSession session;
  for (auto* text :
       {&session.account, &session.region, &session.volume_id, &session.snapshot_id, &session.domain_account})
    *text = fields.text();
  session.root = to_bytes(fields.bytes());
  session.encrypted = fields.integer<std::uint8_t>() != 0;
  session.snapshot_size_gib = fields.integer<std::int64_t>();
  session.expires = from_milliseconds(fields.integer<std::int64_t>());
  if (!fields.are_whole()) return not_made_here();
  return session;
}

}  // namespace

std::string session_secret(crypto::Key const& token_key, std::string_view access_key_id) {
  auto const secret = crypto::hkdf_sha256(token_key.bytes(), as_bytes(access_key_id), as_bytes(kSecret));
  return to_base64(secret.bytes().first(kSecretBytes));
}

SessionCredentials issue_session(crypto::Key const& token_key, VolumeSession const& session,
                                 Entropy& entropy) {
  auto id = make_access_key_id(entropy);
  auto const sealed = crypto::wrap(sealing_key(token_key), as_bytes(id), encode(session), entropy);
  auto secret = session_secret(token_key, id);
  return {std::move(id), std::move(secret), to_base64(sealed), session.expires};
}

Result<VolumeSession> open_session(crypto::Key const& token_key, std::string_view access_key_id,
                                   std::string_view session_token) {
  if (session_token.size() > kMaxTokenCharacters) return not_made_here();
  auto const sealed = from_base64(session_token);
  if (!sealed) return not_made_here();
  auto const opened = crypto::unwrap(sealing_key(token_key), as_bytes(access_key_id), *sealed);
  if (!opened) return not_made_here();
  return decode(*opened);
}

Result<SessionCredentials> renew_session(crypto::Key const& token_key, std::string_view access_key_id,
                                         std::string_view session_token, Time now, Entropy& entropy) {
  auto session = TRY(open_session(token_key, access_key_id, session_token));
  if (session.expires + kVolumeSessionGrace < now)
    return fail(Fault::denied, "the session expired at " + to_iso8601(session.expires));
  session.expires = now + kVolumeSessionAge;
  return issue_session(token_key, session, entropy);
}

}  // namespace argosy::ebs
