#include "catalogue/key_pairs.h"

#include <gtest/gtest.h>

#include "support/region.h"

namespace argosy::catalogue {
namespace {

instances::KeyPair pair(std::string id, std::string name) {
  return {std::move(id), std::move(name),    "ed25519",
          "print",       "ssh-ed25519 AAAA", from_milliseconds(1'800'000'000'123)};
}

class KeyPairs : public testing::Test {
 protected:
  Result<void> insert(std::string const& account, instances::KeyPair const& made) {
    return region_.run([&](Transaction& tx) { return insert_key_pair(tx, account, made); });
  }
  std::vector<std::string> names(std::string const& account, std::string const& after = "",
                                 std::size_t limit = 10) {
    auto found = region_.run([&](Transaction& tx) { return list_key_pairs(tx, account, after, limit); });
    std::vector<std::string> out;
    for (auto const& one : *found) out.push_back(one.name);
    return out;
  }
  tests::Region region_{"us-east-1"};
};

TEST_F(KeyPairs, come_back_as_they_were) {
  ASSERT_TRUE(insert("a", pair("key-1", "web")));
  auto by_name = region_.run([](Transaction& tx) { return find_key_pair(tx, "a", "web"); });
  auto by_id = region_.run([](Transaction& tx) { return find_key_pair_by_id(tx, "a", "key-1"); });
  for (auto const& found : {by_name, by_id}) {
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->id, "key-1");
    EXPECT_EQ((*found)->name, "web");
    EXPECT_EQ((*found)->type, "ed25519");
    EXPECT_EQ((*found)->fingerprint, "print");
    EXPECT_EQ((*found)->public_key, "ssh-ed25519 AAAA");
    EXPECT_EQ((*found)->created, from_milliseconds(1'800'000'000'123));
  }
}

TEST_F(KeyPairs, are_their_accounts_own_and_in_order_of_name) {
  ASSERT_TRUE(insert("a", pair("key-1", "web")));
  ASSERT_TRUE(insert("a", pair("key-2", "db")));
  ASSERT_TRUE(insert("b", pair("key-3", "web")));
  EXPECT_EQ(names("a"), (std::vector<std::string>{"db", "web"}));
  EXPECT_EQ(names("b"), (std::vector<std::string>{"web"}));
  EXPECT_EQ(names("a", "", 1), (std::vector<std::string>{"db"}));
  EXPECT_EQ(names("a", "db", 1), (std::vector<std::string>{"web"}));
  EXPECT_TRUE(names("a", "web").empty());
  auto found = region_.run([](Transaction& tx) { return find_key_pair_by_id(tx, "b", "key-1"); });
  EXPECT_TRUE(found && !*found);
  auto count = region_.run([](Transaction& tx) { return count_key_pairs(tx, "a"); });
  EXPECT_EQ(*count, 2);
}

TEST_F(KeyPairs, have_a_name_once_in_an_account) {
  ASSERT_TRUE(insert("a", pair("key-1", "web")));
  EXPECT_FALSE(insert("a", pair("key-2", "web")));
}

TEST_F(KeyPairs, go_by_their_id_and_only_for_their_account) {
  ASSERT_TRUE(insert("a", pair("key-1", "web")));
  ASSERT_TRUE(region_.run([](Transaction& tx) { return remove_key_pair(tx, "b", "key-1"); }));
  EXPECT_EQ(names("a").size(), 1);
  ASSERT_TRUE(region_.run([](Transaction& tx) { return remove_key_pair(tx, "a", "key-1"); }));
  EXPECT_TRUE(names("a").empty());
}

}  // namespace
}  // namespace argosy::catalogue
