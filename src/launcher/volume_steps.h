// launcher/volume_steps.h - what is done for volumes that no running machine has: steps of the launcher.
#pragma once
#include "catalogue/schema.h"
#include "instances/instance.h"
#include "keystore/ebs_keys.h"
#include "machines/driver.h"
#include "sql/session.h"

namespace argosy::launcher {

/// Volumes of CreateVolume become `available`, or `error` where their key cannot be used. Those of an
/// instance are made ready by its launch.
Result<void> ready_unattached_volumes(sql::Pool& catalogue, keystore::EbsKeys const& keys, Entropy& entropy);
/// Volumes that were deleted, and what the host keeps for them: some hundred, and those of which a snapshot
/// is being read hold up no others. False if something stays for now.
Result<bool> remove_volumes(sql::Pool& catalogue, machines::Driver& driver);
/// The volumes of an instance that ends: they go with it or stay by themselves. Those that were never made
/// ready have nothing that could stay.
Result<void> release_volumes(catalogue::Transaction& tx, instances::Instance const& instance);

}  // namespace argosy::launcher
