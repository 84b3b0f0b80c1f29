// catalogue/domains.h - the secret of each account's domain in this region, wrapped under the master keys.
#pragma once
#include "base/entropy.h"
#include "catalogue/schema.h"
#include "crypto/master_keys.h"

namespace argosy::catalogue {

/// The number that the store knows an account's domain by.
std::uint64_t domain_number(std::string_view account);
/// Fails with `corrupt` if there is none: nothing is ever sealed under a secret that is made up.
Result<crypto::Key> find_domain_secret(Transaction& tx, crypto::MasterKeys const& master_keys,
                                       std::string_view account);
/// Makes it if there is none: in the transaction that records the account's first upload or copy.
Result<void> ensure_domain(Transaction& tx, crypto::MasterKeys const& master_keys, std::string_view account,
                           Entropy& entropy);

}  // namespace argosy::catalogue
