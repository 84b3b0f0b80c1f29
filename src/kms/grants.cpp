// kms/grants.cpp - see grants.h.
#include "kms/grants.h"

#include <algorithm>

#include "catalogue/grants.h"
#include "kms/shapes.h"

namespace argosy::kms {
namespace {

namespace m = messages::kms;
using catalogue::Transaction;
using keys::Action;
using keys::Constraints;
using keys::Grant;
using keystore::Names;
using keystore::Vault;

constexpr std::size_t kGrantsByDefault = 50;
/// Of a page, whatever was asked for, as KMS has it: the constraints of one may take 8 KiB.
constexpr std::size_t kMostGrants = 100;

Result<Page> to_page_of_grants(std::optional<std::int32_t> limit, std::optional<std::string> const& marker) {
  auto out = TRY(to_page(limit, marker, kGrantsByDefault));
  out.limit = std::min(out.limit, kMostGrants);
  return out;
}

Result<Constraints> to_constraints(std::optional<m::GrantConstraints> const& given) {
  if (!given) return Constraints{};
  if (given->encryption_context_subset && given->encryption_context_equals)
    return keys::invalid_value("Give EncryptionContextSubset or EncryptionContextEquals, not both");
  if (given->encryption_context_subset)
    return Constraints{Constraints::Kind::subset, *given->encryption_context_subset};
  if (given->encryption_context_equals)
    return Constraints{Constraints::Kind::equals, *given->encryption_context_equals};
  return Constraints{};
}

Result<keys::GrantProposal> to_proposal(m::CreateGrantRequest const& request) {
  auto constraints = TRY(to_constraints(request.constraints));
  keys::GrantProposal out{request.name.value_or(""),
                          request.grantee_principal,
                          request.retiring_principal.value_or(""),
                          {},
                          std::move(constraints)};
  for (auto const& name : request.operations) {
    auto const action = keys::parse_action(name);
    if (!action) return keys::invalid_value("A grant on a symmetric key cannot give " + name.substr(0, 100));
    out.operations.push_back(*action);
  }
  return keys::check_proposal(std::move(out));
}

m::GrantListEntry to_shape(Grant const& grant, keys::Key const& key) {
  m::GrantListEntry out;
  out.key_id = key.arn();
  out.grant_id = grant.id;
  if (!grant.given.name.empty()) out.name = grant.given.name;
  out.creation_date = grant.created;
  out.grantee_principal = grant.given.grantee;
  if (!grant.given.retiring_principal.empty()) out.retiring_principal = grant.given.retiring_principal;
  out.issuing_account = keys::root_arn(grant.issuing_account);
  for (auto const operation : grant.given.operations) out.operations.emplace_back(keys::to_text(operation));
  auto const& constraints = grant.given.constraints;
  if (constraints.kind == Constraints::Kind::subset)
    out.constraints = m::GrantConstraints{constraints.pairs, std::nullopt};
  if (constraints.kind == Constraints::Kind::equals)
    out.constraints = m::GrantConstraints{std::nullopt, constraints.pairs};
  return out;
}

Result<void> check_limits(Transaction& tx, access::Caller const& caller, keys::Key const& key,
                          std::size_t of_grantee) {
  auto const have = TRY(catalogue::count_grants(tx, key.id));
  auto const most = caller.limits.key_grants;
  if (have >= most)
    return keys::limit_exceeded(
        access::limit_message("grants of one KMS key", most, "key_grants", "Revoke grants of it"));
  if (of_grantee >= static_cast<std::size_t>(keys::kMaxGrantsOfGrantee))
    return keys::limit_exceeded("A principal has at most 1000 grants of one KMS key. Revoke some of them.");
  return {};
}

std::unexpected<Error> grant_not_found() {
  return keys::not_found("There is no such grant, or it is not yours to retire");
}

/// The grant that a request names by its token, or by its key's ARN and its id.
Result<std::string> named_grant(Vault const& vault, m::RetireGrantRequest const& request) {
  if (request.grant_token.has_value() == (request.key_id.has_value() && request.grant_id.has_value()))
    return keys::invalid_value("Give GrantToken, or KeyId and GrantId");
  if (request.grant_token) return keys::read_grant_token(*request.grant_token);
  auto const key = TRY(keys::parse_identifier(*request.key_id));
  if (key.account.empty() || key.kind != keys::Identifier::Kind::key)
    return keys::invalid_arn("RetireGrant takes a key's ARN");
  if (key.region != vault.region) return keys::not_found("Invalid arn " + key.region);
  if (!keys::is_grant_id(*request.grant_id)) return keys::invalid_grant_id(*request.grant_id);
  return *request.grant_id;
}

}  // namespace

Result<m::CreateGrantResponse> create_grant(Transaction& tx, Vault const& vault, access::Caller const& caller,
                                            Time now, m::CreateGrantRequest const& request) {
  TRY(check_grant_tokens(request.grant_tokens));
  auto proposal = TRY(to_proposal(request));
  keys::Request asked{caller, Action::create_grant};
  asked.proposal = proposal;
  auto const key = TRY(keystore::find_key(tx, vault.region, request.key_id, asked, Names::no_aliases));
  TRY(stop_if_dry_run(request.dry_run));
  auto const known = TRY(catalogue::list_grants(tx, key.id, proposal.grantee, "",
                                                static_cast<std::size_t>(keys::kMaxGrantsOfGrantee)));
  auto const same = std::ranges::find_if(known, [&](Grant const& grant) {
    return !proposal.name.empty() && grant.given == proposal && grant.issuing_account == caller.account;
  });
  if (same != known.end())
    return m::CreateGrantResponse{keys::make_grant_token(same->id, vault.entropy), same->id};
  TRY(check_limits(tx, caller, key, known.size()));
  Grant const made{keys::make_grant_id(vault.entropy), key.id, caller.account, now, std::move(proposal)};
  TRY(catalogue::insert_grant(tx, made));
  return m::CreateGrantResponse{keys::make_grant_token(made.id, vault.entropy), made.id};
}

Result<m::ListGrantsResponse> list_grants(Transaction& tx, Vault const& vault, access::Caller const& caller,
                                          m::ListGrantsRequest const& request) {
  auto const page = TRY(to_page_of_grants(request.limit, request.marker));
  if (request.grant_id && !keys::is_grant_id(*request.grant_id))
    return keys::invalid_grant_id(*request.grant_id);
  std::string grantee;
  if (request.grantee_principal) grantee = TRY(keys::parse_principal(*request.grantee_principal));
  auto const key = TRY(
      keystore::find_key(tx, vault.region, request.key_id, {caller, Action::list_grants}, Names::no_aliases));
  m::ListGrantsResponse out;
  std::vector<Grant> found;
  if (request.grant_id) {
    auto const one = TRY(catalogue::find_grant(tx, *request.grant_id));
    if (one && one->key_id == key.id && (grantee.empty() || one->given.grantee == grantee)) found = {*one};
  } else {
    found = TRY(catalogue::list_grants(tx, key.id, grantee, page.after, page.limit + 1));
  }
  out.next_marker = cut(found, page, [](Grant const& grant) { return grant.id; });
  out.truncated = out.next_marker.has_value();
  for (auto const& grant : found) out.grants.push_back(to_shape(grant, key));
  return out;
}

Result<m::ListRetirableGrantsResponse> list_retirable_grants(Transaction& tx, Vault const&,
                                                             access::Caller const& caller,
                                                             m::ListRetirableGrantsRequest const& request) {
  auto const page = TRY(to_page_of_grants(request.limit, request.marker));
  auto const principal = TRY(keys::parse_principal(request.retiring_principal));
  if (keys::account_of(principal) != caller.account)
    return keys::access_denied("Grants can be listed for retiring principals of the caller's own account");
  auto found = TRY(catalogue::list_retirable_grants(tx, principal, page.after, page.limit + 1));
  m::ListRetirableGrantsResponse out;
  out.next_marker = cut(found, page, [](Grant const& grant) { return grant.id; });
  out.truncated = out.next_marker.has_value();
  for (auto const& grant : found) {
    auto const key = TRY(catalogue::find_key(tx, grant.key_id));
    if (key) out.grants.push_back(to_shape(grant, *key));
  }
  return out;
}

Result<void> revoke_grant(Transaction& tx, Vault const& vault, access::Caller const& caller,
                          m::RevokeGrantRequest const& request) {
  if (!keys::is_grant_id(request.grant_id)) return keys::invalid_grant_id(request.grant_id);
  auto const key = TRY(keystore::find_key(tx, vault.region, request.key_id, {caller, Action::revoke_grant},
                                          Names::no_aliases));
  auto const grant = TRY(catalogue::find_grant(tx, request.grant_id));
  if (!grant || grant->key_id != key.id)
    return keys::not_found("Grant ID " + request.grant_id + " not found");
  TRY(stop_if_dry_run(request.dry_run));
  return catalogue::remove_grant(tx, grant->id);
}

Result<void> retire_grant(Transaction& tx, Vault const& vault, access::Caller const& caller,
                          m::RetireGrantRequest const& request) {
  auto const id = TRY(named_grant(vault, request));
  auto const grant = TRY(catalogue::find_grant(tx, id));
  if (!grant || !keys::may_retire(*grant, caller)) return grant_not_found();
  auto const key = TRY(catalogue::find_key(tx, grant->key_id));
  if (request.key_id && (!key || key->arn() != *request.key_id)) return grant_not_found();
  TRY(stop_if_dry_run(request.dry_run));
  return catalogue::remove_grant(tx, id);
}

}  // namespace argosy::kms
