// ebs/volume_session.h - short-lived credentials of whatever serves a volume's disk: they allow the
// blocks of that one volume and nothing else. Nothing of them is stored: the session token is the session
// itself, sealed.
#pragma once
#include <string>

#include "base/clock.h"
#include "crypto/crypto.h"

namespace argosy::ebs {

/// How long credentials are good for. Short, for they are believed as long as the volume is there.
inline constexpr Duration kVolumeSessionAge = std::chrono::hours(1);
/// The same while a snapshot of a volume is taken, which may be large and wait for others: nobody renews
/// these.
inline constexpr Duration kCaptureSessionAge = std::chrono::days(7);
/// What expired longer ago is not renewed.
inline constexpr Duration kVolumeSessionGrace = std::chrono::hours(24);

/// What was judged when the volume was made ready: its content opened, so that a key that is closed later
/// takes nothing from a running machine (ec2-semantics E4).
struct VolumeSession {
  std::string account;  ///< the volume's, 12 digits
  std::string region;
  std::string volume_id;
  std::string snapshot_id;
  std::string domain_account;  ///< in whose domain the content lies: the snapshot's owner
  Bytes root;  ///< what content::decode_root_secret reads if it is encrypted, else content::decode_reference
  bool encrypted = false;
  std::int64_t snapshot_size_gib = 0;
  Time expires{};

  bool operator==(VolumeSession const&) const = default;
};

struct SessionCredentials {
  std::string access_key_id;  ///< "ASIA" and 16 of A-Z and 2-7
  std::string secret_access_key;
  std::string session_token;
  Time expires{};
};

/// Access keys that begin so are of volume sessions.
inline constexpr std::string_view kSessionKeyPrefix = "ASIA";

/// `token_key`: the region's. Good until session.expires.
SessionCredentials issue_session(crypto::Key const& token_key, VolumeSession const& session,
                                 Entropy& entropy);
/// The session of a token that was issued with this access key, expired or not. Fails with `denied` and no
/// more words on whatever this region did not make.
Result<VolumeSession> open_session(crypto::Key const& token_key, std::string_view access_key_id,
                                   std::string_view session_token);
/// What the access key's requests are signed with; of one that was never issued, too.
std::string session_secret(crypto::Key const& token_key, std::string_view access_key_id);

/// The same session with kVolumeSessionAge before it, under new credentials. Fails with `denied` as
/// open_session, and on what expired more than kVolumeSessionGrace ago.
Result<SessionCredentials> renew_session(crypto::Key const& token_key, std::string_view access_key_id,
                                         std::string_view session_token, Time now, Entropy& entropy);

}  // namespace argosy::ebs
