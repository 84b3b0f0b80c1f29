#include "disk_server/disk.h"

#include <algorithm>

#include "unit/disk_server/disk_of_a_region.h"

namespace argosy::disk_server {
namespace {

constexpr std::uint64_t kGib = 1ULL << 30U;

std::string show(std::vector<Extent> const& extents) {
  std::string out;
  for (auto const& extent : extents)
    out += (extent.hole ? "hole " : "data ") + std::to_string(extent.length / kBlockBytes) + " ";
  return out;
}

TEST_F(DiskTest, reads_what_is_written_and_zeros_where_nothing_is) {
  region_.written = {0, 3};
  EXPECT_EQ(*read_block(0), block_of(0));
  EXPECT_EQ(*read_block(3), block_of(3));
  EXPECT_EQ(*read_block(1), Bytes(kBlockBytes));
  auto const across = *read(3 * kBlockBytes - 5, 10);
  EXPECT_EQ(Bytes(across.begin(), across.begin() + 5), Bytes(5));
  EXPECT_EQ(Bytes(across.begin() + 5, across.end()), Bytes(5, block_of(3)[0]));
}

TEST_F(DiskTest, asks_for_no_block_that_is_a_hole_or_behind_the_snapshots_end) {
  region_.written = {2};
  session_.volume_size_bytes = 3 * static_cast<std::int64_t>(kGib);
  write_session();
  EXPECT_EQ(*read_block(1), Bytes(kBlockBytes));
  EXPECT_EQ(*read(3 * kGib - 512, 512), Bytes(512));
  EXPECT_EQ(region_.gets(), 0);
  EXPECT_EQ(region_.lists(), 1);
}

TEST_F(DiskTest, asks_for_a_block_that_it_has_no_second_time) {
  region_.written = {7};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(*read_block(7), block_of(7));
  EXPECT_EQ(region_.gets(), 1);
}

TEST_F(DiskTest, asks_once_when_many_want_the_same_block) {
  region_.written = {7};
  disk();
  std::vector<std::jthread> readers;
  for (int i = 0; i < 8; ++i) readers.emplace_back([&] { EXPECT_EQ(*read_block(7), block_of(7)); });
  readers.clear();
  EXPECT_EQ(region_.gets(), 1);
}

TEST_F(DiskTest, reads_ahead_of_who_reads_in_order) {
  for (std::uint64_t i = 0; i < 8; ++i) region_.written.insert(i);
  EXPECT_TRUE(read_block(0));
  EXPECT_EQ(region_.gets(), 1);
  EXPECT_TRUE(read_block(1));
  while (region_.gets() < 6) std::this_thread::yield();  // 2 to 5, and nothing behind them
  EXPECT_EQ(*read_block(5), block_of(5));
}

TEST_F(DiskTest, forgets_blocks_beyond_its_cache) {
  for (std::uint64_t i = 0; i < 100; i += 2) region_.written.insert(i);  // nobody reads ahead of holes
  options_.cache_bytes = 16 * kBlockBytes;
  for (std::uint64_t i = 0; i < 100; i += 2) EXPECT_TRUE(read_block(i));
  auto const before = region_.gets();
  EXPECT_EQ(*read_block(98), block_of(98));
  EXPECT_EQ(region_.gets(), before);
  EXPECT_EQ(*read_block(0), block_of(0));
  EXPECT_EQ(region_.gets(), before + 1);
}

TEST_F(DiskTest, keeps_its_blocks_while_zeros_behind_the_snapshots_end_are_read) {
  region_.written = {7, 9};
  region_.most_results = 1;  // so that what is listed for block 7 ends behind it
  session_.volume_size_bytes = 2 * static_cast<std::int64_t>(kGib);
  write_session();
  EXPECT_TRUE(read_block(7));
  for (auto index = kGib / kBlockBytes; index < kGib / kBlockBytes + 200; ++index)
    EXPECT_EQ(*read_block(index), Bytes(kBlockBytes));
  EXPECT_EQ(*read_block(7), block_of(7));
  EXPECT_EQ(region_.gets(), 1);
}

TEST_F(DiskTest, finds_blocks_of_a_large_disk_wherever_they_are) {
  region_.size_gib = 64;
  session_.volume_size_bytes = 64 * static_cast<std::int64_t>(kGib);
  write_session();
  for (std::uint64_t i = 0; i < 64 * 2'048; i += 3) region_.written.insert(i);
  for (std::uint64_t index : {130'998ULL, 3ULL, 65'535ULL, 65'536ULL, 131'070ULL, 5'000ULL, 4'998ULL}) {
    bool const written = index % 3 == 0;
    EXPECT_EQ(*read_block(index), written ? block_of(index) : Bytes(kBlockBytes)) << index;
  }
}

TEST_F(DiskTest, follows_short_pages_of_the_list) {
  region_.most_results = 1;
  region_.written = {1, 5, 9};
  EXPECT_EQ(*read_block(9), block_of(9));
  EXPECT_EQ(*read_block(10), Bytes(kBlockBytes));
}

TEST_F(DiskTest, tells_where_holes_are) {
  region_.written = {0, 1, 4};
  EXPECT_EQ(show(*disk().extents(0, kGib, pause())), "data 2 hole 2 data 1 hole 2043 ");
  EXPECT_EQ(show(*disk().extents(kBlockBytes, kBlockBytes, pause())), "data 1 ");
  auto const part = *disk().extents(2 * kBlockBytes + 5, 10, pause());
  ASSERT_EQ(part.size(), 1U);
  EXPECT_EQ(part[0].offset, 2 * kBlockBytes + 5);
  EXPECT_EQ(part[0].length, 10U);
  EXPECT_TRUE(part[0].hole);
  EXPECT_EQ(region_.gets(), 0);
}

TEST_F(DiskTest, waits_for_a_region_that_is_away) {
  region_.written = {0};
  region_.fail_next({fail(Fault::unavailable, "connection refused"), refusal(503, "ServiceUnavailable"),
                     refusal(400, "RequestThrottledException"), refusal(500, "InternalServerException"),
                     refusal(403, "ExpiredTokenException"), http::Response{404, {}, {}, {}}});
  EXPECT_EQ(*read_block(0), block_of(0));
  EXPECT_EQ(pauses_, 6);
}

TEST_F(DiskTest, waits_while_the_clocks_differ_but_not_with_a_signature_that_is_wrong) {
  region_.written = {0, 4};
  region_.fail_next(
      {refusal(403, "InvalidSignatureException", "", "Signature expired: it was made yesterday"),
       refusal(403, "InvalidSignatureException", "", "Signature not yet current: it was made tomorrow")});
  EXPECT_EQ(*read_block(0), block_of(0));
  EXPECT_EQ(pauses_, 2);
  region_.fail_next({refusal(403, "InvalidSignatureException", "", "The signature does not match")});
  EXPECT_EQ(read_block(4).error().fault, Fault::denied);
}

TEST_F(DiskTest, waits_while_something_else_at_the_address_says_that_all_is_well) {
  auto const page = [](std::string_view text) {
    return http::Response{200, {}, to_bytes(as_bytes(text)), {}};
  };
  region_.written = {0, 4};
  region_.fail_next({page("<html>log in first</html>"), page(R"({"Blocks":[],"VolumeSize":1})")});
  EXPECT_EQ(*read_block(0), block_of(0));
  region_.fail_next({page("<html>log in first</html>")});
  EXPECT_EQ(*read_block(4), block_of(4));
  EXPECT_EQ(pauses_, 3);
}

TEST_F(DiskTest, fails_when_its_patience_ends_or_nobody_waits_any_more) {
  region_.fail_next({fail(Fault::unavailable, "away"), fail(Fault::unavailable, "away")});
  give_up_ = true;
  EXPECT_EQ(read_block(0).error().fault, Fault::unavailable);
  EXPECT_EQ(pauses_, 1);
}

TEST_F(DiskTest, says_once_that_it_waits_and_once_that_it_goes_on) {
  region_.written = {0, 4};
  EXPECT_TRUE(read_block(0));
  std::vector<Result<http::Response>> const away(3, fail(Fault::unavailable, "away"));
  region_.fail_next(away);
  on_pause_ = [&] {
    EXPECT_EQ(*read_block(0), block_of(0));
    EXPECT_EQ(*read_block(9), Bytes(kBlockBytes));
  };
  testing::internal::CaptureStderr();
  EXPECT_EQ(*read_block(4), block_of(4));
  auto const log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(pauses_, 3);
  EXPECT_TRUE(log.contains("waits and tries again: snap-1: block 4: away")) << log;
  EXPECT_TRUE(log.contains("snap-1: goes on")) << log;
  EXPECT_EQ(std::ranges::count(log, '\n'), 2) << log;
}

TEST_F(DiskTest, gives_up_at_once_without_patience) {
  options_.patience = Duration{0};
  region_.fail_next({fail(Fault::unavailable, "away")});
  EXPECT_EQ(read_block(0).error().fault, Fault::unavailable);
  EXPECT_EQ(pauses_, 0);
}

TEST_F(DiskTest, fails_at_once_when_it_is_refused_and_says_what_it_asked_for) {
  region_.written = {4};
  EXPECT_TRUE(read_block(0));
  region_.fail_next({refusal(403, "AccessDeniedException", "DEPENDENCY_ACCESS_DENIED")});
  auto const refused = read_block(4);
  EXPECT_EQ(refused.error().fault, Fault::denied);
  EXPECT_EQ(refused.error().message, "snap-1: block 4: AccessDeniedException/DEPENDENCY_ACCESS_DENIED: no");
  EXPECT_EQ(pauses_, 0);
  EXPECT_EQ(*read_block(4), block_of(4)) << "a refusal is not remembered";
}

TEST_F(DiskTest, never_returns_a_block_that_does_not_have_its_checksum) {
  region_.written = {4};
  region_.spoil = true;
  EXPECT_EQ(read_block(4).error().fault, Fault::corrupt);
  EXPECT_EQ(read_block(4).error().message, "snap-1: block 4 does not have its checksum");
}

TEST_F(DiskTest, lists_again_when_its_tokens_are_not_taken_any_more) {
  region_.written = {1, 4};
  EXPECT_TRUE(read_block(1));
  region_.token = "another";
  EXPECT_EQ(*read_block(4), block_of(4));
  EXPECT_EQ(region_.lists(), 2);
  EXPECT_EQ(pauses_, 0);
}

TEST_F(DiskTest, lists_again_where_two_parts_of_the_list_have_tokens_that_are_not_taken_any_more) {
  region_.written = {0, 700, 2'000};
  region_.most_results = 1;
  EXPECT_TRUE(read_block(600));  // 512 to 700
  region_.most_results = 10'000;
  EXPECT_TRUE(read_block(100));  // all
  region_.token = "another";
  EXPECT_EQ(*read_block(700), block_of(700));
  EXPECT_EQ(pauses_, 0);
}

TEST_F(DiskTest, takes_up_new_credentials_and_another_endpoint) {
  region_.written = {1, 4};
  EXPECT_TRUE(read_block(1));
  region_.access_key_id = "ASIANEW";
  session_.access_key_id = "ASIANEW";
  session_.endpoint = "http://moved";
  write_session();
  EXPECT_EQ(*read_block(4), block_of(4));
  EXPECT_EQ(opened_, (std::vector<std::string>{"http://region", "http://moved"}));
}

TEST_F(DiskTest, takes_up_other_authorities) {
  region_.written = {1, 4};
  EXPECT_TRUE(read_block(1));
  session_.authority_path = "/other.pem";
  write_session();
  EXPECT_TRUE(read_block(4));
  EXPECT_EQ(opened_.size(), 2U);
}

TEST_F(DiskTest, waits_until_an_expired_session_is_renewed) {
  region_.written = {1};
  region_.fail_next({refusal(403, "ExpiredTokenException")});
  region_.access_key_id = "ASIANEW";
  on_pause_ = [&] {
    session_.access_key_id = "ASIANEW";
    write_session();
  };
  EXPECT_EQ(*read_block(1), block_of(1));
  EXPECT_EQ(pauses_, 1);
}

}  // namespace
}  // namespace argosy::disk_server
