// catalogue/encryption_defaults.cpp - see encryption_defaults.h.
#include "catalogue/encryption_defaults.h"

namespace argosy::catalogue {

Result<images::EncryptionDefaults> find_encryption_defaults(Transaction& tx, std::string_view account) {
  auto rows =
      TRY(tx.query("SELECT by_default, kms_key FROM encryption_defaults WHERE account = ?1", {account}));
  bool found = TRY(rows->next());
  images::EncryptionDefaults defaults;
  if (!found) return defaults;
  defaults.by_default = rows->integer(0) != 0;
  defaults.kms_key = rows->text(1);
  return defaults;
}

Result<void> save_encryption_defaults(Transaction& tx, std::string_view account,
                                      images::EncryptionDefaults const& defaults) {
  TRY(tx.execute(
      "INSERT INTO encryption_defaults(account, by_default, kms_key) VALUES(?1, ?2, ?3) "
      "ON CONFLICT(account) DO UPDATE SET by_default = excluded.by_default, kms_key = excluded.kms_key",
      {account, std::int64_t{defaults.by_default}, std::string_view(defaults.kms_key)}));
  return {};
}

}  // namespace argosy::catalogue
