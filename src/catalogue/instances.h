// catalogue/instances.h - instances, and what the launcher asks of them.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "catalogue/schema.h"
#include "instances/capacity.h"
#include "instances/instance.h"

namespace argosy::catalogue {

/// Nothing: there is none.
Result<std::optional<instances::Instance>> find_instance(Transaction& tx, std::string_view id);
/// The account's own, else InvalidInstanceID.NotFound. Fails with InvalidInstanceID.Malformed.
Result<instances::Instance> find_owned_instance(Transaction& tx, std::string_view account,
                                                std::string const& id);
/// Fails with the code "unique" if the address is taken.
Result<void> insert_instance(Transaction& tx, instances::Instance const& instance,
                             instances::Capacity const& size);
/// What may change: states and their reasons, launch time, protection, user data, metadata options.
Result<void> save_instance(Transaction& tx, instances::Instance const& instance);

/// What one call of RunInstances started, in order.
Result<std::vector<instances::Instance>> list_reservation(Transaction& tx, std::string_view account,
                                                          std::string_view reservation);
/// Instances that are neither stopped nor terminated, in order of id.
Result<std::vector<std::string>> list_busy_instances(Transaction& tx);
/// Those that terminated before then.
Result<std::vector<std::string>> list_terminated_instances(Transaction& tx, Time before, std::size_t limit);
/// With its tags.
Result<void> remove_instance(Transaction& tx, std::string_view id);

/// What an account's machines take; of those that are stopped only that they are there.
Result<instances::Capacity> count_machines(Transaction& tx, std::string_view account);
/// What everybody's machines take of the host, those that are stopped nothing.
Result<instances::Capacity> count_load(Transaction& tx);

}  // namespace argosy::catalogue
