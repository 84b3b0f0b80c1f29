#include <gtest/gtest.h>
#include <shared_mutex>

#include <array>

#include "api/operation.h"
#include "support/machines.h"

namespace argosy::api {
namespace {

/// A region, and how its lists are asked for.
class ReadLimitTest : public testing::Test {
 protected:
  ReadLimitTest() {
    service_.regions.push_back({region_.name,
                                region_.catalogue,
                                *region_.content,
                                sources_,
                                {},
                                region_.keys,
                                machines_.gates,
                                machines_.ledger,
                                machines_.launcher,
                                machines_.captures,
                                [] {}});
  }
  Result<http::Response> ask(std::string const& action) {
    wire::Pairs const none;
    return ec2_operations().at(action)({service_, service_.regions.front(), tests::kOwner, none, action,
                                        "request", region_.clock.now(), ""});
  }
  static constexpr std::array kLists{"DescribeTags", "DescribeImages", "DescribeKeyPairs"};

  tests::Region region_{"us-east-1"};
  replication::Sources sources_;
  sql::Pool directory_{[] { return sql::open_sqlite(":memory:", sql::Durability::process); }, 1};
  metrics::Requests requests_;
  std::shared_mutex key_changes_;
  tests::Machines machines_{region_};
  Service service_{{}, {}, directory_, region_.master_keys, region_.clock, *region_.entropy,
                   "", {}, {},         requests_,           key_changes_};
};

TEST_F(ReadLimitTest, ends_what_takes_too_long_and_nothing_else) {
  for (auto const* list : kLists) {
    service_.read_limit = Duration{0};
    auto const ended = ask(list);
    ASSERT_FALSE(ended) << list;
    EXPECT_EQ(ended.error().code, "RequestLimitExceeded") << list;
    service_.read_limit = Duration{600'000};
    EXPECT_TRUE(ask(list)) << list;
  }
}

TEST_F(ReadLimitTest, ends_with_the_process) {
  service_.reads_end = std::chrono::steady_clock::now();
  for (auto const* list : kLists) {
    auto const ended = ask(list);
    ASSERT_FALSE(ended) << list;
    EXPECT_EQ(ended.error().fault, Fault::unavailable) << list;
    EXPECT_EQ(ended.error().code, "") << list;
  }
}

}  // namespace
}  // namespace argosy::api
