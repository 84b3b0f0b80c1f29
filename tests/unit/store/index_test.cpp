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

TEST_F(IndexTest, puts_another_copy_or_one_that_was_verified_in_the_place_of_a_damaged_one) {
  ChunkRow const first{1, digest::sha256(as_bytes("one")), {1, 100, 50, 0, ChunkState::closed}, 1};
  auto elsewhere = first;
  elsewhere.location.pack = 2;
  auto session = sessions_.take();
  auto tx = *sql::Transaction::begin(**session, sql::Access::write);
  index::Sums sums;
  auto const damage = [&](ChunkRow const& row) { ASSERT_TRUE(index::mark_damaged(tx, sums, row)); };
  auto const save = [&](ChunkRow const& row, index::Verified verified) {
    auto const saved = *index::save_chunk(tx, sums, row, verified);
    auto const found = **index::find_chunk(tx, 1, row.id);
    EXPECT_EQ(saved.location.state, found.location.state);
    EXPECT_TRUE(saved.location.same_place(found.location));
    return found.location;
  };
  EXPECT_EQ(save(first, index::Verified::no).state, ChunkState::closed);
  damage(first);
  EXPECT_EQ(save(first, index::Verified::no).state, ChunkState::damaged);
  EXPECT_EQ(save(first, index::Verified::yes).state, ChunkState::closed);
  damage(first);
  EXPECT_EQ(save(elsewhere, index::Verified::no).state, ChunkState::closed);
  EXPECT_EQ(save(first, index::Verified::yes).pack, 2) << "one that is whole stays";
}

}  // namespace
}  // namespace argosy::store
