#include "catalogue/keys.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "catalogue/aliases.h"
#include "catalogue/grants.h"
#include "catalogue/secrets.h"
#include "support/region.h"

namespace argosy::catalogue {
namespace {

class KeyRows : public testing::Test {
 protected:
  template <class Function>
  auto run(Function function) {
    return region_.run(function);
  }
  keys::Key make(std::string const& id, std::string const& account = "111111111111") {
    keys::Key key{id, account, "us-east-1"};
    key.created = now_;
    EXPECT_TRUE(run([&](Transaction& tx) { return insert_key(tx, key); }));
    return key;
  }
  keys::Grant grant(char digit, std::string const& key, std::string const& grantee) {
    keys::Grant out{std::string(64, digit), key, "111111111111", now_, {}};
    out.given.grantee = grantee;
    out.given.operations = {keys::Action::decrypt, keys::Action::describe_key};
    return out;
  }

  tests::Region region_{"us-east-1"};
  Time now_ = region_.clock.now();
};

TEST_F(KeyRows, keep_all_that_a_key_is) {
  keys::Key key{"mrk-1234abcd12ab34cd56ef1234567890ab", "111111111111", "us-east-1", "d", "{}"};
  key.state = keys::KeyState::pending_replica_deletion;
  key.manager = keys::KeyManager::aws;
  key.scope = keys::KeyScope::replica;
  key.primary_region = "us-west-2";
  key.created = now_;
  key.window_days = 9;
  key.rotation_days = 365;
  key.next_rotation = now_ + std::chrono::days(365);
  key.current_version = 3;
  key.revision = 5;
  ASSERT_TRUE(run([&](Transaction& tx) { return insert_key(tx, key); }));
  auto read = [&] { return **run([&](Transaction& tx) { return find_key(tx, key.id); }); };
  auto same = [](keys::Key const& one, keys::Key const& other) {
    EXPECT_EQ(one.arn(), other.arn());
    EXPECT_EQ(one.description, other.description);
    EXPECT_EQ(one.policy, other.policy);
    EXPECT_EQ(one.state, other.state);
    EXPECT_EQ(one.manager, other.manager);
    EXPECT_EQ(one.scope, other.scope);
    EXPECT_EQ(one.primary_region, other.primary_region);
    EXPECT_EQ(one.created, other.created);
    EXPECT_EQ(one.deletion, other.deletion);
    EXPECT_EQ(one.window_days, other.window_days);
    EXPECT_EQ(one.rotation_days, other.rotation_days);
    EXPECT_EQ(one.next_rotation, other.next_rotation);
    EXPECT_EQ(one.current_version, other.current_version);
    EXPECT_EQ(one.revision, other.revision);
  };
  same(read(), key);
  key.state = keys::KeyState::disabled;
  key.description = "e";
  key.policy = "{\"a\": 1}";
  key.deletion = now_;
  key.window_days = 0;
  key.rotation_days = 0;
  key.next_rotation.reset();
  key.current_version = 4;
  key.scope = keys::KeyScope::primary;
  key.primary_region = "us-east-1";
  key.revision = 6;
  ASSERT_TRUE(run([&](Transaction& tx) { return save_key(tx, key); }));
  same(read(), key);
  EXPECT_FALSE(*run([&](Transaction& tx) { return find_key(tx, "none"); }));
}

TEST_F(KeyRows, are_listed_and_counted_while_they_are_not_deleted) {
  make("a");
  make("b", "222222222222");
  auto gone = make("c");
  make("d");
  gone.state = keys::KeyState::deleted;
  ASSERT_TRUE(run([&](Transaction& tx) { return save_key(tx, gone); }));
  auto list = [&](std::string const& after, std::size_t limit) {
    return *run([&](Transaction& tx) { return list_keys(tx, "111111111111", after, limit); });
  };
  EXPECT_EQ(list("", 10), (std::vector<std::string>{"a", "d"}));
  EXPECT_EQ(list("a", 10), (std::vector<std::string>{"d"}));
  EXPECT_EQ(list("", 1), (std::vector<std::string>{"a"}));
  EXPECT_EQ(*run([&](Transaction& tx) { return count_keys(tx, "111111111111"); }), 2);
}

TEST_F(KeyRows, are_due_by_their_own_times) {
  auto deleting = make("a");
  deleting.state = keys::KeyState::pending_deletion;
  deleting.deletion = now_ + std::chrono::days(7);
  auto rotating = make("b");
  rotating.next_rotation = now_ + std::chrono::days(3);
  auto waiting = make("c");
  waiting.state = keys::KeyState::pending_replica_deletion;
  for (auto const& key : {deleting, rotating, waiting})
    ASSERT_TRUE(run([&](Transaction& tx) { return save_key(tx, key); }));
  auto due = [&](int days, std::string const& after = "") {
    auto const at = now_ + std::chrono::days(days);
    return *run([&](Transaction& tx) { return list_keys_due(tx, at, after, 10); });
  };
  EXPECT_TRUE(due(2).empty());
  EXPECT_EQ(due(3), (std::vector<std::string>{"b"}));
  EXPECT_EQ(due(7), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(due(7, "a"), (std::vector<std::string>{"b"}));
  EXPECT_EQ(*run([&](Transaction& tx) { return list_waiting_primaries(tx, "", 10); }),
            (std::vector<std::string>{"c"}));
}

TEST_F(KeyRows, hold_each_version_of_the_material_under_the_master_keys) {
  make("a");
  auto const material = crypto::Key::random(*region_.entropy);
  auto insert = [&](std::uint32_t version, MaterialOrigin origin) {
    return run([&](Transaction& tx) {
      return insert_material(tx, region_.master_keys, "a", {version, "id", now_, origin}, material,
                             *region_.entropy);
    });
  };
  ASSERT_TRUE(insert(1, MaterialOrigin::creation));
  ASSERT_TRUE(insert(2, MaterialOrigin::on_demand));
  EXPECT_FALSE(insert(2, MaterialOrigin::automatic)) << "a version is made once";
  auto find = [&](crypto::MasterKeys const& master_keys, std::uint32_t version) {
    return run([&](Transaction& tx) { return find_material(tx, master_keys, "a", version); });
  };
  EXPECT_EQ(to_hex((*find(region_.master_keys, 1))->bytes()), to_hex(material.bytes()));
  EXPECT_FALSE(*find(region_.master_keys, 3));
  EXPECT_EQ(find(crypto::MasterKeys(1, crypto::Key::random(*region_.entropy)), 1).error().fault,
            Fault::corrupt);
  auto const listed = *run([&](Transaction& tx) { return list_materials(tx, "a", 1, 10); });
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].version, 2U);
  EXPECT_EQ(listed[0].origin, MaterialOrigin::on_demand);
  EXPECT_EQ(*run([&](Transaction& tx) { return count_on_demand_rotations(tx, "a"); }), 1);
  auto session = region_.catalogue.take();
  ASSERT_TRUE(
      (*session)->execute("UPDATE key_materials SET wrapped = (SELECT wrapped FROM key_materials WHERE "
                          "version = 1) WHERE version = 2"));
  auto tx = Transaction::begin(**session, sql::Access::read);
  EXPECT_EQ(find_material(*tx, region_.master_keys, "a", 2).error().fault, Fault::corrupt)
      << "a material is bound to its version";
}

TEST_F(KeyRows, have_materials_that_follow_a_new_master_key) {
  auto const material = crypto::Key::random(*region_.entropy);
  for (std::uint32_t const version : {1U, 2U})
    ASSERT_TRUE(run([&](Transaction& tx) {
      return insert_material(tx, region_.master_keys, "a", {version, "id", now_, MaterialOrigin::creation},
                             material, *region_.entropy);
    }));
  region_.master_keys.add(2, crypto::Key::random(*region_.entropy));
  std::int64_t rows = 0;
  for (auto const& column : region_secrets()) {
    auto const done =
        run([&](Transaction& tx) { return rewrap(tx, column, {}, region_.master_keys, *region_.entropy); });
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_TRUE(done->broken.empty()) << column.table;
    if (column.table == "key_materials") rows = done->rows;
  }
  EXPECT_EQ(rows, 2);
  crypto::MasterKeys const newest(2, *region_.master_keys.key(2));
  for (std::uint32_t const version : {1U, 2U})
    EXPECT_TRUE(run([&](Transaction& tx) { return find_material(tx, newest, "a", version); }));
}

/// While there is one: the steps of SQLite's machine that statements of sessions took that are opened
/// meanwhile.
class StepCounter {
 public:
  StepCounter() { sqlite3_auto_extension(reinterpret_cast<void (*)()>(&watch)); }
  ~StepCounter() { sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(&watch)); }
  std::int64_t take() { return std::exchange(steps_, 0); }

 private:
  static int watch(sqlite3* db, char const** /*error*/, sqlite3_api_routines const* /*routines*/) {
    return sqlite3_trace_v2(db, SQLITE_TRACE_PROFILE, &count, nullptr);
  }
  static int count(unsigned /*type*/, void* /*context*/, void* statement, void* /*nanoseconds*/) {
    steps_ += sqlite3_stmt_status(static_cast<sqlite3_stmt*>(statement), SQLITE_STMTSTATUS_VM_STEP, 1);
    return 0;
  }
  static inline std::int64_t steps_ = 0;
};

TEST(Rewrapping, takes_no_longer_for_a_batch_where_there_are_more_materials) {
  auto steps_of_a_batch = [](int materials) {
    StepCounter counter;
    tests::Region region{"us-east-1"};
    auto const& column = region_secrets().back();
    EXPECT_EQ(column.table, "key_materials");
    auto const material = crypto::Key::random(*region.entropy);
    EXPECT_TRUE(region.run([&](Transaction& tx) -> Result<void> {
      for (int i = 0; i < materials; ++i)
        TRY(insert_material(tx, region.master_keys, fmt::format("{:06}", i), {1, "id", {}, {}}, material,
                            *region.entropy));
      return {};
    }));
    region.master_keys.add(2, crypto::Key::random(*region.entropy));
    counter.take();
    auto const done = region.run([&](Transaction& tx) {
      return rewrap(tx, column, {"000500", "000500 1"}, region.master_keys, *region.entropy);
    });
    EXPECT_EQ(done->rows, 200);
    EXPECT_EQ(done->last.id, "000700 1");
    return counter.take();
  };
  auto const few = steps_of_a_batch(1'000);
  EXPECT_GT(few, 0);
  EXPECT_LT(steps_of_a_batch(4'000), few * 3 / 2);
}

TEST_F(KeyRows, tell_which_replicas_lag) {
  auto save = [&](std::string const& region, bool in_step) {
    ASSERT_TRUE(run([&](Transaction& tx) { return save_replica(tx, "a", region, in_step, now_); }));
  };
  save("us-west-2", true);
  save("eu-west-1", false);
  EXPECT_EQ(*run([&](Transaction& tx) { return list_replicas(tx, "a"); }),
            (std::vector<std::string>{"eu-west-1", "us-west-2"}));
  auto lagging = [&] { return *run([&](Transaction& tx) { return list_lagging_replicas(tx, {}, 10); }); };
  ASSERT_EQ(lagging().size(), 1U);
  EXPECT_EQ(lagging()[0].region, "eu-west-1");
  EXPECT_EQ(lagging()[0].since, now_);
  auto const last = lagging()[0];
  EXPECT_TRUE(run([&](Transaction& tx) { return list_lagging_replicas(tx, last, 10); })->empty());
  save("eu-west-1", true);
  EXPECT_TRUE(lagging().empty());
  ASSERT_TRUE(run([&](Transaction& tx) { return remove_replica(tx, "a", "us-west-2"); }));
  EXPECT_EQ(run([&](Transaction& tx) { return list_replicas(tx, "a"); })->size(), 1U);
  ASSERT_TRUE(run([&](Transaction& tx) {
    return save_replicas(tx, "a", {"us-west-2", "us-west-1"}, true, now_);
  }));
  EXPECT_EQ(*run([&](Transaction& tx) { return list_replicas(tx, "a"); }),
            (std::vector<std::string>{"us-west-1", "us-west-2"}));
}

TEST_F(KeyRows, have_tags_that_are_overwritten_by_name) {
  ASSERT_TRUE(run([&](Transaction& tx) { return save_key_tags(tx, "a", {{"x", "1"}, {"y", "2"}}); }));
  ASSERT_TRUE(run([&](Transaction& tx) { return save_key_tags(tx, "a", {{"x", "3"}}); }));
  ASSERT_TRUE(run([&](Transaction& tx) { return remove_key_tag(tx, "a", "none"); }));
  EXPECT_EQ(*run([&](Transaction& tx) { return list_key_tags(tx, "a", "", 10); }),
            (KeyTags{{"x", "3"}, {"y", "2"}}));
  EXPECT_EQ(*run([&](Transaction& tx) { return list_key_tags(tx, "a", "x", 10); }), (KeyTags{{"y", "2"}}));
  EXPECT_EQ(*run([&](Transaction& tx) { return count_key_tags(tx, "a"); }), 2);
  EXPECT_EQ(*run([&](Transaction& tx) { return count_key_tags(tx, "b"); }), 0);
}

TEST_F(KeyRows, are_named_by_aliases_of_an_account) {
  auto save = [&](std::string const& account, std::string const& name, std::string const& key, Time at) {
    ASSERT_TRUE(run([&](Transaction& tx) { return save_alias(tx, account, {name, key, at, at}); }));
  };
  save("111111111111", "alias/a", "k1", now_);
  save("111111111111", "alias/b", "k2", now_);
  save("222222222222", "alias/a", "k3", now_);
  auto const later = now_ + std::chrono::hours(1);
  save("111111111111", "alias/a", "k2", later);
  auto const moved = **run([&](Transaction& tx) { return find_alias(tx, "111111111111", "alias/a"); });
  EXPECT_EQ(moved.key, "k2");
  EXPECT_EQ(moved.created, now_);
  EXPECT_EQ(moved.updated, later);
  auto list = [&](std::string const& key, std::string const& after) {
    std::vector<std::string> out;
    auto const found = run([&](Transaction& tx) { return list_aliases(tx, "111111111111", key, after, 10); });
    for (auto const& alias : *found) out.push_back(alias.name);
    return out;
  };
  EXPECT_EQ(list("", ""), (std::vector<std::string>{"alias/a", "alias/b"}));
  EXPECT_EQ(list("", "alias/a"), (std::vector<std::string>{"alias/b"}));
  EXPECT_EQ(list("k1", ""), (std::vector<std::string>{}));
  EXPECT_EQ(*run([&](Transaction& tx) { return count_aliases(tx, "k2"); }), 2);
  ASSERT_TRUE(run([&](Transaction& tx) { return remove_alias(tx, "111111111111", "alias/b"); }));
  ASSERT_TRUE(run([&](Transaction& tx) { return remove_aliases_of(tx, "k2"); }));
  EXPECT_TRUE(list("", "").empty());
  EXPECT_TRUE(*run([&](Transaction& tx) { return find_alias(tx, "222222222222", "alias/a"); }));
}

TEST_F(KeyRows, have_grants_that_come_back_as_they_were_given) {
  auto first = grant('1', "k", "arn:aws:iam::222222222222:root");
  first.given.name = "n";
  first.given.retiring_principal = "arn:aws:iam::111111111111:root";
  first.given.constraints = {keys::Constraints::Kind::subset, {{"a", "1"}, {"b", ""}}};
  auto const second = grant('2', "k", "arn:aws:iam::333333333333:root");
  auto const third = grant('3', "other", "arn:aws:iam::222222222222:root");
  for (auto const& made : {first, second, third})
    ASSERT_TRUE(run([&](Transaction& tx) { return insert_grant(tx, made); }));
  auto const read = **run([&](Transaction& tx) { return find_grant(tx, first.id); });
  EXPECT_EQ(read.key_id, "k");
  EXPECT_EQ(read.issuing_account, "111111111111");
  EXPECT_EQ(read.created, now_);
  EXPECT_EQ(read.given, first.given);
  auto list = [&](std::string const& grantee, std::string const& after, std::size_t limit) {
    std::string out;
    auto const found = run([&](Transaction& tx) { return list_grants(tx, "k", grantee, after, limit); });
    for (auto const& one : *found) out += one.id[0];
    return out;
  };
  EXPECT_EQ(list("", "", 10), "12");
  EXPECT_EQ(list("", "", 1), "1");
  EXPECT_EQ(list("", first.id, 10), "2");
  EXPECT_EQ(list("arn:aws:iam::222222222222:root", "", 10), "1");
  EXPECT_EQ(*run([&](Transaction& tx) { return count_grants(tx, "k"); }), 2);
  auto const retirable = *run(
      [&](Transaction& tx) { return list_retirable_grants(tx, "arn:aws:iam::111111111111:root", "", 10); });
  ASSERT_EQ(retirable.size(), 1U);
  EXPECT_EQ(retirable[0].id, first.id);
  ASSERT_TRUE(run([&](Transaction& tx) { return remove_grant(tx, first.id); }));
  EXPECT_EQ(list("", "", 10), "2");
  ASSERT_TRUE(run([&](Transaction& tx) { return remove_grants_of(tx, "k"); }));
  EXPECT_EQ(list("", "", 10), "");
  EXPECT_TRUE(*run([&](Transaction& tx) { return find_grant(tx, third.id); }));
}

}  // namespace
}  // namespace argosy::catalogue
