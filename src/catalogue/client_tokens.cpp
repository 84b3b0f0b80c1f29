// catalogue/client_tokens.cpp - see client_tokens.h.
#include "catalogue/client_tokens.h"

#include "digest/sha256.h"

namespace argosy::catalogue {
namespace {

std::string fingerprint_of(ClientToken const& token) {
  return digest::sha256(as_bytes(token.parameters)).hex();
}

}  // namespace

Result<std::optional<std::string>> find_result(Transaction& tx, ClientToken const& token) {
  auto rows = TRY(tx.query(
      "SELECT fingerprint, result FROM client_tokens WHERE account = ?1 AND action = ?2 AND token = ?3",
      {std::string_view(token.account), std::string_view(token.action), std::string_view(token.token)}));
  bool found = TRY(rows->next());
  if (!found) return std::nullopt;
  // An earlier version kept the parameters themselves.
  if (rows->text(0) != fingerprint_of(token) && rows->text(0) != token.parameters)
    return fail(Fault::conflict, "IdempotentParameterMismatch",
                "The client token '" + token.token + "' was used before with other parameters");
  return std::string(rows->text(1));
}

Result<void> save_result(Transaction& tx, ClientToken const& token, std::string_view result, Time now) {
  TRY(tx.execute("DELETE FROM client_tokens WHERE created_ms < ?1",
                 {to_milliseconds(now - kClientTokenAge)}));
  auto const fingerprint = fingerprint_of(token);
  TRY(tx.execute(
      "INSERT INTO client_tokens(account, action, token, fingerprint, result, created_ms) "
      "VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
      {std::string_view(token.account), std::string_view(token.action), std::string_view(token.token),
       std::string_view(fingerprint), result, to_milliseconds(now)}));
  return {};
}

}  // namespace argosy::catalogue
