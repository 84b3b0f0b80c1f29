#include "keys/decision.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "keys/identifier.h"

namespace argosy::keys {
namespace {

access::Caller caller(std::string const& account, std::string const& path = {}) {
  return {account, "AKIA", root_arn(account), account, {}, path};
}
access::Caller user(std::string const& account, std::string const& name) {
  return {account, "AKIA", "arn:aws:iam::" + account + ":user/" + name, "AIDA", {}, {}};
}

auto const kOwner = caller("111111111111");
auto const kOther = caller("222222222222");
auto const kStranger = caller("333333333333");
auto const kAlice = user("111111111111", "alice");
auto const kBob = user("222222222222", "bob");
auto const kMember = caller("444444444444", "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/ou-ab12-22222222/");

Key const kKey{"1234abcd-12ab-34cd-56ef-1234567890ab", "111111111111", "us-east-1"};

/// A statement; the principal, the action and the condition are JSON.
std::string statement(std::string const& effect, std::string const& principal, std::string const& action,
                      std::string const& condition = "") {
  return R"({"Effect": ")" + effect + R"(", "Principal": )" + principal + R"(, "Action": )" + action +
         R"(, "Resource": "*")" + (condition.empty() ? "" : R"(, "Condition": )" + condition) + "}";
}
std::string allow(std::string const& principal, std::string const& action,
                  std::string const& condition = "") {
  return statement("Allow", principal, action, condition);
}
std::string deny(std::string const& principal, std::string const& action, std::string const& condition = "") {
  return statement("Deny", principal, action, condition);
}
std::string policy(std::string const& statements) {
  return R"({"Version": "2012-10-17", "Statement": [)" + statements + "]}";
}
std::string aws(std::string const& principal) { return R"({"AWS": ")" + principal + R"("})"; }

auto const kRootOfOwner = aws("arn:aws:iam::111111111111:root");
auto const kRootOfOther = aws("arn:aws:iam::222222222222:root");
auto const kEverything = allow(kRootOfOwner, R"("kms:*")");

/// Everybody may decrypt if the condition holds.
std::string decrypt_if(std::string const& condition) {
  return policy(allow(R"("*")", R"("kms:Decrypt")", condition));
}

Request ask(access::Caller const& who, Action action = Action::decrypt, EncryptionContext context = {}) {
  return {who, action, std::move(context)};
}
Request via(Request request, std::string const& service) {
  request.via_service = service;
  return request;
}
Request on_own_side(Request request, OwnSide side) {
  request.own_side = side;
  return request;
}
Request granting(access::Caller const& who, std::vector<Action> operations, Constraints constraints = {}) {
  auto request = ask(who, Action::create_grant);
  request.proposal = {"", root_arn("333333333333"), "", std::move(operations), std::move(constraints)};
  return request;
}
Grant grant(std::string const& grantee, std::vector<Action> operations, Constraints constraints = {}) {
  std::ranges::sort(operations);
  return {std::string(64, 'a'),
          kKey.id,
          "111111111111",
          {},
          {"", grantee, "", std::move(operations), std::move(constraints)}};
}

Constraints subset(EncryptionContext pairs) { return {Constraints::Kind::subset, std::move(pairs)}; }
Constraints equals(EncryptionContext pairs) { return {Constraints::Kind::equals, std::move(pairs)}; }

struct Case {
  std::string what;
  bool allowed;
  std::string policy;
  Request request;
  std::vector<Grant> grants{};
};

void try_cases(std::vector<Case> const& cases) {
  for (auto const& [what, allowed, document, request, grants] : cases) {
    auto const parsed = parse_policy(document);
    if (!parsed) {
      ADD_FAILURE() << what << ": " << parsed.error().message;
      continue;
    }
    EXPECT_EQ(is_allowed(request, kKey, *parsed, grants), allowed) << what;
  }
}

TEST(Decision, asks_the_keys_policy_and_the_callers_own_side) {
  auto const empty = policy(allow(aws("arn:aws:iam::999999999999:root"), R"("kms:*")"));
  auto const to_alice = policy(allow(aws(kAlice.arn), R"("kms:Decrypt")"));
  auto const to_bob = policy(kEverything + "," + allow(aws(kBob.arn), R"("kms:Decrypt")"));
  auto const shared =
      policy(kEverything + "," + allow(kRootOfOther, R"(["kms:Decrypt", "kms:CreateGrant"])"));
  try_cases({
      {"the default policy lets the account's root", true, default_policy("111111111111"), ask(kOwner)},
      {"a policy that names another locks the owner out", false, empty, ask(kOwner)},
      {"the account's statement lets a user whom his own side lets", true, policy(kEverything), ask(kAlice)},
      {"and no other user", false, policy(kEverything), on_own_side(ask(kAlice), OwnSide::silent)},
      {"nor one whom it denies", false, policy(kEverything), on_own_side(ask(kAlice), OwnSide::denies)},
      {"the account's root needs its own side no more", true, policy(kEverything),
       on_own_side(ask(kOwner), OwnSide::silent)},
      {"a user who is named needs no own side", true, to_alice, on_own_side(ask(kAlice), OwnSide::silent)},
      {"but it can deny", false, to_alice, on_own_side(ask(kAlice), OwnSide::denies)},
      {"a named user alone is let, not his account's root", false, to_alice, ask(kOwner)},
      {"a stranger is not", false, policy(kEverything), ask(kStranger)},
      {"another account that is named is", true, shared, ask(kOther)},
      {"for what is named only", false, shared, ask(kOther, Action::encrypt)},
      {"if its own side lets it", false, shared, on_own_side(ask(kOther), OwnSide::silent)},
      {"and does not deny", false, shared, on_own_side(ask(kOther), OwnSide::denies)},
      {"its users too", true, shared, ask(kBob)},
      {"a named user of another account needs his own side", false, to_bob,
       on_own_side(ask(kBob), OwnSide::silent)},
      {"and has it", true, to_bob, ask(kBob)},
      {"his account's root is not named by it", false, to_bob, ask(kOther)},
      {"the account as 12 digits is its root", true, policy(allow(aws("222222222222"), R"("kms:Decrypt")")),
       ask(kOther)},
      {"a list of principals names each", true,
       policy(allow(R"({"AWS": ["111111111111", "222222222222"]})", R"("kms:Decrypt")")), ask(kOther)},
      {"and nobody else", false,
       policy(allow(R"({"AWS": ["111111111111", "222222222222"]})", R"("kms:Decrypt")")), ask(kStranger)},
      {"a service as principal names no caller", false,
       policy(allow(R"({"Service": "ec2.amazonaws.com"})", R"("kms:Decrypt")")), ask(kOwner)},
      {"another account never manages a key, whatever its policy says", false,
       policy(allow(kRootOfOther, R"("kms:*")")), ask(kOther, Action::put_key_policy)},
      {"nor deletes it", false, policy(allow(kRootOfOther, R"("kms:*")")),
       ask(kOther, Action::schedule_key_deletion)},
      {"nor disables it", false, policy(allow(kRootOfOther, R"("*")")), ask(kOther, Action::disable_key)},
      {"nor tags it", false, policy(allow(R"("*")", R"("*")")), ask(kOther, Action::tag_resource)},
      {"but describes it", true, policy(allow(kRootOfOther, R"("kms:*")")),
       ask(kOther, Action::describe_key)},
      {"and lists its grants", true, policy(allow(kRootOfOther, R"("kms:*")")),
       ask(kOther, Action::list_grants)},
      {"and asks for its rotation", true, policy(allow(kRootOfOther, R"("kms:*")")),
       ask(kOther, Action::get_key_rotation_status)},
  });
}

TEST(Decision, lets_an_explicit_denial_win) {
  try_cases({
      {"over the account's own statement", false,
       policy(kEverything + "," + deny(kRootOfOwner, R"("kms:Decrypt")")), ask(kOwner)},
      {"wherever it stands", false, policy(deny(kRootOfOwner, R"("kms:Decrypt")") + "," + kEverything),
       ask(kOwner)},
      {"for what it names only", true, policy(kEverything + "," + deny(kRootOfOwner, R"("kms:Decrypt")")),
       ask(kOwner, Action::encrypt)},
      {"of the account, over its users", false,
       policy(kEverything + "," + deny(kRootOfOwner, R"("kms:Decrypt")")), ask(kAlice)},
      {"of a user, not over the others", true,
       policy(kEverything + "," + deny(aws(kAlice.arn), R"("kms:*")")), ask(kOwner)},
      {"of that user", false, policy(kEverything + "," + deny(aws(kAlice.arn), R"("kms:*")")), ask(kAlice)},
      {"of everybody", false, policy(kEverything + "," + deny(R"("*")", R"("kms:Decrypt")")), ask(kOwner)},
      {"over a grant",
       false,
       policy(deny(R"("*")", R"("kms:Decrypt")")),
       ask(kOther),
       {grant(kOther.arn, {Action::decrypt})}},
      {"also the own side's over a grant",
       false,
       policy(kEverything),
       on_own_side(ask(kOther), OwnSide::denies),
       {grant(kOther.arn, {Action::decrypt})}},
      {"if its condition holds", false,
       policy(kEverything + "," +
              deny(R"("*")", R"("kms:*")", R"({"StringNotEquals": {"kms:CallerAccount": "222222222222"}})")),
       ask(kOwner)},
      {"and else not", true,
       policy(kEverything + "," +
              deny(R"("*")", R"("kms:*")", R"({"StringEquals": {"kms:CallerAccount": "222222222222"}})")),
       ask(kOwner)},
      {"a denial alone allows nobody else", false, policy(deny(kRootOfOther, R"("kms:*")")), ask(kOwner)},
  });
}

TEST(Decision, knows_the_opposites_of_elements) {
  auto const not_principal = [](std::string const& effect, std::string const& who) {
    return R"({"Effect": ")" + effect + R"(", "NotPrincipal": )" + who +
           R"(, "Action": "kms:*", "Resource": "*"})";
  };
  auto const not_action =
      R"({"Effect": "Allow", "Principal": "*", "NotAction": "kms:Decrypt", "Resource": "*"})";
  auto const resource = [](std::string const& element) {
    return policy(R"({"Effect": "Allow", "Principal": "*", "Action": "kms:*", )" + element + "}");
  };
  try_cases({
      {"all but the owner are denied: the owner is not", true,
       policy(kEverything + "," + not_principal("Deny", kRootOfOwner)), ask(kOwner)},
      {"others are", false, policy(allow(R"("*")", R"("kms:*")") + "," + not_principal("Deny", kRootOfOwner)),
       ask(kOther)},
      {"all but the other are allowed: a stranger is", true, policy(not_principal("Allow", kRootOfOther)),
       ask(kStranger)},
      {"the other is not", false, policy(not_principal("Allow", kRootOfOther)), ask(kOther)},
      {"nor are its users", false, policy(not_principal("Allow", kRootOfOther)), ask(kBob)},
      {"nobody is neither", false, policy(not_principal("Allow", R"("*")")), ask(kOwner)},
      {"all actions but one: that one not", false, policy(not_action), ask(kOwner)},
      {"another is", true, policy(not_action), ask(kOwner, Action::encrypt)},
      {"the key's own ARN as resource", true, resource(R"("Resource": ")" + kKey.arn() + R"(")"),
       ask(kOwner)},
      {"another key's", false,
       resource(
           R"("Resource": "arn:aws:kms:us-east-1:111111111111:key/00000000-0000-0000-0000-000000000000")"),
       ask(kOwner)},
      {"a pattern of ARNs", true, resource(R"("Resource": "arn:aws:kms:*:111111111111:key/*")"), ask(kOwner)},
      {"all but this key", false, resource(R"("NotResource": ")" + kKey.arn() + R"(")"), ask(kOwner)},
      {"all but another", true, resource(R"("NotResource": "arn:aws:kms:eu-west-1:*")"), ask(kOwner)},
  });
}

TEST(Decision, reads_wildcards_in_actions_without_regard_to_case) {
  auto const to_owner = [](std::string const& action) { return policy(allow(kRootOfOwner, action)); };
  try_cases({
      {"all of kms", true, to_owner(R"("kms:*")"), ask(kOwner)},
      {"all there is", true, to_owner(R"("*")"), ask(kOwner)},
      {"the beginning of a name: from", true, to_owner(R"("kms:ReEncrypt*")"),
       ask(kOwner, Action::re_encrypt_from)},
      {"the beginning of a name: to", true, to_owner(R"("kms:ReEncrypt*")"),
       ask(kOwner, Action::re_encrypt_to)},
      {"and no other name", false, to_owner(R"("kms:ReEncrypt*")"), ask(kOwner, Action::encrypt)},
      {"a data key", true, to_owner(R"("kms:GenerateDataKey*")"), ask(kOwner, Action::generate_data_key)},
      {"a data key without its plaintext", true, to_owner(R"("kms:GenerateDataKey*")"),
       ask(kOwner, Action::generate_data_key_without_plaintext)},
      {"exactly one is not the longer", false, to_owner(R"("kms:GenerateDataKey")"),
       ask(kOwner, Action::generate_data_key_without_plaintext)},
      {"one character", true, to_owner(R"("kms:?ecrypt")"), ask(kOwner)},
      {"and not two", false, to_owner(R"("kms:?crypt")"), ask(kOwner)},
      {"in the middle", true, to_owner(R"("kms:D*t")"), ask(kOwner)},
      {"any case", true, to_owner(R"("KMS:dECRYPT")"), ask(kOwner)},
      {"a list", true, to_owner(R"(["kms:Encrypt", "kms:Decrypt"])"), ask(kOwner)},
      {"a list without it", false, to_owner(R"(["kms:Encrypt", "kms:DescribeKey"])"), ask(kOwner)},
  });
}

TEST(Decision, compares_texts_as_conditions_say) {
  auto const when = [](std::string const& text) { return decrypt_if(text); };
  EncryptionContext const disk{{"aws:ebs:id", "vol-1"}};
  try_cases({
      {"equal", true, when(R"({"StringEquals": {"kms:CallerAccount": "222222222222"}})"), ask(kOther)},
      {"not equal", false, when(R"({"StringEquals": {"kms:CallerAccount": "222222222222"}})"),
       ask(kStranger)},
      {"one of several", true,
       when(R"({"StringEquals": {"kms:CallerAccount": ["333333333333", "222222222222"]}})"), ask(kOther)},
      {"none of several", true,
       when(R"({"StringNotEquals": {"kms:CallerAccount": ["333333333333", "111111111111"]}})"), ask(kOther)},
      {"negated and one of several", false,
       when(R"({"StringNotEquals": {"kms:CallerAccount": ["333333333333", "222222222222"]}})"), ask(kOther)},
      {"the key's case does not count", true,
       when(R"({"StringEquals": {"KMS:calleraccount": "222222222222"}})"), ask(kOther)},
      {"the value's does", false, when(R"({"StringEquals": {"kms:EncryptionContext:aws:ebs:id": "VOL-1"}})"),
       ask(kOther, Action::decrypt, disk)},
      {"unless it is ignored", true,
       when(R"({"StringEqualsIgnoreCase": {"kms:EncryptionContext:aws:ebs:id": "VOL-1"}})"),
       ask(kOther, Action::decrypt, disk)},
      {"ignored and negated", false,
       when(R"({"StringNotEqualsIgnoreCase": {"kms:EncryptionContext:aws:ebs:id": "VOL-1"}})"),
       ask(kOther, Action::decrypt, disk)},
      {"a pattern", true, when(R"({"StringLike": {"kms:EncryptionContext:aws:ebs:id": "vol-*"}})"),
       ask(kOther, Action::decrypt, disk)},
      {"a pattern that does not fit", false,
       when(R"({"StringLike": {"kms:EncryptionContext:aws:ebs:id": "snap-*"}})"),
       ask(kOther, Action::decrypt, disk)},
      {"a negated pattern", true,
       when(R"({"StringNotLike": {"kms:EncryptionContext:aws:ebs:id": "snap-*"}})"),
       ask(kOther, Action::decrypt, disk)},
      {"equality knows no wildcards", false,
       when(R"({"StringEquals": {"kms:EncryptionContext:aws:ebs:id": "vol-*"}})"),
       ask(kOther, Action::decrypt, disk)},
      {"all operators must hold", false, when(R"({"StringEquals": {"kms:CallerAccount": "222222222222"},
                "StringLike": {"kms:EncryptionContext:aws:ebs:id": "snap-*"}})"),
       ask(kOther, Action::decrypt, disk)},
      {"all keys must hold", false,
       when(R"({"StringEquals": {"kms:CallerAccount": "222222222222", "kms:ViaService": "x"}})"),
       ask(kOther)},
      {"an ARN part by part", true, when(R"({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/b*"}})"),
       ask(kBob)},
      {"no wildcard reaches over a colon", false,
       when(R"({"ArnLike": {"aws:PrincipalArn": "arn:*:user/bob"}})"), ask(kBob)},
      {"as a text it does", true, when(R"({"StringLike": {"aws:PrincipalArn": "arn:*:user/bob"}})"),
       ask(kBob)},
      {"ArnEquals is the same", true,
       when(R"({"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::222222222222:*"}})"), ask(kBob)},
      {"and its opposite", false,
       when(R"({"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::222222222222:*"}})"), ask(kBob)},
      {"ArnNotLike of another", true, when(R"({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::1*:root"}})"),
       ask(kOther)},
      {"the principal's account", true, when(R"({"StringEquals": {"aws:PrincipalAccount": "222222222222"}})"),
       ask(kBob)},
  });
}

TEST(Decision, treats_what_a_request_does_not_have_as_iam_does) {
  try_cases({
      {"absent is not equal", false,
       decrypt_if(R"({"StringEquals": {"kms:ViaService": "ec2.us-east-1.amazonaws.com"}})"), ask(kOther)},
      {"but differs", true,
       decrypt_if(R"({"StringNotEquals": {"kms:ViaService": "ec2.us-east-1.amazonaws.com"}})"), ask(kOther)},
      {"and may be absent if the condition says so", true,
       decrypt_if(R"({"StringEqualsIfExists": {"kms:ViaService": "ec2.us-east-1.amazonaws.com"}})"),
       ask(kOther)},
      {"but if it is there it must be equal", false,
       decrypt_if(R"({"StringEqualsIfExists": {"kms:ViaService": "ec2.us-east-1.amazonaws.com"}})"),
       via(ask(kOther), "ebs.us-east-1.amazonaws.com")},
      {"it must be absent", true, decrypt_if(R"({"Null": {"kms:ViaService": "true"}})"), ask(kOther)},
      {"and is not", false, decrypt_if(R"({"Null": {"kms:ViaService": "true"}})"),
       via(ask(kOther), "ec2.us-east-1.amazonaws.com")},
      {"it must be there", false, decrypt_if(R"({"Null": {"kms:ViaService": false}})"), ask(kOther)},
      {"and is", true, decrypt_if(R"({"Null": {"kms:ViaService": false}})"),
       via(ask(kOther), "ec2.us-east-1.amazonaws.com")},
      {"no organization", false, decrypt_if(R"({"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}})"),
       ask(kOther)},
      {"a negated pattern holds for nothing", true,
       decrypt_if(R"({"StringNotLike": {"kms:EncryptionContext:a": "b*"}})"), ask(kOther)},
      {"a negated ARN too", true, decrypt_if(R"({"ArnNotEquals": {"kms:EncryptionContext:a": "arn:*"}})"),
       ask(kOther)},
      {"a boolean of nothing does not hold", false,
       decrypt_if(R"({"Bool": {"kms:GrantIsForAWSResource": "false"}})"), ask(kOther)},
  });
}

TEST(Decision, compares_sets_as_their_quantifiers_say) {
  EncryptionContext const two{{"Department", "IT"}, {"Purpose", "Test"}};
  auto const names = [](std::string const& quantifier, std::string const& values) {
    return decrypt_if(R"({")" + quantifier + R"(StringEquals": {"kms:EncryptionContextKeys": )" + values +
                      "}}");
  };
  try_cases({
      {"any of the names", true, names("ForAnyValue:", R"("Purpose")"), ask(kOther, Action::decrypt, two)},
      {"none of the names", false, names("ForAnyValue:", R"("Owner")"), ask(kOther, Action::decrypt, two)},
      {"the case of a name counts here", false, names("ForAnyValue:", R"("purpose")"),
       ask(kOther, Action::decrypt, two)},
      {"any of no names", false, names("ForAnyValue:", R"("Purpose")"), ask(kOther)},
      {"all the names", true, names("ForAllValues:", R"(["Department", "Purpose", "More"])"),
       ask(kOther, Action::decrypt, two)},
      {"not all the names", false, names("ForAllValues:", R"("Department")"),
       ask(kOther, Action::decrypt, two)},
      {"all of no names", true, names("ForAllValues:", R"("Department")"), ask(kOther)},
      {"without a quantifier any", true, names("", R"("Department")"), ask(kOther, Action::decrypt, two)},
      {"negated without a quantifier none", false,
       decrypt_if(R"({"StringNotEquals": {"kms:EncryptionContextKeys": "Department"}})"),
       ask(kOther, Action::decrypt, two)},
      {"any that differs", true,
       decrypt_if(R"({"ForAnyValue:StringNotEquals": {"kms:EncryptionContextKeys": "Department"}})"),
       ask(kOther, Action::decrypt, two)},
      {"all that differ", false,
       decrypt_if(R"({"ForAllValues:StringNotEquals": {"kms:EncryptionContextKeys": "Department"}})"),
       ask(kOther, Action::decrypt, two)},
      {"the name of a pair without regard to case", true,
       decrypt_if(R"({"StringEquals": {"kms:EncryptionContext:department": "IT"}})"),
       ask(kOther, Action::decrypt, two)},
      {"only requests with a context have one", false,
       policy(allow(R"("*")", R"("kms:DescribeKey")",
                    R"({"StringEquals": {"kms:EncryptionContext:Department": "IT"}})")),
       ask(kOther, Action::describe_key, two)},
  });
}

TEST(Decision, knows_the_organization_of_an_account) {
  auto const path = [](std::string const& pattern) {
    return decrypt_if(R"({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ")" + pattern + R"("}})");
  };
  try_cases({
      {"of the organization", true, decrypt_if(R"({"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}})"),
       ask(kMember)},
      {"of another", false, decrypt_if(R"({"StringEquals": {"aws:PrincipalOrgID": "o-zzzzzzzzzz"}})"),
       ask(kMember)},
      {"below the organization", true, path("o-a1b2c3d4e5/*"), ask(kMember)},
      {"in a unit", true, path("o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*"), ask(kMember)},
      {"exactly there", true, path("o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/ou-ab12-22222222/"), ask(kMember)},
      {"not in the unit above alone", false, path("o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/"), ask(kMember)},
      {"in another unit", false, path("o-a1b2c3d4e5/r-ab12/ou-ab12-99999999/*"), ask(kMember)},
      {"nowhere", false, path("o-a1b2c3d4e5/*"), ask(kOther)},
  });
}

TEST(Decision, tells_what_comes_through_a_service) {
  auto const ebs = ebs_managed_policy("111111111111", "us-east-1");
  auto const service = ec2_service("us-east-1");
  auto const for_resource = policy(
      allow(kRootOfOther, R"("kms:CreateGrant")", R"({"Bool": {"kms:GrantIsForAWSResource": "true"}})"));
  try_cases({
      {"the managed key through EC2", true, ebs, via(ask(kOwner), service)},
      {"not by hand", false, ebs, ask(kOwner)},
      {"not through another region's", false, ebs, via(ask(kOwner), ec2_service("us-west-2"))},
      {"not for another account", false, ebs, via(ask(kOther), service)},
      {"its owner describes it by hand", true, ebs, ask(kOwner, Action::describe_key)},
      {"and reads its policy", true, ebs, ask(kOwner, Action::get_key_policy)},
      {"but does not change that", false, ebs, ask(kOwner, Action::put_key_policy)},
      {"nor disables the key", false, ebs, ask(kOwner, Action::disable_key)},
      {"nor deletes it", false, ebs, ask(kOwner, Action::schedule_key_deletion)},
      {"nor grants it by hand", false, ebs, granting(kOwner, {Action::decrypt})},
      {"EC2 grants it for him", true, ebs, via(granting(kOwner, {Action::decrypt}), service)},
      {"a grant for a resource", true, for_resource, via(granting(kOther, {Action::decrypt}), service)},
      {"a grant by hand", false, for_resource, granting(kOther, {Action::decrypt})},
  });
}

TEST(Decision, compares_what_a_grant_would_give) {
  auto const only =
      policy(allow(kRootOfOther, R"("kms:CreateGrant")",
                   R"({"ForAllValues:StringEquals": {"kms:GrantOperations": ["Encrypt", "Decrypt"]}})"));
  auto const bound = policy(allow(kRootOfOther, R"("kms:CreateGrant")",
                                  R"({"StringEquals": {"kms:EncryptionContext:aws:ebs:id": "vol-1"}})"));
  try_cases({
      {"one of the operations", true, only, granting(kOther, {Action::decrypt})},
      {"all of them", true, only, granting(kOther, {Action::encrypt, Action::decrypt})},
      {"one more", false, only, granting(kOther, {Action::decrypt, Action::describe_key})},
      {"bound to that disk", true, bound,
       granting(kOther, {Action::decrypt}, equals({{"aws:ebs:id", "vol-1"}}))},
      {"bound to another", false, bound,
       granting(kOther, {Action::decrypt}, equals({{"aws:ebs:id", "vol-2"}}))},
      {"not bound", false, bound, granting(kOther, {Action::decrypt})},
  });
}

TEST(Decision, lets_grants_give_what_no_policy_does) {
  auto const mine = policy(kEverything);
  EncryptionContext const one{{"a", "1"}};
  EncryptionContext const two{{"a", "1"}, {"b", "2"}};
  try_cases({
      {"what it gives", true, mine, ask(kOther), {grant(kOther.arn, {Action::decrypt})}},
      {"what it does not", false, mine, ask(kOther, Action::encrypt), {grant(kOther.arn, {Action::decrypt})}},
      {"to whom it does not", false, mine, ask(kStranger), {grant(kOther.arn, {Action::decrypt})}},
      {"several together",
       true,
       mine,
       ask(kOther),
       {grant(kOther.arn, {Action::encrypt}), grant(kOther.arn, {Action::decrypt})}},
      {"to the account, a user of it", true, mine, ask(kBob), {grant(kOther.arn, {Action::decrypt})}},
      {"whom his own side lets",
       false,
       mine,
       on_own_side(ask(kBob), OwnSide::silent),
       {grant(kOther.arn, {Action::decrypt})}},
      {"to the user himself, without his own side",
       true,
       mine,
       on_own_side(ask(kBob), OwnSide::silent),
       {grant(kBob.arn, {Action::decrypt})}},
      {"to a user, not to his account", false, mine, ask(kOther), {grant(kBob.arn, {Action::decrypt})}},
      {"in the own account, without a policy",
       true,
       policy(allow(kRootOfOther, R"("kms:*")")),
       ask(kOwner),
       {grant(kOwner.arn, {Action::decrypt})}},
      {"a context that has the pairs",
       true,
       mine,
       ask(kOther, Action::decrypt, two),
       {grant(kOther.arn, {Action::decrypt}, subset(one))}},
      {"a context that lacks one",
       false,
       mine,
       ask(kOther, Action::decrypt, one),
       {grant(kOther.arn, {Action::decrypt}, subset(two))}},
      {"a pair of another value",
       false,
       mine,
       ask(kOther, Action::decrypt, {{"a", "2"}}),
       {grant(kOther.arn, {Action::decrypt}, subset(one))}},
      {"just the pairs",
       true,
       mine,
       ask(kOther, Action::decrypt, one),
       {grant(kOther.arn, {Action::decrypt}, equals(one))}},
      {"one more than the pairs",
       false,
       mine,
       ask(kOther, Action::decrypt, two),
       {grant(kOther.arn, {Action::decrypt}, equals(one))}},
      {"constraints do not bind what has no context",
       true,
       mine,
       ask(kOther, Action::describe_key),
       {grant(kOther.arn, {Action::describe_key}, equals(one))}},
  });
}

TEST(Decision, lets_a_grant_give_no_more_than_it_has) {
  auto const mine = policy(kEverything);
  using enum Action;
  EncryptionContext const one{{"a", "1"}};
  EncryptionContext const two{{"a", "1"}, {"b", "2"}};
  auto const all = grant(kOther.arn, {create_grant, decrypt, encrypt});
  auto const some = grant(kOther.arn, {create_grant, decrypt}, subset(one));
  auto const just = grant(kOther.arn, {create_grant, decrypt}, equals(one));
  try_cases({
      {"a part", true, mine, granting(kOther, {decrypt}), {all}},
      {"all, with the right to give on",
       true,
       mine,
       granting(kOther, {create_grant, decrypt, encrypt}),
       {all}},
      {"more", false, mine, granting(kOther, {decrypt, describe_key}), {all}},
      {"not from a grant without that right",
       false,
       mine,
       granting(kOther, {decrypt}),
       {grant(kOther.arn, {decrypt})}},
      {"nor from two that have it between them",
       false,
       mine,
       granting(kOther, {decrypt, encrypt}),
       {grant(kOther.arn, {create_grant, decrypt}), grant(kOther.arn, {create_grant, encrypt})}},
      {"bound as it is", true, mine, granting(kOther, {decrypt}, subset(one)), {some}},
      {"bound more tightly", true, mine, granting(kOther, {decrypt}, subset(two)), {some}},
      {"bound to just those", true, mine, granting(kOther, {decrypt}, equals(two)), {some}},
      {"not bound at all", false, mine, granting(kOther, {decrypt}), {some}},
      {"bound otherwise", false, mine, granting(kOther, {decrypt}, subset({{"b", "2"}})), {some}},
      {"bound to the same", true, mine, granting(kOther, {decrypt}, equals(one)), {just}},
      {"looser than just those", false, mine, granting(kOther, {decrypt}, subset(one)), {just}},
      {"just others", false, mine, granting(kOther, {decrypt}, equals(two)), {just}},
      {"from a policy whatever there is",
       true,
       policy(allow(kRootOfOther, R"("kms:CreateGrant")")),
       granting(kOther, {decrypt, encrypt, describe_key, create_grant}),
       {}},
  });
}

TEST(Decision, lets_a_grant_be_given_back_by_those_whom_it_concerns) {
  auto made = grant(kOther.arn, {Action::decrypt});
  EXPECT_TRUE(may_retire(made, kOwner)) << "the account that made it";
  EXPECT_FALSE(may_retire(made, kOther)) << "the grantee, to whom it does not give RetireGrant";
  EXPECT_FALSE(may_retire(made, kStranger));
  made.given.operations.push_back(Action::retire_grant);
  EXPECT_TRUE(may_retire(made, kOther));
  made.given.retiring_principal = kStranger.arn;
  EXPECT_TRUE(may_retire(made, kStranger));
}

}  // namespace
}  // namespace argosy::keys
