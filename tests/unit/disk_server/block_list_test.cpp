#include "disk_server/block_list.h"

#include "unit/disk_server/disk_of_a_region.h"

namespace argosy::disk_server {
namespace {

TEST_F(DiskTest, has_at_hand_that_nothing_lies_behind_the_snapshots_end) {
  region_.written = {7, 9};
  region_.most_results = 1;
  auto const file = *SessionFile::open(path());
  RegionClient client(*file, open(), system_clock());
  BlockList list(client, system_clock());
  EXPECT_EQ(list.find(5'000), nullptr);
  ASSERT_TRUE(list.around(5'000));
  auto const last = list.find(6'000);
  ASSERT_NE(last, nullptr);
  EXPECT_EQ(last->next(6'000), nullptr);
  EXPECT_EQ(list.find(2'047), nullptr) << "of what lies before it nothing is known";
}

}  // namespace
}  // namespace argosy::disk_server
