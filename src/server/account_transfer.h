// server/account_transfer.h - accounts and access keys on their way to another process: signed by this one,
// sealed for that one. Format: docs/formats/account-export.md.
#pragma once
#include <boost/json/array.hpp>
#include <string>

#include "base/clock.h"
#include "base/entropy.h"
#include "catalogue/schema.h"
#include "crypto/master_keys.h"
#include "server/config.h"

namespace argosy::server {

/// An older export is refused: what was disabled since may not be known here.
inline constexpr Duration kMaxExportAge = std::chrono::days(7);

/// The accounts that the peer may speak for, with their access keys, sealed for `certificate` (PEM), which
/// must be the peer's. Fails with `not_found`, and with `denied` if the peer does not receive keys.
Result<std::string> export_accounts(catalogue::Transaction& tx, crypto::MasterKeys const& master_keys,
                                    Config const& config, std::string const& peer,
                                    std::string const& certificate, Time now);

struct Imported {
  boost::json::array rows;  ///< what became of each account and access key
  std::size_t refused =
      0;  ///< new accounts whose names could not be given here; nothing is said of their keys
};

/// Takes over all of an export but for accounts that are refused or, on any failure, nothing (the caller
/// commits). It can be repeated, and it disables but never enables. Fails with `denied` if no peer of ours
/// made it, not for us, too long ago, or for an account that the peer may not speak for, with `conflict` if
/// an id, a name or a secret means something else here.
Result<Imported> import_accounts(catalogue::Transaction& tx, crypto::MasterKeys const& master_keys,
                                 Config const& config, std::string const& sealed, Time now, Entropy& entropy);

}  // namespace argosy::server
