#include "catalogue/client_tokens.h"

#include <gtest/gtest.h>

#include "sql/read_rows.h"
#include "support/region.h"

namespace argosy::catalogue {
namespace {

class ClientTokens : public testing::Test {
 protected:
  template <class Function>
  auto run(Function function) {
    return region_.run(function);
  }
  tests::Region region_{"us-east-1"};
};

TEST_F(ClientTokens, are_answered_with_the_first_result_and_refuse_other_parameters) {
  ClientToken token{"111111111111", "CopyImage", "t-1", "Name=a"};
  auto now = region_.clock.now();
  EXPECT_FALSE(*run([&](Transaction& tx) { return find_result(tx, token); }));
  ASSERT_TRUE(run([&](Transaction& tx) { return save_result(tx, token, "ami-1", now); }));
  EXPECT_EQ(**run([&](Transaction& tx) { return find_result(tx, token); }), "ami-1");
  auto other = token;
  other.parameters = "Name=b";
  EXPECT_EQ(run([&](Transaction& tx) { return find_result(tx, other); }).error().code,
            "IdempotentParameterMismatch");
  auto stranger = other;
  stranger.account = "222222222222";
  EXPECT_FALSE(*run([&](Transaction& tx) { return find_result(tx, stranger); }));
  auto next = token;
  next.token = "t-2";
  ASSERT_TRUE(
      run([&](Transaction& tx) { return save_result(tx, next, "ami-2", now + std::chrono::hours(24)); }));
  EXPECT_TRUE(*run([&](Transaction& tx) { return find_result(tx, token); }))
      << "a day later it is still known";
}

TEST_F(ClientTokens, take_little_space_however_long_their_requests_are) {
  ClientToken const token{"111111111111", "CreateVolume", "t-1", std::string(1'000'000, 'a')};
  ASSERT_TRUE(run([&](Transaction& tx) { return save_result(tx, token, "vol-1", region_.clock.now()); }));
  auto const kept = *run([&](Transaction& tx) {
    return sql::read_rows(tx.query("SELECT max(length(fingerprint)) FROM client_tokens"),
                          [](sql::Rows& row) { return row.integer(0); });
  });
  EXPECT_EQ(kept, std::vector<std::int64_t>{64});
  EXPECT_EQ(**run([&](Transaction& tx) { return find_result(tx, token); }), "vol-1");
  auto other = token;
  other.parameters.back() = 'b';
  EXPECT_EQ(run([&](Transaction& tx) { return find_result(tx, other); }).error().code,
            "IdempotentParameterMismatch");
}

TEST_F(ClientTokens, are_known_whose_parameters_an_earlier_version_kept) {
  ASSERT_TRUE(run([&](Transaction& tx) {
    return tx.execute(
        "INSERT INTO client_tokens(account, action, token, fingerprint, result, created_ms) "
        "VALUES(?1, 'CopyImage', 't-1', 'Name=a', 'ami-1', 0)",
        {std::string_view("111111111111")});
  }));
  ClientToken token{"111111111111", "CopyImage", "t-1", "Name=a"};
  EXPECT_EQ(**run([&](Transaction& tx) { return find_result(tx, token); }), "ami-1");
  token.parameters = "Name=b";
  EXPECT_EQ(run([&](Transaction& tx) { return find_result(tx, token); }).error().code,
            "IdempotentParameterMismatch");
}

}  // namespace
}  // namespace argosy::catalogue
