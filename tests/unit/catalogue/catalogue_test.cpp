#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalogue/accounts.h"
#include "catalogue/copies.h"
#include "catalogue/domains.h"
#include "catalogue/ended_leases.h"
#include "catalogue/instances.h"
#include "catalogue/leases.h"
#include "catalogue/openings.h"
#include "catalogue/roots.h"
#include "catalogue/secrets.h"
#include "support/region.h"

namespace argosy::catalogue {
namespace {

class CatalogueTest : public testing::Test {
 protected:
  template <class Function>
  auto run(Function function) {
    return region_.run(function);
  }
  tests::Region region_{"us-east-1"};
};

/// What takes the tables of each version back to those of the one before, from the newest on.
constexpr std::array kDowngrades{
    "DROP INDEX images_state; DROP INDEX keys_managed; DROP INDEX snapshots_uploads; "
    "CREATE INDEX snapshots_uploads ON snapshots(completing, id) WHERE is_upload = 1 AND state = 'pending'; "
    "UPDATE schema_version SET version = 7",
    "DROP INDEX images_deregistered; DROP INDEX tags_resource; DROP TABLE ended_leases; "
    "UPDATE schema_version SET version = 5",
    "DROP TABLE instances; DROP TABLE volumes; DROP TABLE removed_volumes; DROP TABLE key_pairs; "
    "DROP INDEX images_pending; ALTER TABLE images DROP COLUMN source_instance_id; "
    "UPDATE schema_version SET version = 4",
    "ALTER TABLE keys DROP COLUMN revision; DROP INDEX keys_updating; UPDATE schema_version SET version = 3",
    "ALTER TABLE snapshots DROP COLUMN encrypted; ALTER TABLE snapshots DROP COLUMN kms_key; "
    "ALTER TABLE snapshots DROP COLUMN envelope; ALTER TABLE snapshots DROP COLUMN base_envelope; "
    "ALTER TABLE image_mappings DROP COLUMN encrypted; ALTER TABLE copy_disks DROP COLUMN source_owner; "
    "ALTER TABLE copy_disks DROP COLUMN source_encrypted; "
    "ALTER TABLE lease_disks DROP COLUMN kms_key; ALTER TABLE lease_disks DROP COLUMN envelope; "
    "DROP TABLE encryption_defaults; DROP TABLE keys; DROP TABLE key_replicas; "
    "UPDATE schema_version SET version = 2",
    "ALTER TABLE snapshots DROP COLUMN unsynced_boot; DROP TABLE counters; DROP TABLE openings; "
    "DROP INDEX leases_peer; DROP INDEX snapshots_content; UPDATE schema_version SET version = 1",
};

class OlderCatalogue : public CatalogueTest, public testing::WithParamInterface<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(versions_back, OlderCatalogue,
                         testing::Range(std::size_t{1}, kDowngrades.size() + 1));

/// What was said to make each of them.
std::vector<std::string> indexes(sql::Session& session) {
  std::vector<std::string> out;
  auto rows =
      *session.query("SELECT sql FROM sqlite_master WHERE type = 'index' AND sql <> '' ORDER BY name");
  while (*rows->next()) out.emplace_back(rows->text(0));
  return out;
}

TEST_P(OlderCatalogue, is_brought_up_to_date) {
  auto snapshot = region_.make_snapshot(tests::kOwner.account, {{0, tests::block(1)}});
  auto session = region_.catalogue.take();
  auto const newest = indexes(**session);
  for (std::size_t back = 0; back < GetParam(); ++back)
    ASSERT_TRUE((*session)->run_script(kDowngrades.at(back)));
  for (int start = 0; start < 2; ++start) ASSERT_TRUE(create_region_schema(**session));
  EXPECT_EQ(indexes(**session), newest);
  auto tx = Transaction::begin(**session, sql::Access::write);
  auto found = find_snapshot(*tx, snapshot.id);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->root, snapshot.root);
  EXPECT_TRUE(save_snapshot(*tx, *found));
  EXPECT_EQ(*count_garbage_notes(*tx), 0);
  EXPECT_TRUE(list_sources_of_ended_leases(*tx));
}

TEST_F(CatalogueTest, keeps_the_name_of_an_image_until_it_is_deregistered) {
  auto image = region_.make_image(tests::kOwner.account, "web", "snap-00000000");
  auto taken = [&](std::string const& account) {
    auto free = run([&](Transaction& tx) { return check_name_free(tx, account, "web"); });
    return free ? std::string() : free.error().code;
  };
  EXPECT_EQ(taken(tests::kOwner.account), "InvalidAMIName.Duplicate");
  EXPECT_EQ(taken(tests::kRecipient.account), "");
  for (auto state : {images::ImageState::pending, images::ImageState::failed, images::ImageState::disabled}) {
    image.state = state;
    ASSERT_TRUE(run([&](Transaction& tx) { return save_image(tx, image); }));
    EXPECT_EQ(taken(tests::kOwner.account), "InvalidAMIName.Duplicate");
  }
  image.state = images::ImageState::deregistered;
  ASSERT_TRUE(run([&](Transaction& tx) { return save_image(tx, image); }));
  EXPECT_EQ(taken(tests::kOwner.account), "");
}

TEST_F(CatalogueTest, keeps_little_of_a_deregistered_image_and_the_newest_of_each_account) {
  auto const deregister = [&](images::Image image) {
    image.state = images::ImageState::deregistered;
    ASSERT_TRUE(run([&](Transaction& tx) -> Result<void> {
      TRY(save_image(tx, image));
      return shrink_deregistered(tx, image);
    }));
  };
  auto const find = [&](std::string const& id) {
    return run([&](Transaction& tx) { return find_image(tx, id); });
  };
  auto used = region_.make_image(tests::kOwner.account, "used", "snap-00000000");
  instances::Instance instance;
  instance.id = "i-00000000";
  instance.account = tests::kRecipient.account;
  instance.image_id = used.id;
  ASSERT_TRUE(run([&](Transaction& tx) { return insert_instance(tx, instance, {}); }));
  auto const others = region_.make_image(tests::kStranger.account, "other", "snap-00000000");
  images::Image first = used;
  first.id = "ami-00000000";
  first.name = "first";
  first.uefi_data = "variables";
  ASSERT_TRUE(run([&](Transaction& tx) { return insert_image(tx, first); }));
  for (auto const& image : {used, others, first}) deregister(image);
  EXPECT_EQ(find(first.id)->uefi_data, std::nullopt);
  EXPECT_TRUE(find(first.id)->mappings.empty());
  for (std::int64_t i = 0; i < kMaxDeregistered; ++i) {
    region_.clock.advance(Duration{1});
    deregister(region_.make_image(tests::kOwner.account, "next", "snap-00000000"));
  }
  EXPECT_FALSE(find(first.id)) << "as many newer ones are kept";
  EXPECT_TRUE(find(used.id)) << "an instance names it";
  EXPECT_TRUE(find(others.id));
}

TEST_F(CatalogueTest, lets_one_worker_at_a_time_have_a_copy_task) {
  auto now = region_.clock.now();
  auto later = now + std::chrono::minutes(3);
  ASSERT_TRUE(run([&](Transaction& tx) {
    return insert_copy(tx, {"copy-1", "111111111111", "ami-1", "us-east-1", "ami-0", "lease", now, 0, {}});
  }));
  auto claim = [&](std::string const& worker, std::int64_t epoch, Time at) {
    return run([&](Transaction& tx) {
      return claim_copy(tx, "copy-1", worker, epoch, at, at + std::chrono::minutes(2));
    });
  };
  EXPECT_EQ(*claim("a", 0, now), 1);
  EXPECT_FALSE(claim("b", 0, now)) << "it is taken";
  EXPECT_EQ(*claim("a", 1, now), 1) << "a renewal keeps its epoch";
  auto unclaimed = [&](std::string const& worker, Time at) {
    return *run([&](Transaction& tx) { return list_unclaimed_copies(tx, worker, at, 10); });
  };
  EXPECT_THAT(unclaimed("b", now), testing::IsEmpty());
  EXPECT_THAT(unclaimed("a", later), testing::IsEmpty()) << "it has it already, however late it renews";
  EXPECT_THAT(unclaimed("b", later), testing::ElementsAre("copy-1"));
  EXPECT_EQ(*claim("b", 0, later), 2) << "nobody renewed it";
  EXPECT_FALSE(claim("a", 1, later)) << "the first worker has lost it";
  EXPECT_EQ(run([&](Transaction& tx) { return check_epoch(tx, "copy-1", 1); }).error().code, "lost");
  EXPECT_TRUE(run([&](Transaction& tx) { return check_epoch(tx, "copy-1", 2); }));
}

TEST_F(CatalogueTest, knows_a_lease_by_its_peer_until_it_runs_out) {
  auto now = region_.clock.now();
  ASSERT_TRUE(run([&](Transaction& tx) {
    return insert_lease(tx, {"lease-1", "us-west-2", "111111111111", "ami-1", now, now + kLeaseAge, {}});
  }));
  auto find = [&](std::string const& peer, Time at) {
    return run([&](Transaction& tx) { return find_lease(tx, "lease-1", peer, at); }).has_value();
  };
  EXPECT_TRUE(find("us-west-2", now));
  EXPECT_FALSE(find("eu-west-1", now));
  EXPECT_FALSE(find("us-west-2", now + kLeaseAge));
  ASSERT_TRUE(run([&](Transaction& tx) { return renew_lease(tx, "lease-1", now + 2 * kLeaseAge); }));
  EXPECT_TRUE(find("us-west-2", now + kLeaseAge));
}

class DirectoryTest : public testing::Test {
 protected:
  void SetUp() override {
    session_ = *sql::open_sqlite(":memory:", sql::Durability::process);
    ASSERT_TRUE(create_directory_schema(*session_));
    tx_.emplace(*Transaction::begin(*session_, sql::Access::write));
  }
  void TearDown() override { tx_.reset(); }
  std::unique_ptr<Entropy> entropy_ = seeded_entropy(3);
  crypto::MasterKeys master_keys_{1, crypto::Key::random(*entropy_)};
  std::unique_ptr<sql::Session> session_;
  std::optional<Transaction> tx_;
};

TEST_F(DirectoryTest, finds_the_credentials_of_a_key_and_whether_it_is_good) {
  auto account = *create_account(*tx_, "team", "", {}, *entropy_);
  EXPECT_TRUE(access::is_account_id(account.id));
  auto made = *create_access_key(*tx_, master_keys_, account.id, {}, *entropy_);
  auto found = *find_credentials(*tx_, master_keys_, made.key.id);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->secret_access_key, made.secret_access_key);
  EXPECT_EQ(found->caller.arn, "arn:aws:iam::" + account.id + ":root");
  EXPECT_TRUE(found->enabled);
  ASSERT_TRUE(set_account_enabled(*tx_, account.id, false));
  EXPECT_FALSE((*find_credentials(*tx_, master_keys_, made.key.id))->enabled);
  ASSERT_TRUE(set_account_enabled(*tx_, account.id, true));
  ASSERT_TRUE(set_access_key_enabled(*tx_, made.key.id, false));
  EXPECT_FALSE((*find_credentials(*tx_, master_keys_, made.key.id))->enabled);
  EXPECT_FALSE(*find_credentials(*tx_, master_keys_, "AKIANONE"));
  EXPECT_EQ(set_access_key_enabled(*tx_, "AKIANONE", false).error().fault, Fault::not_found);
}

TEST_F(DirectoryTest, keeps_no_secret_in_the_clear_and_none_that_fits_another_row) {
  auto account = *create_account(*tx_, "team", "", {}, *entropy_);
  auto one = *create_access_key(*tx_, master_keys_, account.id, {}, *entropy_);
  auto two = *create_access_key(*tx_, master_keys_, account.id, {}, *entropy_);
  auto rows = *tx_->query("SELECT wrapped_secret FROM access_keys");
  while (*rows->next())
    EXPECT_EQ(as_text(rows->blob(0)).find(one.secret_access_key.substr(0, 8)), std::string::npos);
  rows.reset();
  ASSERT_TRUE(tx_->execute(
      "UPDATE access_keys SET wrapped_secret = (SELECT wrapped_secret FROM access_keys WHERE id = ?1) "
      "WHERE id = ?2",
      {std::string_view(one.key.id), std::string_view(two.key.id)}));
  EXPECT_FALSE(find_credentials(*tx_, master_keys_, two.key.id))
      << "a secret moved to another key does not open";
}

TEST_F(DirectoryTest, gets_the_indexes_that_a_new_one_has_when_it_is_of_an_older_version) {
  tx_.reset();
  auto const newest = indexes(*session_);
  ASSERT_TRUE(session_->run_script("DROP INDEX accounts_disabled; UPDATE schema_version SET version = 8"));
  for (int start = 0; start < 2; ++start) ASSERT_TRUE(create_directory_schema(*session_));
  EXPECT_EQ(indexes(*session_), newest);
}

TEST_F(DirectoryTest, takes_no_name_and_no_key_id_that_could_mislead) {
  for (std::string const name : {"", "123456789012", "a\nb", "a\x1b[2J", "\xff", "\u009b2J"}) {
    EXPECT_EQ(create_account(*tx_, name, "", {}, *entropy_).error().fault, Fault::invalid) << name;
    EXPECT_EQ(*adopt_account(*tx_, {"123456789012", name, true, {}, {}, {}}), Adoption::refused);
  }
  EXPECT_FALSE(create_account(*tx_, std::string(65, 'n'), "", {}, *entropy_));
  std::string name = "a";
  for (int i = 0; i < 63; ++i) name += "\u00e4";
  EXPECT_TRUE(create_account(*tx_, name, "", {}, *entropy_)) << "64 characters in 127 bytes";
  auto const too_long = create_account(*tx_, name + "\u00e4", "", {}, *entropy_);
  ASSERT_FALSE(too_long);
  EXPECT_TRUE(too_long.error().message.ends_with("'" + name + "\u00e4'")) << too_long.error().message;
  ASSERT_TRUE(create_account(*tx_, "B\u00fccher & Co", "123456789012", {}, *entropy_));
  for (std::string const id :
       {"", "AKIA", "AKIAABCDEFGHIJKLMNO1", "ASIAABCDEFGHIJKLMNOP", "AKIA\nBCDEFGHIJKLMNOP"})
    EXPECT_EQ(
        adopt_access_key(*tx_, master_keys_, {id, "123456789012", true, {}}, "s", *entropy_).error().fault,
        Fault::invalid)
        << id;
  auto const taken = adopt_access_key(*tx_, master_keys_, {"AKIAABCDEFGHIJKLMNOP", "123456789012", true, {}},
                                      "s", *entropy_);
  EXPECT_TRUE(taken);
}

TEST_F(DirectoryTest, knows_an_account_whose_name_was_taken_before_names_were_looked_at) {
  ASSERT_TRUE(tx_->execute(
      "INSERT INTO accounts(id, name, enabled, created_ms) VALUES('111111111111', '222222222222', 1, 0)"));
  EXPECT_EQ(find_account(*tx_, "222222222222").error().fault, Fault::not_found) << "it is an id";
  EXPECT_EQ(find_account(*tx_, "111111111111")->name, "222222222222");
  auto const again = adopt_account(*tx_, {"111111111111", "222222222222", true, {}, {}, {}});
  EXPECT_EQ(*again, Adoption::unchanged);
}

TEST_F(DirectoryTest, refuses_master_keys_that_it_was_not_made_with) {
  EXPECT_TRUE(check_master_keys(*tx_, master_keys_, *entropy_));
  EXPECT_TRUE(check_master_keys(*tx_, master_keys_, *entropy_));
  crypto::MasterKeys const others(1, crypto::Key::random(*entropy_));
  EXPECT_EQ(check_master_keys(*tx_, others, *entropy_).error().fault, Fault::denied);
}

TEST_F(DirectoryTest, wraps_every_secret_anew_in_bounded_pieces) {
  auto account = *create_account(*tx_, "team", "", {}, *entropy_);
  std::map<std::string, std::string> secrets;
  for (int i = 0; i < 450; ++i) {
    auto made = *create_access_key(*tx_, master_keys_, account.id, {}, *entropy_);
    secrets[made.key.id] = made.secret_access_key;
  }
  ASSERT_TRUE(check_master_keys(*tx_, master_keys_, *entropy_));
  auto const newer = crypto::Key::random(*entropy_);
  master_keys_.add(2, newer);
  for (auto const& column : directory_secrets()) {
    std::int64_t rows = 0;
    int pieces = 0;
    Rewrapped piece;
    do {
      piece = *rewrap(*tx_, column, piece.last, master_keys_, *entropy_);
      EXPECT_LE(piece.rows, 200);
      EXPECT_TRUE(piece.broken.empty());
      rows += piece.rows;
      ++pieces;
    } while (!piece.done);
    EXPECT_EQ(rows, column.table == "secrets" ? 1 : 450);
    EXPECT_EQ(pieces, column.table == "secrets" ? 1 : 3);
    EXPECT_EQ(rewrap(*tx_, column, {}, master_keys_, *entropy_)->rows, 0) << "once is enough";
  }
  crypto::MasterKeys const newest(2, newer);
  EXPECT_TRUE(check_master_keys(*tx_, newest, *entropy_));
  for (auto const& [id, secret] : secrets)
    EXPECT_EQ((*find_credentials(*tx_, newest, id))->secret_access_key, secret);
}

TEST_F(DirectoryTest, leaves_a_secret_that_no_master_key_opens_and_names_it) {
  auto account = *create_account(*tx_, "team", "", {}, *entropy_);
  auto made = *create_access_key(*tx_, master_keys_, account.id, {}, *entropy_);
  crypto::MasterKeys const others(3, crypto::Key::random(*entropy_));
  for (auto const& column : directory_secrets()) {
    auto piece = *rewrap(*tx_, column, {}, others, *entropy_);
    EXPECT_EQ(piece.broken,
              column.table == "secrets" ? std::vector<std::string>() : std::vector{made.key.id});
  }
  EXPECT_EQ((*find_credentials(*tx_, master_keys_, made.key.id))->secret_access_key, made.secret_access_key);
}

TEST_F(DirectoryTest, takes_no_account_twice) {
  ASSERT_TRUE(create_account(*tx_, "team", "123456789012", {}, *entropy_));
  EXPECT_EQ(create_account(*tx_, "team", "", {}, *entropy_).error().fault, Fault::conflict);
  EXPECT_EQ(create_account(*tx_, "other", "123456789012", {}, *entropy_).error().fault, Fault::conflict);
  EXPECT_EQ(create_account(*tx_, "other", "12345", {}, *entropy_).error().fault, Fault::invalid);
}

TEST_F(CatalogueTest, makes_up_no_secret_for_a_domain_that_has_lost_its_own) {
  auto const account = tests::kOwner.account;
  region_.domain_of(account);
  auto found = run([&](Transaction& tx) -> Result<crypto::Key> {
    TRY(tx.execute("DELETE FROM domains", {}));
    return find_domain_secret(tx, region_.master_keys, account);
  });
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().fault, Fault::corrupt);
}

TEST_F(CatalogueTest, gives_a_region_no_more_leases_than_it_may_have) {
  auto const now = region_.clock.now();
  auto limit = [&](std::string const& peer) {
    auto checked = run([&](Transaction& tx) { return check_lease_limit(tx, peer, "111111111111"); });
    return checked ? std::string() : checked.error().code;
  };
  ASSERT_TRUE(run([&](Transaction& tx) -> Result<void> {
    for (std::int64_t i = 1; i < kMaxLeasesOfPeer; ++i)
      TRY(insert_lease(tx, {std::to_string(i), "us-west-2", "", "", now, now + kLeaseAge, {}}));
    return {};
  }));
  EXPECT_EQ(limit("us-west-2"), "");
  ASSERT_TRUE(run([&](Transaction& tx) {
    return insert_lease(tx, {"last", "us-west-2", "", "", now, now + kLeaseAge, {}});
  }));
  EXPECT_EQ(limit("us-west-2"), "RequestLimitExceeded");
  EXPECT_EQ(limit("eu-west-1"), "");
}

TEST_F(CatalogueTest, gives_an_account_no_more_leases_than_leave_room_for_others) {
  auto const now = region_.clock.now();
  auto limit = [&](std::string const& peer, std::string const& account) {
    auto checked = run([&](Transaction& tx) { return check_lease_limit(tx, peer, account); });
    return checked ? std::string() : checked.error().code;
  };
  ASSERT_TRUE(run([&](Transaction& tx) -> Result<void> {
    for (std::int64_t i = 0; i < kMaxLeasesOfAccount; ++i)
      TRY(insert_lease(tx, {std::to_string(i), "us-west-2", "111111111111", "", now, now + kLeaseAge, {}}));
    return {};
  }));
  EXPECT_EQ(limit("us-west-2", "111111111111"), "RequestLimitExceeded");
  EXPECT_EQ(limit("us-west-2", "222222222222"), "");
  EXPECT_EQ(limit("eu-west-1", "111111111111"), "");
}

TEST_F(CatalogueTest, keeps_openings_for_their_time_and_as_texts_that_can_be_shown) {
  auto record = [&](std::string const& resource) {
    Opening opening{region_.clock.now(), "west", "us-west-2", tests::kOwner.account, resource, "opened"};
    ASSERT_TRUE(run([&](Transaction& tx) { return insert_opening(tx, opening); }));
  };
  record("ami-old");
  region_.clock.advance(kOpeningAge + Duration{1});
  record("a\n\x01" + std::string(1'000, 'b'));
  auto list = [&] { return *run([&](Transaction& tx) { return list_openings(tx, 1'000); }); };
  EXPECT_EQ(list().front().resource, "a??" + std::string(61, 'b'));
  for (int i = 0; i < 100; ++i) record("ami-new");  // the old one goes with some later one
  EXPECT_EQ(list().size(), 101U);
  EXPECT_EQ(list().back().resource.substr(0, 3), "a??");
}

}  // namespace
}  // namespace argosy::catalogue
