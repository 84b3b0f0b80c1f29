#include "server/key_rotation.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "base/private_file.h"
#include "catalogue/accounts.h"
#include "catalogue/domains.h"
#include "server/region.h"
#include "support/folder.h"

namespace argosy::server {
namespace {

namespace files = std::filesystem;

constexpr char const* kAccount = "111111111111";

/// A data directory with a region and some access keys, opened and closed as a server does.
class KeyRotationTest : public testing::Test {
 protected:
  void SetUp() override { files::create_directories(folder_ / "data"); }

  crypto::RootKeyPlace place(std::string const& name) const { return {folder_ / name, std::nullopt}; }
  Result<Directory> open(std::string const& root_key = "root.key") {
    return open_directory(folder_ / "data", place(root_key), system_clock().now(), system_entropy());
  }

  /// More access keys than are wrapped anew in one piece, and a domain in a region.
  void fill(Directory const& directory) {
    auto session = *directory.sessions->take();
    auto tx = *catalogue::Transaction::begin(*session, sql::Access::write);
    ASSERT_TRUE(catalogue::create_account(tx, "team", kAccount, {}, system_entropy()));
    for (int i = 0; i < 250; ++i) {
      auto made = *catalogue::create_access_key(tx, *directory.master_keys, kAccount, {}, system_entropy());
      secrets_[made.key.id] = made.secret_access_key;
    }
    ASSERT_TRUE(tx.commit());
    files::create_directories(folder_ / "data/regions/us-east-1");
    in_region([&](catalogue::Transaction& region) {
      ASSERT_TRUE(catalogue::ensure_domain(region, *directory.master_keys, kAccount, system_entropy()));
      domain_ = to_hex(catalogue::find_domain_secret(region, *directory.master_keys, kAccount)->bytes());
    });
  }

  void expect_everything_opens(Directory const& directory) {
    auto session = *directory.sessions->take();
    auto tx = *catalogue::Transaction::begin(*session, sql::Access::read);
    for (auto const& [id, secret] : secrets_) {
      auto found = catalogue::find_credentials(tx, *directory.master_keys, id);
      ASSERT_TRUE(found) << found.error().message;
      ASSERT_EQ((*found)->secret_access_key, secret);
    }
    in_region([&](catalogue::Transaction& region) {
      auto found = catalogue::find_domain_secret(region, *directory.master_keys, kAccount);
      ASSERT_TRUE(found) << found.error().message;
      EXPECT_EQ(to_hex(found->bytes()), domain_);
    });
  }

  template <class Function>
  void in_region(Function function) {
    auto session = *sql::open_sqlite(catalogue_path(folder_ / "data", "us-east-1"), sql::Durability::full);
    ASSERT_TRUE(catalogue::create_region_schema(*session));
    auto tx = *catalogue::Transaction::begin(*session, sql::Access::write);
    function(tx);
    ASSERT_TRUE(tx.commit());
  }

  static void finish(KeyRotation& rotation) {
    while (rotation.status().file.keys.size() > 1) ASSERT_TRUE(rotation.step());
  }

  /// As it was made before there were master keys: secrets under the root key's file, without a version.
  void make_directory_of_before() {
    auto key =
        *crypto::read_root_key_file(folder_ / "root.key", crypto::MissingFile::create, system_entropy());
    auto session = *sql::open_sqlite(directory_path(folder_ / "data"), sql::Durability::full);
    ASSERT_TRUE(catalogue::create_directory_schema(*session));
    ASSERT_TRUE(
        session->run_script("DROP TABLE secrets; CREATE TABLE root_key_check(wrapped BLOB NOT NULL); "
                            "ALTER TABLE accounts DROP COLUMN organization_path; "
                            "ALTER TABLE accounts DROP COLUMN organization_set_ms; "
                            "UPDATE schema_version SET version = 2"));
    auto check = crypto::wrap(key, as_bytes("argosy root key check"), as_bytes("argosy"), system_entropy());
    ASSERT_TRUE(session->execute("INSERT INTO root_key_check VALUES(?1)", {ByteView(check)}));
    auto secret =
        crypto::wrap(key, as_bytes("argosy access key AKIAOLD"), as_bytes("old secret"), system_entropy());
    ASSERT_TRUE(session->execute("INSERT INTO accounts VALUES('222222222222', 'old', 1, 0)"));
    ASSERT_TRUE(session->execute("INSERT INTO access_keys VALUES('AKIAOLD', '222222222222', ?1, 1, 0)",
                                 {ByteView(secret)}));
    secrets_["AKIAOLD"] = "old secret";
  }

  tests::Folder const folder_;
  std::map<std::string, std::string> secrets_;
  std::string domain_;
};

TEST_F(KeyRotationTest, a_new_directory_has_a_random_master_key_that_its_root_key_alone_opens) {
  { fill(*open()); }
  auto again = open();
  ASSERT_TRUE(again) << again.error().message;
  expect_everything_opens(*again);
  EXPECT_EQ(again->key_file.keys.size(), 1U);
  EXPECT_EQ(again->key_file.keys.front().version, 1);
  ASSERT_TRUE(
      crypto::read_root_key_file(folder_ / "other.key", crypto::MissingFile::create, system_entropy()));
  auto refused = open("other.key");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, crypto::kRootKeyFault);
  EXPECT_NE(refused.error().message.find("root.key"), std::string::npos) << "the right one is named";
}

TEST_F(KeyRotationTest, a_root_key_that_is_missing_is_not_made_for_a_directory_that_has_one) {
  { fill(*open()); }
  files::remove(folder_ / "root.key");
  auto refused = open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::not_found);
  EXPECT_FALSE(files::exists(folder_ / "root.key"));
}

TEST_F(KeyRotationTest, a_directory_of_before_has_its_root_keys_file_as_master_key) {
  make_directory_of_before();
  for (int start = 0; start < 2; ++start) {
    auto directory = open();
    ASSERT_TRUE(directory) << directory.error().message;
    if (start == 0) fill(*directory);
    expect_everything_opens(*directory);
    EXPECT_EQ(directory->key_file.keys.front().version, 0);
  }
}

TEST_F(KeyRotationTest, a_directory_of_before_is_not_taken_over_under_another_root_key) {
  make_directory_of_before();
  ASSERT_TRUE(
      crypto::read_root_key_file(folder_ / "other.key", crypto::MissingFile::create, system_entropy()));
  auto refused = open("other.key");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, crypto::kRootKeyFault);
  EXPECT_FALSE(files::exists(master_key_path(folder_ / "data")));
  EXPECT_TRUE(open());
}

TEST_F(KeyRotationTest, a_new_root_key_opens_and_the_old_one_does_not_any_more) {
  {
    auto directory = *open();
    fill(directory);
    KeyRotation rotation(directory, system_clock(), system_entropy());
    ASSERT_TRUE(rotation.begin({place("new.key"), false}));
    EXPECT_EQ(rotation.status().file.keys.size(), 1U) << "the master key stays";
    expect_everything_opens(directory);
  }
  EXPECT_EQ(open("root.key").error().code, crypto::kRootKeyFault);
  auto again = open("new.key");
  ASSERT_TRUE(again) << again.error().message;
  expect_everything_opens(*again);
}

TEST_F(KeyRotationTest, a_directory_of_before_gets_a_new_master_key_with_its_new_root_key) {
  make_directory_of_before();
  {
    auto directory = *open();
    fill(directory);
    KeyRotation rotation(directory, system_clock(), system_entropy());
    ASSERT_TRUE(rotation.begin({place("new.key"), false}));
    finish(rotation);
    EXPECT_EQ(rotation.status().file.keys.front().version, 1);
  }
  auto again = open("new.key");
  ASSERT_TRUE(again) << again.error().message;
  expect_everything_opens(*again);
  auto const old =
      *crypto::read_root_key_file(folder_ / "root.key", crypto::MissingFile::refuse, system_entropy());
  crypto::MasterKeys const old_keys(crypto::MasterKeys::kUnversioned, old);
  auto session = *again->sessions->take();
  auto tx = *catalogue::Transaction::begin(*session, sql::Access::read);
  for (auto const& [id, secret] : secrets_) EXPECT_FALSE(catalogue::find_credentials(tx, old_keys, id));
}

TEST_F(KeyRotationTest, what_is_the_root_key_already_or_lies_in_the_data_directory_is_refused) {
  auto directory = *open();
  KeyRotation rotation(directory, system_clock(), system_entropy());
  EXPECT_EQ(rotation.begin({place("root.key"), false}).error().fault, Fault::invalid);
  EXPECT_EQ(rotation.begin({place("data/new.key"), false}).error().fault, Fault::invalid);
  EXPECT_FALSE(files::exists(folder_ / "data/new.key"));
}

TEST_F(KeyRotationTest, a_master_key_is_rotated_through_every_death_of_the_process) {
  { fill(*open()); }
  for (int steps = 0;; ++steps) {
    std::int64_t before = 0;
    bool ended = false;
    {
      auto directory = *open();
      before = directory.key_file.keys.back().version;
      KeyRotation rotation(directory, system_clock(), system_entropy());
      ASSERT_TRUE(rotation.begin({std::nullopt, true}));
      for (int i = 0; i < steps; ++i) ASSERT_TRUE(rotation.step());
      expect_everything_opens(directory);
      ended = rotation.status().file.keys.size() == 1;
    }
    auto directory = open();
    ASSERT_TRUE(directory) << directory.error().message;
    EXPECT_EQ(directory->key_file.keys.size(), ended ? 1U : 2U);
    expect_everything_opens(*directory);
    KeyRotation rotation(*directory, system_clock(), system_entropy());
    finish(rotation);
    EXPECT_EQ(rotation.status().file.keys.back().version, before + 1);
    auto last = *open();
    ASSERT_EQ(last.key_file.keys.size(), 1U);
    expect_everything_opens(last);
    if (ended) return;
  }
}

TEST_F(KeyRotationTest, one_rotation_goes_on_at_a_time_and_none_during_a_backup) {
  auto directory = *open();
  KeyRotation rotation(directory, system_clock(), system_entropy());
  {
    auto held = rotation.hold();
    ASSERT_TRUE(held);
    EXPECT_EQ(rotation.begin({std::nullopt, true}).error().fault, Fault::conflict);
  }
  ASSERT_TRUE(rotation.begin({std::nullopt, true}));
  EXPECT_EQ(rotation.begin({std::nullopt, true}).error().fault, Fault::conflict);
  EXPECT_EQ(rotation.hold().error().fault, Fault::conflict);
  finish(rotation);
  EXPECT_TRUE(rotation.hold());
}

/// What stood at a path is elsewhere, and the path leads to itself: it is there and cannot be read.
class Unreadable {
 public:
  explicit Unreadable(std::string path) : path_(std::move(path)) {
    files::rename(path_, path_ + ".elsewhere");
    files::create_symlink(path_, path_);
  }
  Unreadable(Unreadable const&) = delete;
  ~Unreadable() {
    files::remove(path_);
    files::rename(path_ + ".elsewhere", path_);
  }

 private:
  std::string const path_;
};

TEST_F(KeyRotationTest, master_keys_that_cannot_be_read_are_not_taken_for_absent) {
  { fill(*open()); }
  auto const path = master_key_path(folder_ / "data");
  {
    Unreadable const master_keys(path);
    auto const refused = open();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, Fault::unavailable);
    EXPECT_TRUE(refused.error().message.starts_with(path + ": ")) << refused.error().message;
  }
  EXPECT_TRUE(open());
}

TEST_F(KeyRotationTest, regions_that_cannot_be_listed_keep_the_old_master_key) {
  auto directory = *open();
  fill(directory);
  KeyRotation rotation(directory, system_clock(), system_entropy());
  ASSERT_TRUE(rotation.begin({std::nullopt, true}));
  for (auto const* path : {"data/regions", "data/regions/us-east-1/catalogue.db"}) {
    Unreadable const unreadable(folder_ / path);
    for (int i = 0; i < 10; ++i) static_cast<void>(rotation.step());
    EXPECT_EQ(rotation.status().file.keys.size(), 2U) << path;
  }
  finish(rotation);
  expect_everything_opens(directory);
}

TEST_F(KeyRotationTest, master_keys_that_are_no_file_of_ours_are_refused) {
  { fill(*open()); }
  auto const path = master_key_path(folder_ / "data");
  auto const whole = *read_file(path);
  for (auto const& text :
       {std::string(), std::string("{}"), whole.substr(0, whole.size() / 2),
        std::string(R"({"format":"argosy master keys 2","root_key":"","wrapped":0,"keys":[]})")}) {
    std::ofstream(path) << text;
    EXPECT_EQ(open().error().fault, Fault::corrupt) << text;
  }
  std::ofstream(path) << whole;
  EXPECT_TRUE(open());
}

}  // namespace
}  // namespace argosy::server
