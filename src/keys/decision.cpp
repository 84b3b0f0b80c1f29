// keys/decision.cpp - see decision.h.
#include "keys/decision.h"

#include <algorithm>

#include "base/text.h"
#include "keys/identifier.h"

namespace argosy::keys {
namespace {

bool is_about_grants(Action action) {
  return action == Action::create_grant || action == Action::list_grants || action == Action::revoke_grant;
}

/// A grant's constraints stand for the encryption contexts that it will be used with.
void add_context(Facts& facts, EncryptionContext const& context) {
  for (auto const& [name, value] : context) {
    facts[std::string(kContextKeyPrefix) + to_lower(name)].push_back(value);
    facts[std::string(kContextNamesKey)].push_back(name);
  }
}

Facts facts_of(Request const& request) {
  auto const& caller = request.caller;
  Facts facts{{std::string(kCallerAccountKey), {caller.account}},
              {std::string(kPrincipalAccountKey), {caller.account}},
              {std::string(kPrincipalArnKey), {caller.arn}}};
  if (!caller.organization_path.empty()) {
    facts[std::string(kOrganizationKey)] = {std::string(access::organization_id(caller.organization_path))};
    facts[std::string(kOrganizationPathsKey)] = {caller.organization_path};
  }
  if (!request.via_service.empty()) facts[std::string(kViaServiceKey)] = {request.via_service};
  if (is_about_grants(request.action))
    facts[std::string(kGrantIsForResourceKey)] = {request.via_service.empty() ? "false" : "true"};
  if (takes_context(request.action)) add_context(facts, request.context);
  if (request.proposal) {
    add_context(facts, request.proposal->constraints.pairs);
    for (auto const operation : request.proposal->operations)
      facts[std::string(kGrantOperationsKey)].emplace_back(to_text(operation));
  }
  return facts;
}

bool has(Grant const& grant, Action action) {
  return std::ranges::find(grant.given.operations, action) != grant.given.operations.end();
}

}  // namespace

std::string ec2_service(std::string_view region) { return "ec2." + std::string(region) + ".amazonaws.com"; }

bool gives(Grant const& grant, Request const& request) {
  if (!has(grant, request.action)) return false;
  if (takes_context(request.action)) return grant.given.constraints.allow(request.context);
  if (!request.proposal) return true;
  return std::ranges::includes(grant.given.operations, request.proposal->operations) &&
         request.proposal->constraints.are_within(grant.given.constraints);
}

bool is_allowed(Request const& request, Key const& key, Policy const& policy, std::span<Grant const> grants) {
  auto const& caller = request.caller;
  bool const own = caller.account == key.account;
  if (!own && !is_open_to_other_accounts(request.action)) return false;
  auto const opinion = evaluate(policy, caller, to_text(request.action), key.arn(), facts_of(request));
  if (opinion.denies || request.own_side == OwnSide::denies) return false;
  bool const own_side_allows = request.own_side == OwnSide::allows;
  if (opinion.allows == Match::principal && (own || own_side_allows)) return true;
  if (opinion.allows == Match::account && own_side_allows) return true;
  return std::ranges::any_of(grants, [&](Grant const& grant) {
    bool const himself = grant.given.grantee == caller.arn;
    bool const his_account = grant.given.grantee == root_arn(caller.account) && own_side_allows;
    return (himself || his_account) && gives(grant, request);
  });
}

bool may_retire(Grant const& grant, access::Caller const& caller) {
  return grant.given.retiring_principal == caller.arn || grant.issuing_account == caller.account ||
         (grant.given.grantee == caller.arn && has(grant, Action::retire_grant));
}

}  // namespace argosy::keys
