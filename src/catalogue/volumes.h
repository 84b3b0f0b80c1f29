// catalogue/volumes.h - volumes: what machines write to, each over the content of a snapshot.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "catalogue/schema.h"
#include "instances/volume.h"

namespace argosy::catalogue {

/// Nothing: there is none.
Result<std::optional<instances::Volume>> find_volume(Transaction& tx, std::string_view id);
/// The account's own, else InvalidVolume.NotFound. Fails with InvalidParameterValue on what is no id.
Result<instances::Volume> find_owned_volume(Transaction& tx, std::string_view account, std::string const& id);
/// Whether a snapshot of one of its volumes is being read from the instance.
Result<bool> is_captured(Transaction& tx, std::string_view instance);
/// The same of one volume, whether it is attached or not.
Result<bool> is_volume_captured(Transaction& tx, std::string_view volume);
/// Whether that account has such a volume.
Result<bool> has_volume(Transaction& tx, std::string_view account, std::string_view volume);

Result<void> insert_volume(Transaction& tx, instances::Volume const& volume);
/// What may change: state, encryption, attachment.
Result<void> save_volume(Transaction& tx, instances::Volume const& volume);
/// With everybody's tags; its content may be garbage then, and what the host keeps for it is to be removed.
Result<void> remove_volume(Transaction& tx, std::string_view id);
/// The same when nothing reads it any more: until then it is `deleting`.
Result<void> remove_volume_later(Transaction& tx, instances::Volume volume);

/// Volumes that were removed, now or for later, of which the host may still have something; in order of id
/// behind `after`.
Result<std::vector<std::string>> list_removed_volumes(Transaction& tx, std::string_view after,
                                                      std::size_t limit);
Result<void> forget_removed_volume(Transaction& tx, std::string_view id);

/// The root device's first, then by device name.
Result<std::vector<instances::Volume>> list_attached_volumes(Transaction& tx, std::string_view instance,
                                                             std::string_view root_device_name);
/// Volumes that are being created and are no instance's, in order of id.
Result<std::vector<std::string>> list_creating_volumes(Transaction& tx, std::size_t limit);
Result<std::int64_t> count_volumes(Transaction& tx, std::string_view account);

}  // namespace argosy::catalogue
