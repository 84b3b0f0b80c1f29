#include "images/encryption.h"

#include <gtest/gtest.h>

namespace argosy::images {
namespace {

constexpr auto kAbsent = std::nullopt;
std::optional<std::string> const kKey = "alias/mine";

struct Row {
  CopySource source;
  EncryptionWish wish;
  bool by_default;
  KeyChoice chosen;
};
CopySource const kPlain{"snap-1", false, true, true};
CopySource const kOwnHere{"snap-1", true, true, true};
CopySource const kOwnElsewhere{"snap-1", true, true, false};
CopySource const kOfAnother{"snap-1", true, false, true};

/// ec2-semantics D1, in its order.
TEST(Encryption, of_a_copy_follows_the_table_of_ec2) {
  std::vector<Row> const rows{
      {kPlain, {kAbsent, kAbsent}, false, KeyChoice::none},
      {kPlain, {false, kAbsent}, false, KeyChoice::none},
      {kPlain, {kAbsent, kAbsent}, true, KeyChoice::account_default},
      {kPlain, {false, kAbsent}, true, KeyChoice::account_default},
      {kPlain, {true, kAbsent}, false, KeyChoice::account_default},
      {kPlain, {true, kAbsent}, true, KeyChoice::account_default},
      {kPlain, {true, kKey}, false, KeyChoice::given},
      {kPlain, {true, kKey}, true, KeyChoice::given},
      {kOwnHere, {kAbsent, kAbsent}, false, KeyChoice::source},
      {kOwnHere, {true, kAbsent}, true, KeyChoice::source},
      {kOwnElsewhere, {kAbsent, kAbsent}, false, KeyChoice::account_default},
      {kOwnElsewhere, {true, kAbsent}, true, KeyChoice::account_default},
      {kOfAnother, {kAbsent, kAbsent}, false, KeyChoice::account_default},
      {kOfAnother, {true, kAbsent}, true, KeyChoice::account_default},
      {kOwnHere, {true, kKey}, false, KeyChoice::given},
      {kOfAnother, {true, kKey}, true, KeyChoice::given},
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto const& row = rows[i];
    ASSERT_TRUE(check_wish(row.wish)) << i;
    auto chosen = choose_for_copy(row.source, row.wish, row.by_default);
    ASSERT_TRUE(chosen) << i;
    EXPECT_EQ(*chosen, row.chosen) << i;
  }
}

TEST(Encryption, is_never_removed_by_a_copy) {
  for (auto const& source : {kOwnHere, kOwnElsewhere, kOfAnother}) {
    auto refused = choose_for_copy(source, {false, kAbsent}, false);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "InvalidRequest");
    EXPECT_NE(refused.error().message.find("snap-1"), std::string::npos);
  }
}

TEST(Encryption, needs_to_be_asked_for_by_who_names_a_key) {
  for (auto encrypted : {std::optional<bool>(), std::optional(false)}) {
    auto refused = check_wish({encrypted, kKey});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "InvalidParameterDependency");
  }
}

TEST(Encryption, keeps_no_name_of_a_key_that_is_longer_than_any) {
  EXPECT_TRUE(check_wish({true, std::string(kMaxKeyNameBytes, 'k')}));
  auto const refused = check_wish({true, std::string(kMaxKeyNameBytes + 1, 'k')});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "InvalidParameterValue");
}

TEST(Encryption, takes_no_key_where_an_empty_one_is_named) {
  EncryptionWish const wish{std::nullopt, ""};
  EXPECT_TRUE(check_wish(wish));
  EXPECT_EQ(choose_for_copy(kOwnElsewhere, {true, ""}, false), KeyChoice::account_default);
  EXPECT_EQ(choose_for_volume("snap-1", false, true, wish, false), KeyChoice::none);
}

/// ec2-semantics G, in its order: the choice without and with encryption by default.
TEST(Encryption, of_an_upload_follows_the_table_of_ebs) {
  struct UploadRow {
    std::optional<bool> parent;
    EncryptionWish wish;
    std::optional<KeyChoice> off;
    std::optional<KeyChoice> on;
  };
  auto const refused = std::nullopt;
  std::vector<UploadRow> const rows{
      {false, {kAbsent, kAbsent}, KeyChoice::none, refused},
      {false, {true, kAbsent}, refused, refused},
      {false, {false, kAbsent}, refused, refused},
      {false, {kAbsent, kKey}, refused, refused},
      {true, {kAbsent, kAbsent}, KeyChoice::source, KeyChoice::source},
      {true, {true, kAbsent}, refused, refused},
      {true, {false, kAbsent}, refused, refused},
      {true, {true, kKey}, refused, refused},
      {kAbsent, {true, kAbsent}, KeyChoice::account_default, KeyChoice::account_default},
      {kAbsent, {true, kKey}, KeyChoice::given, KeyChoice::given},
      {kAbsent, {false, kAbsent}, KeyChoice::none, refused},
      {kAbsent, {false, kKey}, refused, refused},
      {kAbsent, {kAbsent, kAbsent}, KeyChoice::none, KeyChoice::account_default},
      {kAbsent, {kAbsent, kKey}, KeyChoice::given, KeyChoice::given},
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(choose_for_upload(rows[i].parent, rows[i].wish, false), rows[i].off) << i;
    EXPECT_EQ(choose_for_upload(rows[i].parent, rows[i].wish, true), rows[i].on) << i;
  }
}

TEST(Encryption, under_the_managed_key_cannot_be_shared_and_under_no_key_with_everybody) {
  Permission const somebody{PrincipalKind::account, "111122223333"};
  auto code = [](Result<void> const& result) { return result ? std::string() : result.error().code; };
  EXPECT_EQ(code(check_image_sharing(Encryption::none, kEverybody)), "");
  EXPECT_EQ(code(check_image_sharing(Encryption::customer_key, somebody)), "");
  EXPECT_EQ(code(check_image_sharing(Encryption::customer_key, kEverybody)), "UnsupportedOperation");
  EXPECT_EQ(code(check_image_sharing(Encryption::managed_key, kEverybody)), "UnsupportedOperation");
  EXPECT_EQ(code(check_image_sharing(Encryption::managed_key, somebody)), "InvalidParameter");
  EXPECT_EQ(code(check_snapshot_sharing(Encryption::none, kEverybody)), "");
  EXPECT_EQ(code(check_snapshot_sharing(Encryption::customer_key, somebody)), "");
  EXPECT_EQ(code(check_snapshot_sharing(Encryption::customer_key, kEverybody)), "OperationNotPermitted");
  EXPECT_EQ(code(check_snapshot_sharing(Encryption::managed_key, somebody)), "OperationNotPermitted");
}

}  // namespace
}  // namespace argosy::images
