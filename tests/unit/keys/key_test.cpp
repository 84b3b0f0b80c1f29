#include "keys/key.h"

#include <gtest/gtest.h>

#include <map>

#include "keys/grant.h"
#include "keys/identifier.h"

namespace argosy::keys {
namespace {

Key key_in(KeyState state) {
  Key key{"1234abcd-12ab-34cd-56ef-1234567890ab", "111111111111", "us-east-1"};
  key.state = state;
  return key;
}

TEST(Key, allows_in_each_state_what_the_table_says) {
  std::string const ok;
  std::string const disabled = "DisabledException";
  std::string const state = "KMSInvalidStateException";
  struct Row {
    std::vector<Action> actions;
    std::array<std::string, 5>
        answers;  // Enabled, Disabled, PendingDeletion, PendingReplicaDeletion, Updating
  };
  using enum Action;
  // Source: ec2-semantics F3.
  std::vector<Row> const rows{
      {{encrypt, decrypt, re_encrypt_from, re_encrypt_to, generate_data_key,
        generate_data_key_without_plaintext, create_grant, rotate_key_on_demand, enable_key_rotation,
        disable_key_rotation},
       {ok, disabled, state, state, ok}},
      {{replicate_key, update_primary_region}, {ok, disabled, state, state, state}},
      {{describe_key, get_key_policy, put_key_policy, list_key_policies, list_grants, revoke_grant,
        retire_grant, list_resource_tags, delete_alias, update_alias, get_key_rotation_status,
        list_key_rotations},
       {ok, ok, ok, ok, ok}},
      {{create_alias, tag_resource, untag_resource, update_key_description}, {ok, ok, state, state, ok}},
      {{enable_key, disable_key, schedule_key_deletion}, {ok, ok, state, state, state}},
      {{cancel_key_deletion}, {state, state, ok, ok, state}},
  };
  std::array const states{KeyState::enabled, KeyState::disabled, KeyState::pending_deletion,
                          KeyState::pending_replica_deletion, KeyState::updating};
  for (auto const& [actions, answers] : rows)
    for (auto const action : actions)
      for (std::size_t i = 0; i < states.size(); ++i) {
        auto const checked = check_state(key_in(states[i]), action);
        EXPECT_EQ(checked ? ok : checked.error().code, answers[i])
            << to_text(action) << " of a key that is " << to_text(states[i]);
      }
  for (auto const& row : rows)
    for (auto const action : row.actions)
      EXPECT_EQ(check_state(key_in(KeyState::deleted), action).error().code, "NotFoundException");
}

TEST(Key, says_its_state_by_its_name) {
  EXPECT_EQ(check_state(key_in(KeyState::disabled), Action::decrypt).error().message,
            "arn:aws:kms:us-east-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab is disabled.");
  EXPECT_EQ(
      check_state(key_in(KeyState::pending_deletion), Action::decrypt).error().message,
      "arn:aws:kms:us-east-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab is pending deletion.");
}

TEST(Key, waits_for_its_deletion_and_comes_back_disabled) {
  auto const now = *parse_iso8601("2026-05-09T14:22:31Z");
  auto pending = schedule_deletion(key_in(KeyState::enabled), 7, false, now);
  EXPECT_EQ(pending.state, KeyState::pending_deletion);
  EXPECT_EQ(pending.deletion, now + std::chrono::days(7));
  auto back = cancel_deletion(pending);
  EXPECT_EQ(back.state, KeyState::disabled);
  EXPECT_FALSE(back.deletion);
  auto primary = schedule_deletion(key_in(KeyState::enabled), 9, true, now);
  EXPECT_EQ(primary.state, KeyState::pending_replica_deletion);
  EXPECT_FALSE(primary.deletion) << "its window begins when the last replica is gone";
  EXPECT_EQ(primary.window_days, 9);
  auto const gone = end(pending, now + std::chrono::days(7));
  EXPECT_NE(check_state(gone, Action::describe_key).error().message.find("2026-05-16T14:22:31.000Z"),
            std::string::npos);
}

TEST(Key, hands_on_what_all_share_when_another_becomes_the_primary_key) {
  auto const now = *parse_iso8601("2026-05-09T14:22:31Z");
  auto primary = set_rotation(key_in(KeyState::enabled), 365, now);
  primary.scope = KeyScope::primary;
  primary.primary_region = primary.region;
  primary.current_version = 4;
  primary.revision = 8;
  auto const former = step_down(primary, "us-west-2");
  EXPECT_EQ(former.state, KeyState::updating);
  EXPECT_EQ(check_primary(former).error().code, "UnsupportedOperationException");
  auto replica = key_in(KeyState::enabled);
  replica.region = "us-west-2";
  replica.scope = KeyScope::replica;
  replica.primary_region = primary.region;
  auto const next = take_over(replica, former);
  EXPECT_TRUE(check_primary(next));
  EXPECT_EQ(next.primary_region, "us-west-2");
  EXPECT_EQ(next.current_version, 4U);
  EXPECT_EQ(next.next_rotation, now + std::chrono::days(365));
  EXPECT_GT(next.revision, former.revision) << "what the former one may still say is late";
  auto const ended = end_update(former, true);
  EXPECT_EQ(ended.state, KeyState::enabled);
  EXPECT_EQ(ended.scope, KeyScope::replica);
  EXPECT_FALSE(ended.next_rotation) << "its primary key alone renews the material";
  EXPECT_TRUE(check_primary(end_update(former, false)));
  auto const waiting = take_over(schedule_deletion(replica, 9, false, now), former);
  EXPECT_EQ(waiting.state, KeyState::pending_replica_deletion);
  EXPECT_FALSE(waiting.deletion);
}

TEST(Action, has_a_name_that_is_read_back) {
  for (int i = 0; i <= static_cast<int>(Action::update_primary_region); ++i) {
    auto const action = static_cast<Action>(i);
    EXPECT_EQ(parse_action(to_text(action)), action);
  }
  EXPECT_FALSE(parse_action("Sign"));
}

TEST(Grant, is_refused_when_it_is_malformed) {
  GrantProposal const good{"n", "222222222222", "", {Action::encrypt, Action::decrypt, Action::encrypt}, {}};
  auto checked = check_proposal(good);
  ASSERT_TRUE(checked);
  EXPECT_EQ(checked->grantee, "arn:aws:iam::222222222222:root");
  EXPECT_EQ(checked->operations, (std::vector{Action::decrypt, Action::encrypt}));
  auto code = [&](auto change) {
    auto bad = good;
    change(bad);
    return check_proposal(bad).error().code;
  };
  std::string const invalid = "ValidationException";
  EXPECT_EQ(code([](auto& p) { p.grantee = "ec2.amazonaws.com"; }), "InvalidArnException");
  EXPECT_EQ(code([](auto& p) { p.retiring_principal = "x"; }), "InvalidArnException");
  EXPECT_EQ(code([](auto& p) { p.name = "a b"; }), invalid);
  EXPECT_EQ(code([](auto& p) { p.name = std::string(257, 'a'); }), invalid);
  EXPECT_EQ(code([](auto& p) { p.operations.clear(); }), invalid);
  EXPECT_EQ(code([](auto& p) { p.operations.push_back(Action::put_key_policy); }), invalid);
  EXPECT_EQ(code([](auto& p) { p.constraints = {Constraints::Kind::equals, {}}; }), invalid);
  EXPECT_EQ(code([](auto& p) { p.constraints = {Constraints::Kind::equals, {{"", "x"}}}; }), invalid);
  EXPECT_EQ(code([](auto& p) {
              p.constraints = {Constraints::Kind::equals, {{"a", std::string(385, 'x')}}};
            }),
            invalid);
  EXPECT_EQ(code([](auto& p) {
              p.constraints.kind = Constraints::Kind::subset;
              for (int i = 0; i < 9; ++i) p.constraints.pairs[std::to_string(i)] = "x";
            }),
            invalid);
}

TEST(GrantToken, names_its_grant_and_is_another_text_each_time) {
  auto const entropy = seeded_entropy(2);
  auto const id = make_grant_id(*entropy);
  ASSERT_TRUE(is_grant_id(id));
  auto const first = make_grant_token(id, *entropy);
  auto const second = make_grant_token(id, *entropy);
  EXPECT_NE(first, second);
  EXPECT_EQ(*read_grant_token(first), id);
  EXPECT_EQ(*read_grant_token(second), id);
  for (auto const& text : {std::string(), std::string("x"), first.substr(4)})
    EXPECT_EQ(read_grant_token(text).error().code, "InvalidGrantTokenException");
}

}  // namespace
}  // namespace argosy::keys
