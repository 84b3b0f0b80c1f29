#include <array>

#include "api/operation.h"
#include "unit/api/service_of_a_region.h"

namespace argosy::api {
namespace {

/// How the lists of a region are asked for.
class ReadLimitTest : public ServiceTest {
 protected:
  Result<http::Response> ask(std::string const& action) {
    wire::Pairs const none;
    return ec2_operations().at(action)({service_, service_.regions.front(), tests::kOwner, none, action,
                                        "request", region_.clock.now(), ""});
  }
  static constexpr std::array kLists{"DescribeTags", "DescribeImages", "DescribeKeyPairs"};
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
