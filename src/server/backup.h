// server/backup.h - a copy of a running server's data that another argosyd can be started on.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "keystore/key_changes.h"
#include "server/key_rotation.h"
#include "server/operator.h"
#include "server/region.h"
#include "sql/session.h"

namespace argosy::server {

/// What the route works on; outlives the door.
struct BackupSources {
  std::string data_directory;
  sql::Pool& directory;
  KeyRotation& keys;
  keystore::KeyChanges& key_changes;
  std::vector<std::unique_ptr<Region>> const& regions;
};

/// POST /backup?to=FOLDER[&region=NAME]: streams lines as the routes of upkeep.h do. FOLDER, on the server's
/// machine, becomes a data directory: the wrapped master keys, the accounts, the catalogues of all regions,
/// none of which knows of a change of keys that another one does not, and then of each region the index and
/// the packs, while collection rests; so whatever the catalogue names is in the packs. What the disk cannot
/// read any more, what is known to be damaged and what a sealed pack has lost of its end is taken from the
/// earlier backup in FOLDER. Packs that an earlier backup brought there are not copied again. A region's
/// databases are replaced when its packs are there: until then the earlier backup stays whole. No keys are
/// rotated meanwhile; a folder with a backup under another master key is refused with `conflict`.
/// ReplicateKey and UpdatePrimaryRegion are refused until the catalogues are saved.
void add_backup_route(OperatorDoor& door, BackupSources const& sources);

}  // namespace argosy::server
