#include "keystore/keystore.h"

#include <gtest/gtest.h>

#include "catalogue/aliases.h"
#include "catalogue/grants.h"
#include "keystore/primary_region.h"
#include "keystore/upkeep.h"
#include "sql/in_transaction.h"
#include "support/folder.h"

namespace argosy::keystore {
namespace {

using catalogue::Transaction;
using keys::Action;
using keys::Key;

access::Caller caller(std::string const& account) {
  return {account, "AKIA", keys::root_arn(account), account};
}
auto const kOwner = caller("111111111111");
auto const kOther = caller("222222222222");

/// Regions of one process, each with a catalogue in memory.
class Regions {
 public:
  sql::Pool& of(std::string_view name) {
    auto const found = pools_.find(name);
    if (found != pools_.end()) return *found->second;
    auto pool =
        std::make_unique<sql::Pool>([] { return sql::open_sqlite(":memory:", sql::Durability::process); }, 1);
    {
      auto session = pool->take();
      EXPECT_TRUE(catalogue::create_region_schema(**session));
    }
    return *pools_.emplace(name, std::move(pool)).first->second;
  }
  /// As it is at this moment.
  std::string save(std::string const& name) {
    auto const path = folder_ / std::to_string(++saved_);
    auto session = of(name).take();
    EXPECT_TRUE((*session)->save_copy(path));
    return path;
  }
  void restore(std::string const& name, std::string const& path) {
    pools_.insert_or_assign(
        name,
        std::make_unique<sql::Pool>([path] { return sql::open_sqlite(path, sql::Durability::process); }, 1));
  }

 private:
  tests::Folder const folder_;
  int saved_ = 0;
  std::map<std::string, std::unique_ptr<sql::Pool>, std::less<>> pools_;
};

class Keystore : public testing::Test {
 protected:
  static constexpr auto kEast = "us-east-1";
  static constexpr auto kWest = "us-west-2";
  static constexpr auto kIreland = "eu-west-1";

  template <class Function>
  auto in(std::string const& region, Function const& function) {
    return sql::in_transaction(regions_.of(region), sql::Access::write, function);
  }
  Vault vault(std::string const& region) { return {region, master_keys_, *entropy_}; }

  Key make_key(bool multi_region = false, access::Caller const& owner = kOwner) {
    Key key;
    key.id = keys::make_key_id(*entropy_, multi_region);
    key.account = owner.account;
    key.region = kEast;
    key.policy = keys::default_policy(owner.account);
    key.scope = multi_region ? keys::KeyScope::primary : keys::KeyScope::single_region;
    if (multi_region) key.primary_region = kEast;
    key.created = now_;
    EXPECT_TRUE(in(kEast, [&](Transaction& tx) { return insert_key(tx, vault(kEast), key, 100); }));
    return key;
  }
  Result<Key> find(std::string const& name, access::Caller const& who, Action action = Action::describe_key) {
    return in(kEast, [&](Transaction& tx) { return find_key(tx, kEast, name, {who, action}); });
  }
  Result<Bytes> encrypt_in(std::string const& region, std::string const& name,
                           access::Caller const& who = kOwner, keys::EncryptionContext const& context = {}) {
    return in(region, [&](Transaction& tx) -> Result<Bytes> {
      return TRY(encrypt(tx, vault(region), name, {who, Action::encrypt, context}, as_bytes("secret"))).blob;
    });
  }
  Result<std::string> decrypt_in(std::string const& region, Bytes const& blob,
                                 access::Caller const& who = kOwner,
                                 keys::EncryptionContext const& context = {},
                                 std::optional<std::string> const& name = std::nullopt) {
    return in(region, [&](Transaction& tx) -> Result<std::string> {
      auto const opened = TRY(decrypt(tx, vault(region), {who, Action::decrypt, context}, blob, name));
      return std::string(as_text(opened.plain));
    });
  }
  void save(Key const& key) {
    ASSERT_TRUE(in(key.region, [&](Transaction& tx) { return catalogue::save_key(tx, key); }));
  }
  Key stored(std::string const& region, std::string const& id) {
    return **in(region, [&](Transaction& tx) { return catalogue::find_key(tx, id); });
  }
  void name_key(std::string const& alias, Key const& key) {
    ASSERT_TRUE(in(kEast, [&](Transaction& tx) {
      return catalogue::save_alias(tx, key.account, {alias, key.id, now_, now_});
    }));
  }
  void give(Key const& key, std::string const& grantee, std::vector<Action> operations) {
    keys::Grant const grant{
        keys::make_grant_id(*entropy_), key.id, key.account, now_, {"", grantee, "", operations, {}}};
    ASSERT_TRUE(in(kEast, [&](Transaction& tx) { return catalogue::insert_grant(tx, grant); }));
  }
  Catalogues catalogues() {
    return [this](std::string_view name) { return &regions_.of(name); };
  }
  Key replicate_to(std::string const& region, Key const& primary) {
    auto replica = primary;
    replica.region = region;
    replica.scope = keys::KeyScope::replica;
    replica.primary_region = primary.region;
    auto const made = replicate(catalogues(), vault(kEast), replica, {{"k", "v"}}, 100, now_);
    EXPECT_TRUE(made) << made.error().message;
    return replica;
  }
  /// Begins a rotation; replicas come into step later.
  void rotate_in(std::string const& region, std::string const& id) {
    auto const key = stored(region, id);
    ASSERT_TRUE(in(region, [&](Transaction& tx) {
      return rotate(tx, vault(region), key, catalogue::MaterialOrigin::on_demand, now_);
    }));
  }
  void rotate_in_east(std::string const& id) { rotate_in(kEast, id); }
  /// As UpdatePrimaryRegion does.
  Result<void> try_to_step_down(Key const& primary, std::string const& region) {
    auto const replica = stored(region, primary.id);
    auto const successor =
        in(region, [&](Transaction& tx) { return read_shared(tx, vault(region), replica); });
    auto const now = stored(primary.region, primary.id);
    return in(primary.region, [&](Transaction& tx) { return keystore::step_down(tx, now, *successor); });
  }
  void step_down(Key const& primary, std::string const& region) {
    auto const done = try_to_step_down(primary, region);
    ASSERT_TRUE(done) << done.error().message;
  }
  void make_west_primary(Key const& primary) {
    step_down(primary, kWest);
    ASSERT_TRUE(end_update(catalogues(), vault(kEast), primary.id, now_));
  }
  /// The primary key in the west, and all follow it.
  void expect_west_is_primary(std::string const& id) {
    for (std::string const region : {kEast, kWest, kIreland}) {
      auto const key = stored(region, id);
      EXPECT_EQ(key.scope, region == kWest ? keys::KeyScope::primary : keys::KeyScope::replica) << region;
      EXPECT_EQ(key.primary_region, kWest) << region;
      for (auto const* from : {kEast, kWest, kIreland})
        EXPECT_EQ(decrypt_in(region, *encrypt_in(from, id)), "secret") << from << " " << region;
    }
  }
  void set_rotation_in_east(std::string const& id, int days) {
    auto const key = keys::set_rotation(stored(kEast, id), days, now_);
    ASSERT_TRUE(in(kEast, [&](Transaction& tx) { return save_shared(tx, key, now_); }));
  }
  /// Its primary key in the east was restored from before a rotation and rotated anew: version 2 of its
  /// material is another one than in the west, whose revision is the later one.
  Key make_parted_key() {
    auto const primary = make_key(true);
    replicate_to(kWest, primary);
    auto const east = regions_.save(kEast);
    rotate_in_east(primary.id);
    step(kEast);
    regions_.restore(kEast, east);
    rotate_in_east(primary.id);  // with nobody having compared them
    return primary;
  }
  std::vector<std::string> replicas_in(std::string const& region, std::string const& id) {
    return *in(region, [&](Transaction& tx) { return catalogue::list_replicas(tx, id); });
  }
  void start(std::string const& region) {
    auto const compared = compare_with_primaries(catalogues(), vault(region), now_);
    ASSERT_TRUE(compared) << compared.error().message;
  }
  void expect_all_decrypt_all(std::string const& id) {
    for (auto const* from : {kEast, kWest})
      for (auto const* to : {kEast, kWest})
        EXPECT_EQ(decrypt_in(to, *encrypt_in(from, id)), "secret") << from << " " << to;
  }
  void step(std::string const& region) {
    auto const next = step_keys(catalogues(), vault(region), now_);
    ASSERT_TRUE(next) << next.error().message;
    EXPECT_GT(*next, now_);
  }
  /// Until the clock has gone on evenly for long enough that keys whose time has come are deleted.
  void step_ten_minutes(std::string const& region) {
    step(region);
    now_ += std::chrono::minutes(10);
    step(region);
  }

  Regions regions_;
  std::unique_ptr<Entropy> entropy_ = seeded_entropy(7);
  crypto::MasterKeys master_keys_{1, crypto::Key::random(*entropy_)};
  Time now_ = *parse_iso8601("2026-05-09T14:22:31Z");
};

TEST_F(Keystore, finds_a_key_by_each_of_its_names) {
  auto const key = make_key();
  name_key("alias/k", key);
  for (auto const& name :
       {key.id, key.arn(), std::string("alias/k"), keys::alias_arn(kEast, kOwner.account, "alias/k")})
    EXPECT_EQ(find(name, kOwner)->id, key.id) << name;
  auto managed = in(kEast, [&](Transaction& tx) {
    return find_key(tx, kEast, "alias/k", {kOwner, Action::describe_key}, Names::no_aliases);
  });
  EXPECT_EQ(managed.error().code, "NotFoundException");
  EXPECT_EQ(find("alias/none", kOwner).error().code, "NotFoundException");
  EXPECT_EQ(find(keys::make_key_id(*entropy_, false), kOwner).error().code, "NotFoundException");
  EXPECT_EQ(find(keys::key_arn(kWest, kOwner.account, key.id), kOwner).error().message,
            "Invalid arn us-west-2");
}

TEST_F(Keystore, lets_another_account_in_by_arn_alone) {
  auto const key = make_key();
  name_key("alias/k", key);
  give(key, kOther.arn, {Action::describe_key, Action::encrypt, Action::decrypt});
  EXPECT_TRUE(find(key.arn(), kOther));
  EXPECT_TRUE(find(keys::alias_arn(kEast, kOwner.account, "alias/k"), kOther));
  EXPECT_EQ(find(key.id, kOther).error().code, "NotFoundException")
      << "an id is looked for in his own account";
  EXPECT_EQ(find("alias/k", kOther).error().code, "NotFoundException");
  auto const blob = encrypt_in(kEast, key.arn(), kOther);
  ASSERT_TRUE(blob) << blob.error().message;
  EXPECT_EQ(*decrypt_in(kEast, *blob, kOther), "secret");
  EXPECT_EQ(*decrypt_in(kEast, *blob), "secret");
}

TEST_F(Keystore, does_not_tell_a_stranger_whether_a_key_exists) {
  auto const key = make_key();
  name_key("alias/k", key);
  auto const blob = *encrypt_in(kEast, key.id);
  std::string const absent = "00000000-0000-4000-8000-000000000000";
  auto same = [](Result<Key> const& one, std::string const& name, Result<Key> const& other,
                 std::string const& other_name) {
    auto message = one.error().message;
    message.replace(message.find(name), name.size(), other_name);
    EXPECT_EQ(one.error().code, "AccessDeniedException");
    EXPECT_EQ(other.error().code, "AccessDeniedException");
    EXPECT_EQ(message, other.error().message);
  };
  auto const absent_arn = keys::key_arn(kEast, kOwner.account, absent);
  auto const alias = keys::alias_arn(kEast, kOwner.account, "alias/k");
  auto const absent_alias = keys::alias_arn(kEast, kOwner.account, "alias/x");
  auto compare = [&] {
    same(find(key.arn(), kOther), key.arn(), find(absent_arn, kOther), absent_arn);
    same(find(alias, kOther), alias, find(absent_alias, kOther), absent_alias);
    auto unknown = blob;
    unknown[20] ^= std::byte{1};  // another key's id
    auto const refused = decrypt_in(kEast, blob, kOther);
    EXPECT_EQ(refused.error().code, "AccessDeniedException");
    EXPECT_EQ(refused.error().message, decrypt_in(kEast, unknown, kOther).error().message);
  };
  compare();
  for (auto const state :
       {keys::KeyState::disabled, keys::KeyState::pending_deletion, keys::KeyState::deleted}) {
    auto changed = key;
    changed.state = state;
    save(changed);
    compare();
  }
}

TEST_F(Keystore, decrypts_with_the_same_context_and_the_named_key_alone) {
  auto const key = make_key();
  auto const other = make_key();
  keys::EncryptionContext const context{{"aws:ebs:id", "snap-1"}};
  auto const blob = *encrypt_in(kEast, key.id, kOwner, context);
  EXPECT_EQ(*decrypt_in(kEast, blob, kOwner, context, key.id), "secret");
  EXPECT_EQ(decrypt_in(kEast, blob).error().code, "InvalidCiphertextException");
  EXPECT_EQ(decrypt_in(kEast, blob, kOwner, context, other.id).error().code, "IncorrectKeyException");
  auto const data_key = in(kEast, [&](Transaction& tx) {
    return generate_data_key(tx, vault(kEast), key.id, {kOwner, Action::generate_data_key, context}, 64);
  });
  EXPECT_EQ(data_key->plain.size(), 64U);
  EXPECT_EQ(*decrypt_in(kEast, data_key->encrypted.blob, kOwner, context), as_text(data_key->plain));
}

TEST_F(Keystore, opens_what_was_encrypted_before_a_rotation) {
  auto const key = make_key();
  auto const before = *encrypt_in(kEast, key.id);
  auto const rotated = in(kEast, [&](Transaction& tx) {
    return rotate(tx, vault(kEast), key, catalogue::MaterialOrigin::on_demand, now_);
  });
  EXPECT_EQ(rotated->current_version, 2U);
  auto const after = *encrypt_in(kEast, key.id);
  EXPECT_EQ(keys::read_head(before)->material_version, 1U);
  EXPECT_EQ(keys::read_head(after)->material_version, 2U);
  EXPECT_EQ(*decrypt_in(kEast, before), "secret");
  EXPECT_EQ(*decrypt_in(kEast, after), "secret");
}

TEST_F(Keystore, makes_the_key_of_ebs_once_for_each_account) {
  auto make = [&](access::Caller const& who) {
    return *in(kEast, [&](Transaction& tx) { return managed_key(tx, vault(kEast), who.account, now_); });
  };
  auto const key = make(kOwner);
  EXPECT_EQ(make(kOwner).id, key.id);
  EXPECT_NE(make(kOther).id, key.id);
  EXPECT_EQ(key.manager, keys::KeyManager::aws);
  EXPECT_EQ(find("alias/aws/ebs", kOwner)->id, key.id);
  EXPECT_EQ(encrypt_in(kEast, "alias/aws/ebs").error().code, "AccessDeniedException");
  keys::Request request{kOwner, Action::encrypt};
  request.via_service = keys::ec2_service(kEast);
  EXPECT_TRUE(in(kEast, [&](Transaction& tx) {
    return encrypt(tx, vault(kEast), "alias/aws/ebs", request, as_bytes("x"));
  }));
  EXPECT_EQ(find(key.id, kOwner, Action::disable_key).error().code, "AccessDeniedException");
}

TEST_F(Keystore, holds_as_many_keys_of_an_account_as_its_limit_says) {
  make_key();
  auto one_more = [&](std::int64_t limit, keys::KeyManager manager) {
    Key key;
    key.id = keys::make_key_id(*entropy_, false);
    key.account = kOwner.account;
    key.manager = manager;
    return in(kEast, [&](Transaction& tx) { return insert_key(tx, vault(kEast), key, limit); });
  };
  EXPECT_EQ(one_more(1, keys::KeyManager::customer).error().code, "LimitExceededException");
  EXPECT_TRUE(one_more(1, keys::KeyManager::aws)) << "which do not count";
  EXPECT_TRUE(one_more(2, keys::KeyManager::customer));
}

TEST_F(Keystore, deletes_a_key_for_good_when_its_time_has_come) {
  auto const key = make_key();
  name_key("alias/k", key);
  give(key, kOther.arn, {Action::decrypt});
  auto const blob = *encrypt_in(kEast, key.id);
  save(keys::schedule_deletion(key, 7, false, now_));
  now_ += std::chrono::days(7) - std::chrono::minutes(10) - std::chrono::seconds(1);
  step_ten_minutes(kEast);
  EXPECT_EQ(stored(kEast, key.id).state, keys::KeyState::pending_deletion);
  now_ += std::chrono::seconds(1);
  step(kEast);
  auto const gone = find(key.id, kOwner);
  EXPECT_EQ(gone.error().code, "NotFoundException");
  EXPECT_NE(gone.error().message.find("deleted at 2026-05-16T14:22:31.000Z"), std::string::npos);
  EXPECT_EQ(decrypt_in(kEast, blob).error().code, "NotFoundException");
  auto const left = in(kEast, [&](Transaction& tx) -> Result<std::size_t> {
    auto const materials = TRY(catalogue::list_materials(tx, key.id, 0, 10));
    auto const grants = TRY(catalogue::count_grants(tx, key.id));
    auto const aliases = TRY(catalogue::count_aliases(tx, key.id));
    return materials.size() + static_cast<std::size_t>(grants + aliases);
  });
  EXPECT_EQ(*left, 0U);
}

TEST_F(Keystore, deletes_no_key_because_a_clock_is_ahead_for_a_moment) {
  auto const key = make_key();
  save(keys::schedule_deletion(key, 7, false, now_));
  auto const state = [&] { return stored(kEast, key.id).state; };
  step(kEast);
  auto const right = now_;
  now_ += std::chrono::days(365);
  step(kEast);
  now_ += std::chrono::minutes(5);
  step(kEast);
  EXPECT_EQ(state(), keys::KeyState::pending_deletion);
  now_ = right + std::chrono::minutes(6);
  step(kEast);
  now_ += std::chrono::days(8);
  step(kEast);
  EXPECT_EQ(state(), keys::KeyState::pending_deletion) << "it may be as wrong again";
  for (int minute = 0; minute < 10; ++minute) {
    now_ += std::chrono::minutes(1);
    step(kEast);
  }
  EXPECT_EQ(state(), keys::KeyState::deleted);
}

TEST_F(Keystore, deletes_no_key_because_the_clock_is_ahead_at_the_very_first_step) {
  auto const key = make_key();
  save(keys::schedule_deletion(key, 7, false, now_));
  now_ += std::chrono::days(365);
  step(kEast);
  now_ += std::chrono::minutes(9);
  step(kEast);
  EXPECT_EQ(stored(kEast, key.id).state, keys::KeyState::pending_deletion);
}

TEST_F(Keystore, lets_a_deletion_be_called_off_to_the_last_moment) {
  auto const key = make_key();
  save(keys::schedule_deletion(key, 7, false, now_));
  save(keys::cancel_deletion(stored(kEast, key.id)));
  now_ += std::chrono::days(8);
  step_ten_minutes(kEast);
  EXPECT_EQ(stored(kEast, key.id).state, keys::KeyState::disabled);
}

TEST_F(Keystore, renews_the_material_of_keys_that_ask_for_it) {
  auto const plain = make_key();
  auto const yearly = make_key();
  auto const off = make_key();
  save(keys::set_rotation(yearly, 365, now_));
  auto disabled = keys::set_rotation(off, 365, now_);
  disabled.state = keys::KeyState::disabled;
  save(disabled);
  now_ += std::chrono::days(365);
  step(kEast);
  step(kEast);
  EXPECT_EQ(stored(kEast, plain.id).current_version, 1U);
  EXPECT_EQ(stored(kEast, off.id).current_version, 1U) << "while it is disabled it waits";
  auto const rotated = stored(kEast, yearly.id);
  EXPECT_EQ(rotated.current_version, 2U);
  EXPECT_EQ(rotated.next_rotation, now_ + std::chrono::days(365));
}

TEST_F(Keystore, gives_a_replica_the_same_id_and_material) {
  auto const primary = make_key(true);
  auto const before = *encrypt_in(kEast, primary.id);
  replicate_to(kWest, primary);
  EXPECT_EQ(*decrypt_in(kWest, before), "secret");
  EXPECT_EQ(*decrypt_in(kEast, *encrypt_in(kWest, primary.id)), "secret");
  auto again = stored(kWest, primary.id);
  EXPECT_EQ(replicate(catalogues(), vault(kEast), again, {}, 100, now_).error().code,
            "AlreadyExistsException");
  auto disabled = again;
  disabled.state = keys::KeyState::disabled;
  save(disabled);
  EXPECT_EQ(encrypt_in(kWest, primary.id).error().code, "DisabledException");
  EXPECT_TRUE(encrypt_in(kEast, primary.id)) << "each has a state of its own";
}

TEST_F(Keystore, refuses_a_replica_where_there_is_no_region_or_no_room) {
  auto replica = make_key(true);
  auto const id = replica.id;
  replica.region = "mars-north-1";
  replica.scope = keys::KeyScope::replica;
  Catalogues const here = [this](std::string_view name) -> sql::Pool* {
    return name == "mars-north-1" ? nullptr : &regions_.of(name);
  };
  EXPECT_EQ(replicate(here, vault(kEast), replica, {}, 100, now_).error().code,
            "UnsupportedOperationException");
  replica.region = kWest;
  EXPECT_EQ(replicate(here, vault(kEast), replica, {}, 0, now_).error().code, "LimitExceededException");
  auto const listed = in(kEast, [&](Transaction& tx) { return catalogue::list_replicas(tx, id); });
  EXPECT_TRUE(listed->empty());
}

TEST_F(Keystore, refuses_a_replica_of_a_key_that_came_to_wait_for_its_deletion) {
  auto replica = make_key(true);
  save(keys::schedule_deletion(replica, 7, false, now_));  // after the caller was judged
  replica.region = kWest;
  replica.scope = keys::KeyScope::replica;
  EXPECT_EQ(replicate(catalogues(), vault(kEast), replica, {}, 100, now_).error().code,
            "KMSInvalidStateException");
  EXPECT_TRUE(in(kEast, [&](Transaction& tx) { return catalogue::list_replicas(tx, replica.id); })->empty());
  EXPECT_FALSE(in(kWest, [&](Transaction& tx) { return catalogue::find_key(tx, replica.id); })->has_value());
}

TEST_F(Keystore, replicates_and_changes_the_primary_key_though_the_region_of_another_replica_is_not_here) {
  auto const primary = make_key(true);
  replicate_to(kIreland, primary);
  Catalogues const apart = [this](std::string_view name) {
    return name == kIreland ? nullptr : &regions_.of(name);
  };
  auto replica = primary;
  replica.region = kWest;
  replica.scope = keys::KeyScope::replica;
  EXPECT_TRUE(replicate(apart, vault(kEast), replica, {}, 100, now_));
  rotate_in_east(primary.id);
  EXPECT_FALSE(bring_in_step(apart, vault(kEast), primary.id, now_));
  auto const materials =
      in(kWest, [&](Transaction& tx) { return catalogue::list_materials(tx, primary.id, 0, 10); });
  EXPECT_EQ(materials->size(), 2U) << "it did not wait for the other one";
  EXPECT_EQ(stored(kEast, primary.id).current_version, 1U) << "which could not read it yet";
  step_down(primary, kWest);
  EXPECT_TRUE(end_update(apart, vault(kEast), primary.id, now_));
  EXPECT_EQ(stored(kWest, primary.id).scope, keys::KeyScope::primary);
  step(kWest);
  EXPECT_EQ(stored(kIreland, primary.id).primary_region, kWest) << "its region is here again";
  EXPECT_EQ(stored(kIreland, primary.id).current_version, 2U);
}

TEST_F(Keystore, keeps_replicas_readable_wherever_a_rotation_is_cut) {
  for (int cut = 0; cut < 12; ++cut) {
    auto const primary = make_key(true);
    replicate_to(kWest, primary);
    replicate_to("eu-west-1", primary);
    rotate_in_east(primary.id);
    // Each look at a catalogue begins a piece of the work: at the n-th the process dies.
    int calls = 0;
    Catalogues const mortal = [&](std::string_view name) -> sql::Pool* {
      return name != kEast && ++calls > cut ? nullptr : &regions_.of(name);
    };
    static_cast<void>(bring_in_step(mortal, vault(kEast), primary.id, now_));
    auto all_read_all = [&] {
      for (auto const* from : {kEast, kWest, "eu-west-1"})
        for (auto const* to : {kEast, kWest, "eu-west-1"})
          EXPECT_TRUE(decrypt_in(to, *encrypt_in(from, primary.id)))
              << from << " " << to << " cut at " << cut;
    };
    all_read_all();
    step(kEast);
    all_read_all();
    for (auto const* region : {kEast, kWest, "eu-west-1"})
      EXPECT_EQ(stored(region, primary.id).current_version, 2U) << region << " cut at " << cut;
  }
}

TEST_F(Keystore, waits_with_a_primary_until_its_replicas_are_gone) {
  auto const primary = make_key(true);
  auto const replica = replicate_to(kWest, primary);
  save(keys::schedule_deletion(stored(kEast, primary.id), 7, true, now_));
  now_ += std::chrono::days(30);
  step(kEast);
  EXPECT_EQ(stored(kEast, primary.id).state, keys::KeyState::pending_replica_deletion);
  save(keys::schedule_deletion(stored(kWest, replica.id), 7, false, now_));
  now_ += std::chrono::days(7);
  step_ten_minutes(kWest);
  EXPECT_EQ(stored(kWest, replica.id).state, keys::KeyState::deleted);
  step(kEast);
  auto const waiting = stored(kEast, primary.id);
  EXPECT_EQ(waiting.state, keys::KeyState::pending_deletion);
  EXPECT_EQ(waiting.deletion, now_ + std::chrono::days(7));
  now_ += std::chrono::days(7);
  step_ten_minutes(kEast);
  EXPECT_EQ(stored(kEast, primary.id).state, keys::KeyState::deleted);
}

TEST_F(Keystore, makes_a_replica_anew_where_one_was_deleted) {
  auto const primary = make_key(true);
  auto const replica = replicate_to(kWest, primary);
  save(keys::schedule_deletion(stored(kWest, replica.id), 7, false, now_));
  now_ += std::chrono::days(7);
  step_ten_minutes(kWest);
  replicate_to(kWest, primary);
  EXPECT_EQ(*decrypt_in(kWest, *encrypt_in(kEast, primary.id)), "secret");
}

TEST_F(Keystore, tells_every_replica_of_the_others) {
  auto const primary = make_key(true);
  replicate_to(kWest, primary);
  replicate_to(kIreland, primary);
  std::vector<std::string> const both{kIreland, kWest};
  for (auto const* region : {kEast, kWest, kIreland})
    EXPECT_EQ(replicas_in(region, primary.id), both) << region;
  save(keys::schedule_deletion(stored(kWest, primary.id), 7, false, now_));
  now_ += std::chrono::days(7);
  step_ten_minutes(kWest);
  for (auto const* region : {kEast, kIreland})
    EXPECT_EQ(replicas_in(region, primary.id), std::vector<std::string>{kIreland}) << region;
}

TEST_F(Keystore, does_not_take_a_replica_back_to_what_was) {
  auto const primary = make_key(true);
  replicate_to(kWest, primary);
  // The primary key is read; before that is written to the replica, all this happens.
  bool happened = false;
  Catalogues const slow = [&](std::string_view name) {
    if (name == kWest && !std::exchange(happened, true)) {
      auto const yearly = keys::set_rotation(stored(kEast, primary.id), 365, now_);
      EXPECT_TRUE(in(kEast, [&](Transaction& tx) { return save_shared(tx, yearly, now_); }));
      step_down(primary, kWest);
      EXPECT_TRUE(end_update(catalogues(), vault(kEast), primary.id, now_));
    }
    return &regions_.of(name);
  };
  ASSERT_TRUE(bring_in_step(slow, vault(kEast), primary.id, now_));
  EXPECT_EQ(stored(kWest, primary.id).scope, keys::KeyScope::primary);
  EXPECT_EQ(stored(kWest, primary.id).rotation_days, 365);
}

TEST_F(Keystore, has_one_primary_key_wherever_its_change_is_cut) {
  for (int cut = 0; cut < 8; ++cut) {
    auto const former = make_key(true);
    replicate_to(kWest, former);
    replicate_to(kIreland, former);
    save(keys::set_rotation(stored(kEast, former.id), 365, now_));
    rotate_in_east(former.id);
    step_down(former, kWest);
    int calls = 0;
    Catalogues const mortal = [&](std::string_view name) -> sql::Pool* {
      return name != kEast && ++calls > cut ? nullptr : &regions_.of(name);
    };
    static_cast<void>(end_update(mortal, vault(kEast), former.id, now_));
    auto all_read_all = [&] {
      for (auto const* from : {kEast, kWest, kIreland})
        for (auto const* to : {kEast, kWest, kIreland})
          EXPECT_TRUE(decrypt_in(to, *encrypt_in(from, former.id))) << from << " " << to << " cut at " << cut;
    };
    all_read_all();
    for (auto const* region : {kEast, kWest, kIreland}) step(region);
    all_read_all();
    for (auto const* region : {kEast, kWest, kIreland}) {
      auto const key = stored(region, former.id);
      EXPECT_EQ(key.primary_region, kWest) << region << " cut at " << cut;
      EXPECT_EQ(key.scope, region == kWest ? keys::KeyScope::primary : keys::KeyScope::replica);
      EXPECT_EQ(key.state, keys::KeyState::enabled);
      EXPECT_EQ(key.current_version, 2U) << "the rotation goes on with the new primary key";
      EXPECT_EQ(key.rotation_days, 365);
      EXPECT_EQ(key.next_rotation.has_value(), region == kWest);
      EXPECT_EQ(replicas_in(region, former.id), (std::vector<std::string>{kIreland, kEast}));
    }
  }
}

TEST_F(Keystore, goes_on_being_rotated_if_the_new_primary_key_is_heard_from_before_the_change_has_ended) {
  auto const former = make_key(true);
  replicate_to(kWest, former);
  replicate_to(kIreland, former);
  save(keys::set_rotation(stored(kEast, former.id), 365, now_));
  step_down(former, kWest);
  auto const interrupted = stored(kEast, former.id);
  ASSERT_TRUE(end_update(catalogues(), vault(kEast), former.id, now_));
  save(interrupted);  // as if the process had died when the other one had taken over
  ASSERT_TRUE(
      in(kWest, [&](Transaction& tx) { return catalogue::save_replica(tx, former.id, kEast, false, now_); }));
  step(kWest);
  auto disabled = stored(kWest, former.id);
  disabled.state = keys::KeyState::disabled;
  save(disabled);
  for (auto const* region : {kIreland, kEast, kWest}) step(region);
  auto const primary = stored(kWest, former.id);
  EXPECT_EQ(primary.scope, keys::KeyScope::primary);
  EXPECT_EQ(primary.state, keys::KeyState::disabled);
  EXPECT_EQ(primary.next_rotation, now_ + std::chrono::days(365));
  EXPECT_EQ(stored(kEast, former.id).state, keys::KeyState::enabled);
  EXPECT_EQ(stored(kEast, former.id).scope, keys::KeyScope::replica);
}

TEST_F(Keystore, keeps_the_primary_key_if_the_one_that_should_take_over_is_gone) {
  auto const former = make_key(true);
  replicate_to(kWest, former);
  save(keys::schedule_deletion(stored(kWest, former.id), 7, false, now_));
  step_down(former, kWest);
  now_ += std::chrono::days(7);
  step_ten_minutes(kWest);
  step(kEast);
  auto const key = stored(kEast, former.id);
  EXPECT_EQ(key.scope, keys::KeyScope::primary);
  EXPECT_EQ(key.primary_region, kEast);
  EXPECT_EQ(key.state, keys::KeyState::enabled);
  EXPECT_TRUE(replicas_in(kEast, former.id).empty());
}

TEST_F(Keystore, does_not_change_the_primary_key_twice) {
  auto const first = make_key(true);
  replicate_to(kWest, first);
  replicate_to(kIreland, first);
  step_down(first, kWest);
  auto const interrupted = stored(kEast, first.id);
  ASSERT_TRUE(end_update(catalogues(), vault(kEast), first.id, now_));
  step_down(stored(kWest, first.id), kIreland);
  ASSERT_TRUE(end_update(catalogues(), vault(kWest), first.id, now_));
  save(interrupted);  // as if the first process had died before its last step
  for (auto const* region : {kEast, kWest, kIreland}) step(region);
  EXPECT_EQ(stored(kIreland, first.id).scope, keys::KeyScope::primary);
  EXPECT_EQ(stored(kWest, first.id).scope, keys::KeyScope::replica);
  EXPECT_EQ(stored(kEast, first.id).scope, keys::KeyScope::replica);
  EXPECT_EQ(stored(kEast, first.id).state, keys::KeyState::enabled);
}

TEST_F(Keystore, lets_no_key_wait_for_one_whose_region_is_not_here) {
  auto make_pair = [&](std::string const& region, access::Caller const& owner = kOwner) {
    auto const primary = make_key(true, owner);
    replicate_to(region, primary);
    return stored(kEast, primary.id);
  };
  auto end_in = [&](std::string const& region, Key const& primary) {
    auto replica = stored(region, primary.id);
    replica.state = keys::KeyState::deleted;
    save(replica);
    save(keys::schedule_deletion(primary, 7, true, now_));
  };
  // More than one transaction looks at.
  for (int i = 0; i < 110; ++i) rotate_in_east(make_pair(kWest, i % 2 == 0 ? kOwner : kOther).id);
  auto const changing = make_pair(kWest);
  step_down(changing, kWest);
  std::vector<Key> ending;
  for (int i = 0; i < 8; ++i) {
    end_in(kWest, make_pair(kWest));
    ending.push_back(make_pair(kIreland));
    end_in(kIreland, ending.back());
  }
  auto const rotating = make_pair(kIreland);
  now_ += std::chrono::seconds(1);
  rotate_in_east(rotating.id);
  Catalogues const apart = [&](std::string_view name) {
    return name == kWest ? nullptr : &regions_.of(name);
  };
  EXPECT_EQ(*step_keys(apart, vault(kEast), now_), now_ + std::chrono::minutes(1));
  for (auto const& key : ending)
    EXPECT_EQ(stored(kEast, key.id).state, keys::KeyState::pending_deletion) << key.id;
  EXPECT_EQ(stored(kEast, rotating.id).current_version, 2U);
  EXPECT_EQ(stored(kEast, changing.id).state, keys::KeyState::updating);
  step(kEast);
  EXPECT_EQ(stored(kEast, changing.id).state, keys::KeyState::enabled) << "its region is here again";
}

TEST_F(Keystore, does_not_forget_a_replica_that_was_made_anew_while_its_end_was_told) {
  auto const primary = make_key(true);
  auto const replica = replicate_to(kWest, primary);
  save(keys::schedule_deletion(stored(kWest, replica.id), 7, false, now_));
  now_ += std::chrono::days(7) - std::chrono::minutes(11);
  step_ten_minutes(kWest);
  now_ += std::chrono::minutes(1);
  bool raced = false;
  Catalogues const racing = [&](std::string_view name) {
    if (name == kEast && !std::exchange(raced, true)) replicate_to(kWest, primary);
    return &regions_.of(name);
  };
  ASSERT_TRUE(step_keys(racing, vault(kWest), now_));
  ASSERT_TRUE(raced);
  auto const listed = in(kEast, [&](Transaction& tx) { return catalogue::list_replicas(tx, primary.id); });
  EXPECT_EQ(*listed, (std::vector<std::string>{kWest}));
}

TEST_F(Keystore, lets_a_restored_primary_learn_what_its_replica_has_of_a_later_moment) {
  auto const primary = make_key(true);
  replicate_to(kWest, primary);
  auto const east = regions_.save(kEast);
  rotate_in_east(primary.id);
  step(kEast);
  auto const between = *encrypt_in(kWest, primary.id);
  regions_.restore(kWest, regions_.save(kWest));
  regions_.restore(kEast, east);
  start(kWest);
  EXPECT_EQ(*decrypt_in(kEast, between), "secret");
  expect_all_decrypt_all(primary.id);
  step(kEast);
  rotate_in_east(primary.id);
  step(kEast);
  expect_all_decrypt_all(primary.id);
  for (auto const* region : {kEast, kWest}) EXPECT_EQ(stored(region, primary.id).current_version, 3U);
  EXPECT_EQ(*decrypt_in(kEast, between), "secret");
}

TEST_F(Keystore, brings_a_restored_replica_in_step_whose_primary_is_of_a_later_moment) {
  auto const primary = make_key(true);
  replicate_to(kWest, primary);
  auto const west = regions_.save(kWest);
  rotate_in_east(primary.id);
  step(kEast);
  regions_.restore(kWest, west);
  start(kWest);
  step(kEast);
  EXPECT_EQ(stored(kWest, primary.id).current_version, 2U);
  expect_all_decrypt_all(primary.id);
}

TEST_F(Keystore, tells_a_restored_primary_of_a_replica_that_it_does_not_know) {
  auto const primary = make_key(true);
  auto const east = regions_.save(kEast);
  replicate_to(kWest, primary);
  regions_.restore(kEast, east);
  start(kWest);
  rotate_in_east(primary.id);
  step(kEast);
  EXPECT_EQ(stored(kWest, primary.id).current_version, 2U);
  expect_all_decrypt_all(primary.id);
}

TEST_F(Keystore, changes_nothing_at_a_start_where_primary_and_replica_are_in_step) {
  auto const primary = make_key(true);
  replicate_to(kWest, primary);
  auto const before = stored(kEast, primary.id).revision;
  start(kWest);
  EXPECT_EQ(stored(kEast, primary.id).revision, before);
}

TEST_F(Keystore, encrypts_with_no_material_of_whose_version_a_replica_has_another) {
  auto const primary = make_parted_key();
  start(kWest);
  auto const stepped = bring_in_step(catalogues(), vault(kEast), primary.id, now_);
  ASSERT_FALSE(stepped);
  EXPECT_TRUE(stepped.error().message.contains("different materials of version 2"))
      << stepped.error().message;
  EXPECT_EQ(stored(kEast, primary.id).current_version, 1U);
  EXPECT_EQ(*decrypt_in(kWest, *encrypt_in(kEast, primary.id)), "secret");
}

TEST_F(Keystore, has_no_primary_key_step_down_for_a_replica_with_another_material) {
  auto const primary = make_parted_key();
  for (auto const* what : {"of a later revision", "of the same revision"}) {
    auto const refused = try_to_step_down(primary, kWest);
    ASSERT_FALSE(refused) << what;
    EXPECT_EQ(refused.error().code, "KMSInvalidStateException") << what;
    EXPECT_EQ(stored(kEast, primary.id).scope, keys::KeyScope::primary) << what;
    EXPECT_EQ(stored(kEast, primary.id).state, keys::KeyState::enabled) << what;
    set_rotation_in_east(primary.id, 365);
  }
}

TEST_F(Keystore, has_no_primary_key_step_down_for_a_replica_of_a_later_moment) {
  auto const primary = make_key(true);
  replicate_to(kWest, primary);
  auto const east = regions_.save(kEast);
  rotate_in_east(primary.id);
  step(kEast);
  regions_.restore(kEast, east);
  EXPECT_EQ(try_to_step_down(primary, kWest).error().code, "KMSInvalidStateException");
  start(kWest);
  step_down(primary, kWest);
  ASSERT_TRUE(end_update(catalogues(), vault(kEast), primary.id, now_));
  EXPECT_EQ(stored(kWest, primary.id).scope, keys::KeyScope::primary);
  expect_all_decrypt_all(primary.id);
}

TEST_F(Keystore, keeps_the_primary_key_if_the_one_that_should_take_over_is_of_another_moment) {
  auto const primary = make_parted_key();
  for (auto const* what : {"of a later revision", "of the same revision"}) {
    // Nothing looked at the replica before, as versions before this one did not.
    save(keys::step_down(stored(kEast, primary.id), kWest));
    step(kEast);
    auto const key = stored(kEast, primary.id);
    EXPECT_EQ(key.scope, keys::KeyScope::primary) << what;
    EXPECT_EQ(key.primary_region, kEast) << what;
    EXPECT_EQ(key.state, keys::KeyState::enabled) << what;
    EXPECT_EQ(stored(kWest, primary.id).scope, keys::KeyScope::replica) << what;
    set_rotation_in_east(primary.id, 365);
  }
}

TEST_F(Keystore, has_one_primary_key_after_a_region_is_restored_that_had_it_before) {
  using Order = std::vector<std::string>;
  for (auto const& order : {Order{kEast, kWest, kIreland}, Order{kIreland, kWest, kEast}}) {
    auto const primary = make_key(true);
    replicate_to(kWest, primary);
    replicate_to(kIreland, primary);
    auto const east = regions_.save(kEast);
    make_west_primary(primary);
    rotate_in(kWest, primary.id);
    step(kWest);
    auto const between = *encrypt_in(kWest, primary.id);
    regions_.restore(kEast, east);
    for (auto const& region : order) start(region);
    expect_west_is_primary(primary.id);
    EXPECT_EQ(decrypt_in(kEast, between), "secret") << "first " << order.front();
    EXPECT_EQ(stored(kEast, primary.id).state, keys::KeyState::enabled);
  }
}

TEST_F(Keystore, has_one_primary_key_after_the_region_is_restored_that_did_not_know_of_its_replicas) {
  auto const primary = make_key(true);
  auto const east = regions_.save(kEast);
  replicate_to(kWest, primary);
  replicate_to(kIreland, primary);
  make_west_primary(primary);
  regions_.restore(kEast, east);
  for (auto const* region : {kEast, kWest, kIreland}) start(region);
  expect_west_is_primary(primary.id);
}

TEST_F(Keystore, tells_a_restored_replica_that_another_is_the_primary_key_now) {
  auto const primary = make_key(true);
  replicate_to(kWest, primary);
  replicate_to(kIreland, primary);
  auto const ireland = regions_.save(kIreland);
  make_west_primary(primary);
  rotate_in(kWest, primary.id);
  step(kWest);
  regions_.restore(kIreland, ireland);
  for (auto const* region : {kEast, kWest, kIreland}) start(region);
  expect_west_is_primary(primary.id);
}

TEST_F(Keystore, lets_a_former_primary_key_that_is_restored_wait_for_its_own_end_alone) {
  auto const primary = make_key(true);
  replicate_to(kWest, primary);
  save(keys::schedule_deletion(stored(kEast, primary.id), 7, true, now_));
  auto const east = regions_.save(kEast);
  auto again = keys::cancel_deletion(stored(kEast, primary.id));
  again.state = keys::KeyState::enabled;
  save(again);
  make_west_primary(primary);
  regions_.restore(kEast, east);
  start(kEast);
  auto const former = stored(kEast, primary.id);
  EXPECT_EQ(former.scope, keys::KeyScope::replica);
  EXPECT_EQ(former.state, keys::KeyState::pending_deletion);
  EXPECT_EQ(former.deletion, now_ + std::chrono::days(7));
}

TEST_F(Keystore, ends_a_rotation_that_waited_for_a_replica_that_is_gone) {
  auto const primary = make_key(true);
  auto const replica = replicate_to(kWest, primary);
  rotate_in_east(primary.id);
  save(keys::schedule_deletion(stored(kWest, replica.id), 7, false, now_));
  now_ += std::chrono::days(7);
  step_ten_minutes(kWest);
  EXPECT_EQ(stored(kEast, primary.id).current_version, 2U);
}

}  // namespace
}  // namespace argosy::keystore
