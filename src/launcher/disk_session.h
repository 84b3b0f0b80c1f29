// launcher/disk_session.h - what the disk server of a volume is given to read its base with.
#pragma once
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/entropy.h"
#include "crypto/crypto.h"
#include "instances/volume.h"
#include "launcher/volume_keys.h"

namespace argosy::launcher {

/// Who issues sessions, and where the disk servers find it.
struct SessionIssuer {
  std::string region;
  crypto::Key token_key;
  std::string endpoint;  ///< "unix:/var/lib/argosy/disks.sock"
};

struct DiskSession {
  std::string text;    ///< of the session file; empty: the base is a disk of zeros, and needs no disk server
  std::string sealed;  ///< what a new one can be made of: for the volume's row
  Time expires{};
};
DiskSession issue(SessionIssuer const& issuer, instances::Volume const& volume, OpenedVolume const& opened,
                  Time now, Duration age, Entropy& entropy);
/// The same session with more time, whatever became of the key since. Fails with `denied` if `volume.session`
/// is not this region's or too old.
Result<DiskSession> renew(SessionIssuer const& issuer, instances::Volume const& volume, Time now,
                          Entropy& entropy);

}  // namespace argosy::launcher
