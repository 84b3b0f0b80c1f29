// server/machine_facts.h - what the metadata service tells a machine of itself, out of the catalogue.
#pragma once
#include "metadata/facts.h"
#include "sql/session.h"

namespace argosy::server {

/// Nothing: there is no such instance, or it has ended.
Result<std::optional<metadata::Facts>> find_machine_facts(sql::Pool& catalogue, std::string const& region,
                                                          std::string const& instance_id);

}  // namespace argosy::server
