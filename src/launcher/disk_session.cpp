// launcher/disk_session.cpp - see disk_session.h.
#include "launcher/disk_session.h"

#include <boost/json.hpp>

#include "ebs/volume_session.h"

namespace argosy::launcher {
namespace {

constexpr std::int64_t kGibBytes = std::int64_t{1} << 30U;

DiskSession to_session(SessionIssuer const& issuer, instances::Volume const& volume,
                       ebs::SessionCredentials const& credentials) {
  boost::json::object const text{{"endpoint", issuer.endpoint},
                                 {"region", issuer.region},
                                 {"snapshot_id", volume.base.snapshot_id},
                                 {"volume_size_bytes", volume.size_gib * kGibBytes},
                                 {"access_key_id", credentials.access_key_id},
                                 {"secret_access_key", credentials.secret_access_key},
                                 {"session_token", credentials.session_token},
                                 {"expires", to_iso8601(credentials.expires)}};
  return {boost::json::serialize(text), credentials.access_key_id + " " + credentials.session_token,
          credentials.expires};
}

}  // namespace

DiskSession issue(SessionIssuer const& issuer, instances::Volume const& volume, OpenedVolume const& opened,
                  Time now, Duration age, Entropy& entropy) {
  if (volume.base.root.empty()) return {{}, {}, Time::max()};
  ebs::VolumeSession const session{volume.account,          issuer.region,        volume.id,
                                   volume.base.snapshot_id, volume.base.account,  opened.root,
                                   volume.base.encrypted,   volume.base.size_gib, now + age};
  return to_session(issuer, volume, ebs::issue_session(issuer.token_key, session, entropy));
}

Result<DiskSession> renew(SessionIssuer const& issuer, instances::Volume const& volume, Time now,
                          Entropy& entropy) {
  if (volume.base.root.empty()) return DiskSession{{}, {}, Time::max()};
  auto const space = volume.session.find(' ');
  if (space == std::string::npos) return fail(Fault::denied, volume.id + " has no session");
  auto const credentials =
      TRY(ebs::renew_session(issuer.token_key, std::string_view(volume.session).substr(0, space),
                             std::string_view(volume.session).substr(space + 1), now, entropy));
  return to_session(issuer, volume, credentials);
}

}  // namespace argosy::launcher
