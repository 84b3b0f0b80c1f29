#include "store/index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "digest/sha256.h"
#include "support/session.h"

namespace argosy::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class IndexTest : public testing::Test {
 protected:
  void SetUp() override {
    auto session = sessions_.take();
    ASSERT_TRUE(index::create_schema(**session));
  }
  sql::Pool sessions_{[] { return sql::open_sqlite(":memory:", sql::Durability::process); }, 1};
};

TEST_F(IndexTest, finds_out_whether_a_domain_has_damage_without_going_through_its_chunks) {
  auto const plan = tests::plan_of(sessions_, [](sql::Transaction& tx) { return index::has_damage(tx, 1); });
  EXPECT_THAT(plan, ElementsAre(HasSubstr("chunks_damaged (domain=?)")));
}

}  // namespace
}  // namespace argosy::store
