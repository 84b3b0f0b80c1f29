// tests/fuzz/keys.cpp - what KMS reads from outside: policies, names of keys and principals, grants,
// ciphertexts.
#include "fuzz/fuzz.h"
#include "keys/ciphertext.h"
#include "keys/decision.h"
#include "keys/identifier.h"
#include "wire/json_text.h"

namespace argosy::fuzz {
namespace {

crypto::Key const& material() {
  static auto const entropy = seeded_entropy(1);
  static auto const made = crypto::Key::random(*entropy);
  return made;
}
keys::Key const kKey{"1234abcd-12ab-34cd-56ef-1234567890ab", "111111111111", "us-east-1"};

access::Caller caller(std::string const& account) {
  return {account, "AKIA", keys::root_arn(account), account, {}, "o-a1b2c3d4e5/r-ab12/"};
}

keys::Request request(access::Caller const& who, std::string const& text) {
  keys::Request out{who, keys::Action::create_grant};
  out.context = {{"a", text}};
  out.via_service = text;
  out.proposal = {"", who.arn, "", {keys::Action::decrypt}, {keys::Constraints::Kind::subset, {{"a", text}}}};
  return out;
}

/// An explicit denial of everybody is stronger than whatever a policy says, and what policies cannot give to
/// other accounts no text gives.
void try_policy(std::string_view text) {
  auto policy = keys::parse_policy(text);
  check_error(policy);
  auto const put = keys::parse_new_policy(text);
  check_error(put);
  // What is put is read ever after as it was then; only what has a name twice is read, and not put.
  ARGOSY_ASSERT(policy || !put);
  if (!policy) return;
  ARGOSY_ASSERT(put.has_value() != wire::find_repeated_name(text).has_value());
  ARGOSY_ASSERT(!policy->statements.empty());
  auto const asked = request(caller("222222222222"), std::string(text.substr(0, 100)));
  auto const opinion = keys::evaluate(*policy, asked.caller, "CreateGrant", kKey.arn(), {});
  bool const allowed = keys::is_allowed(asked, kKey, *policy, {});
  ARGOSY_ASSERT(!(allowed && opinion.denies && policy->statements.size() == 1));
  auto managing = asked;
  managing.proposal.reset();
  managing.action = keys::Action::put_key_policy;
  ARGOSY_ASSERT(!keys::is_allowed(managing, kKey, *policy, {}));
  keys::Statement denial;
  denial.allows = false;
  denial.everyone = true;
  denial.actions.patterns = {"*"};
  denial.resources.patterns = {"*"};
  policy->statements.push_back(denial);
  ARGOSY_ASSERT(!keys::is_allowed(asked, kKey, *policy, {}));
}

void try_names(std::string_view text) {
  auto const identifier = keys::parse_identifier(text);
  check_error(identifier);
  if (identifier && identifier->kind == keys::Identifier::Kind::key)
    ARGOSY_ASSERT(keys::from_bits(keys::to_bits(identifier->name),
                                  keys::is_multi_region_id(identifier->name)) == identifier->name);
  auto const principal = keys::parse_principal(text);
  check_error(principal);
  if (principal) {
    ARGOSY_ASSERT(*keys::parse_principal(*principal) == *principal);
    ARGOSY_ASSERT(access::is_account_id(keys::account_of(*principal)));
  }
  check_error(keys::check_alias_name(text));
  auto const token = keys::read_grant_token(text);
  check_error(token);
  ARGOSY_ASSERT(!token || keys::is_grant_id(*token));
}

/// A grant that is taken gives what it says, and no more to whoever grants under it.
void try_grant(Input input) {
  keys::GrantProposal proposal;
  proposal.grantee = input.line();
  proposal.retiring_principal = input.line();
  proposal.name = input.line();
  for (int count = input.byte() % 8; count > 0; --count)
    proposal.operations.push_back(static_cast<keys::Action>(
        input.byte() % (static_cast<int>(keys::Action::update_key_description) + 1)));
  proposal.constraints.kind = static_cast<keys::Constraints::Kind>(input.byte() % 3);
  while (!input.empty()) {
    auto name = std::string(input.until('='));
    proposal.constraints.pairs[std::move(name)] = input.line();
  }
  auto const checked = keys::check_proposal(proposal);
  check_error(checked);
  if (!checked) return;
  ARGOSY_ASSERT(*keys::check_proposal(*checked) == *checked);
  ARGOSY_ASSERT(checked->constraints.are_within(checked->constraints));
  ARGOSY_ASSERT(checked->constraints.allow(checked->constraints.pairs));
  keys::Grant const grant{std::string(64, 'a'), kKey.id, "111111111111", {}, *checked};
  keys::Request asked{caller("222222222222"), keys::Action::create_grant};
  asked.proposal = *checked;
  asked.proposal->operations.push_back(keys::Action::re_encrypt_to);
  bool const has_it =
      keys::gives(grant, {asked.caller, keys::Action::re_encrypt_to, checked->constraints.pairs});
  ARGOSY_ASSERT(has_it || !keys::gives(grant, asked));
}

void try_ciphertext(ByteView blob) {
  auto const head = keys::read_head(blob);
  check_error(head);
  if (head) ARGOSY_ASSERT(keys::is_key_id(head->key_id));
  ARGOSY_ASSERT(!keys::decrypt(material(), {}, blob));
  auto const context = keys::from_canonical(blob);
  check_error(context);
  if (context) {
    auto const again = keys::to_canonical(*context);
    ARGOSY_ASSERT(as_text(again) == as_text(blob));
  }
}

/// One changed byte is enough to be refused.
void try_changed(Input input) {
  static auto const entropy = seeded_entropy(2);
  std::size_t const at = input.word();
  auto const change = static_cast<std::byte>(input.byte());
  auto const plain = input.rest().first(std::min(input.rest().size(), keys::kMaxPlaintextBytes));
  auto blob = keys::encrypt(material(), {kKey.id, 1}, {{"a", "b"}}, plain, *entropy);
  auto const opened = keys::decrypt(material(), {{"a", "b"}}, blob);
  ARGOSY_ASSERT(opened && as_text(*opened) == as_text(plain));
  blob[at % blob.size()] ^= change;
  ARGOSY_ASSERT(change == std::byte{0} || !keys::decrypt(material(), {{"a", "b"}}, blob));
}

}  // namespace

/// The first byte says what the rest is read as.
void try_input(ByteView bytes) {
  Input input(bytes);
  switch (input.byte() % 5) {
    case 0:
      return try_policy(as_text(input.rest()));
    case 1:
      return try_names(as_text(input.rest()));
    case 2:
      return try_grant(input);
    case 3:
      return try_ciphertext(input.rest());
    default:
      return try_changed(input);
  }
}

}  // namespace argosy::fuzz
