// catalogue/schema.h - the tables of a region's catalogue and of a partition's directory of accounts.
#pragma once
#include "sql/session.h"

namespace argosy::catalogue {

/// What every function of this layer works in. The dispatcher commits it, and may run the whole operation
/// again.
using Transaction = sql::Transaction;

/// Creates or brings up to date. Fails with `corrupt` on a database that a later version has written.
Result<void> create_region_schema(sql::Session& session);
Result<void> create_directory_schema(sql::Session& session);

/// Fails unless a region's tables can be read now.
Result<void> check_readable(Transaction& tx);

}  // namespace argosy::catalogue
