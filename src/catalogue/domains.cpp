// catalogue/domains.cpp - see domains.h.
#include "catalogue/domains.h"

#include <charconv>

namespace argosy::catalogue {
namespace {

std::string purpose(std::string_view account) { return "argosy domain " + std::string(account); }

}  // namespace

std::uint64_t domain_number(std::string_view account) {
  std::uint64_t number = 0;
  std::from_chars(account.data(), account.data() + account.size(), number);
  return number;
}

Result<crypto::Key> find_domain_secret(Transaction& tx, crypto::MasterKeys const& master_keys,
                                       std::string_view account) {
  auto rows = TRY(tx.query("SELECT wrapped_secret FROM domains WHERE account = ?1", {account}));
  bool found = TRY(rows->next());
  if (!found) return fail(Fault::corrupt, "the secret of the domain of " + std::string(account) + " is lost");
  return master_keys.unwrap_key(as_bytes(purpose(account)), rows->blob(0));
}

Result<void> ensure_domain(Transaction& tx, crypto::MasterKeys const& master_keys, std::string_view account,
                           Entropy& entropy) {
  auto secret = crypto::Key::random(entropy);
  auto wrapped = master_keys.wrap(as_bytes(purpose(account)), secret.bytes(), entropy);
  TRY(tx.execute(
      "INSERT INTO domains(account, wrapped_secret) VALUES(?1, ?2) ON CONFLICT(account) DO NOTHING",
      {account, ByteView(wrapped)}));
  return {};
}

}  // namespace argosy::catalogue
