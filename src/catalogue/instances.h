// catalogue/instances.h - instances, and what the launcher asks of them.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "catalogue/schema.h"
#include "instances/instance.h"

namespace argosy::catalogue {

/// What an instance takes of the host: of its type.
struct MachineSize {
  std::int64_t vcpus = 0;
  std::int64_t memory_mib = 0;
};

/// Nothing: there is none.
Result<std::optional<instances::Instance>> find_instance(Transaction& tx, std::string_view id);
/// The account's own, else InvalidInstanceID.NotFound. Fails with InvalidInstanceID.Malformed.
Result<instances::Instance> find_owned_instance(Transaction& tx, std::string_view account,
                                                std::string const& id);
/// Fails with the code "unique" if the address is taken.
Result<void> insert_instance(Transaction& tx, instances::Instance const& instance, MachineSize const& size);
/// What may change: states and their reasons, launch time, protection, user data, metadata options.
Result<void> save_instance(Transaction& tx, instances::Instance const& instance);

/// Instances that are neither stopped nor terminated, in order of id.
Result<std::vector<std::string>> list_busy_instances(Transaction& tx);
/// Forgets, with their tags, those that terminated before then.
Result<void> remove_terminated_instances(Transaction& tx, Time before);

struct MachineTotals {
  std::int64_t instances = 0;   ///< that are not terminated
  std::int64_t vcpus = 0;       ///< of those that run or are about to
  std::int64_t memory_mib = 0;  ///< the same
};
/// Of one account, or of all if empty.
Result<MachineTotals> count_machines(Transaction& tx, std::string_view account);

}  // namespace argosy::catalogue
