// ec2/copy_task.h - what CopyImage and CopySnapshot share: the checks of where to, and the record of a task.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "access/caller.h"
#include "base/clock.h"
#include "base/entropy.h"
#include "catalogue/schema.h"
#include "crypto/master_keys.h"
#include "images/encryption.h"
#include "images/image.h"
#include "keystore/ebs_keys.h"
#include "messages/replication/replication.h"

namespace argosy::ec2 {

/// At most `most` bytes of printable ASCII. Fails with InvalidParameterValue.
Result<void> check_client_token(std::string const& token, std::size_t most);
/// Outposts and zones are not there: InvalidParameterCombination for more than one, UnsupportedOperation for
/// one.
Result<void> check_destination(std::optional<std::string> const& outpost,
                               std::optional<std::string> const& zone,
                               std::optional<std::string> const& zone_id);
struct CopyTask {
  access::Caller const& caller;
  std::string source_region;
  std::string source_resource;
  std::string image_id;  ///< empty for CopySnapshot
  std::optional<std::int64_t> completion_duration_minutes;
  std::optional<std::string>
      snapshot_description;  ///< else the one that EC2 gives the snapshots of a copied image
  std::vector<images::Tag> snapshot_tags;
  images::EncryptionWish encryption;
};
/// What a snapshot of the source becomes.
struct NewSnapshot {
  std::string id;
  bool encrypted = false;
};

/// Records a pending snapshot for each one that was opened, and the task; gives what each one of the source
/// becomes. Fails as choose_key does.
Result<std::map<std::string, NewSnapshot>> record_copy(catalogue::Transaction& tx, Time now, Entropy& entropy,
                                                       keystore::EbsKeys const& keys,
                                                       crypto::MasterKeys const& master_keys,
                                                       messages::replication::OpenResponse const& opened,
                                                       CopyTask const& task);

}  // namespace argosy::ec2
