// keys/grant.cpp - see grant.h.
#include "keys/grant.h"

#include <algorithm>

#include "keys/errors.h"
#include "keys/identifier.h"

namespace argosy::keys {
namespace {

constexpr std::size_t kGrantIdBytes = 32;
constexpr std::size_t kTokenSaltBytes = 16;
constexpr std::size_t kMaxNameBytes = 256;

bool contains_all(EncryptionContext const& context, EncryptionContext const& pairs) {
  return std::ranges::includes(context, pairs);
}

}  // namespace

bool Constraints::allow(EncryptionContext const& context) const {
  switch (kind) {
    case Kind::none:
      return true;
    case Kind::subset:
      return contains_all(context, pairs);
    case Kind::equals:
      return context == pairs;
  }
  return false;
}

bool Constraints::are_within(Constraints const& others) const {
  switch (others.kind) {
    case Kind::none:
      return true;
    case Kind::subset:
      return kind != Kind::none && contains_all(pairs, others.pairs);
    case Kind::equals:
      return *this == others;
  }
  return false;
}

Result<GrantProposal> check_proposal(GrantProposal proposal) {
  proposal.grantee = TRY(parse_principal(proposal.grantee));
  if (!proposal.retiring_principal.empty())
    proposal.retiring_principal = TRY(parse_principal(proposal.retiring_principal));
  if (proposal.name.size() > kMaxNameBytes ||
      proposal.name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:/_-") !=
          std::string::npos)
    return invalid_value("A grant's name has at most 256 letters, digits and : / _ -");
  if (proposal.operations.empty()) return invalid_value("A grant needs an operation");
  std::ranges::sort(proposal.operations);
  auto const twice = std::ranges::unique(proposal.operations);
  proposal.operations.erase(twice.begin(), twice.end());
  for (auto const operation : proposal.operations)
    if (!is_grantable(operation))
      return invalid_value("A grant cannot give " + std::string(to_text(operation)));
  auto const& constraints = proposal.constraints;
  if (constraints.kind != Constraints::Kind::none && constraints.pairs.empty())
    return invalid_value("A constraint needs a pair of an encryption context");
  if (constraints.pairs.size() > kMaxConstraintPairs)
    return invalid_value("A constraint has at most 8 pairs of an encryption context");
  for (auto const& [name, value] : constraints.pairs)
    if (name.empty() || value.size() > kMaxConstraintValueBytes)
      return invalid_value("A constraint's names are not empty, and its values have at most 384 bytes");
  TRY(check_context(constraints.pairs));
  return proposal;
}

std::string make_grant_id(Entropy& entropy) {
  std::array<std::byte, kGrantIdBytes> bytes{};
  entropy.fill(bytes);
  return to_hex(bytes);
}

bool is_grant_id(std::string_view text) {
  return text.size() == 2 * kGrantIdBytes &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string make_grant_token(std::string_view grant_id, Entropy& entropy) {
  Bytes token(kTokenSaltBytes);
  entropy.fill(token);
  auto const id = from_hex(grant_id);
  token.insert(token.end(), id->begin(), id->end());
  return to_base64(token);
}

Result<std::string> read_grant_token(std::string_view token) {
  auto const bytes = from_base64(token);
  if (!bytes || bytes->size() != kTokenSaltBytes + kGrantIdBytes) return invalid_grant_token();
  return to_hex(ByteView(*bytes).subspan(kTokenSaltBytes));
}

}  // namespace argosy::keys
