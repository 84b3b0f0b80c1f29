// catalogue/ended_leases.h - leases at sources that nothing here needs any more: they are given back there.
#pragma once
#include <string>
#include <vector>

#include "catalogue/schema.h"

namespace argosy::catalogue {

/// In the transaction that ends what needed it, so that none is forgotten.
Result<void> insert_ended_lease(Transaction& tx, std::string_view source_region, std::string_view lease);
/// The sources that are to be told of some.
Result<std::vector<std::string>> list_sources_of_ended_leases(Transaction& tx);
Result<std::vector<std::string>> list_ended_leases(Transaction& tx, std::string_view source_region,
                                                   std::size_t limit);
Result<void> remove_ended_lease(Transaction& tx, std::string_view source_region, std::string_view lease);
/// All of that source.
Result<void> remove_ended_leases(Transaction& tx, std::string_view source_region);

}  // namespace argosy::catalogue
