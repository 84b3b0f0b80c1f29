// catalogue/encryption_defaults.h - each account's settings of EBS encryption in this region.
#pragma once
#include "catalogue/schema.h"
#include "images/encryption.h"

namespace argosy::catalogue {

/// Off and alias/aws/ebs for an account that has set nothing.
Result<images::EncryptionDefaults> find_encryption_defaults(Transaction& tx, std::string_view account);
Result<void> save_encryption_defaults(Transaction& tx, std::string_view account,
                                      images::EncryptionDefaults const& defaults);

}  // namespace argosy::catalogue
