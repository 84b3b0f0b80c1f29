#include "cli/disk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "cli/ebs.h"
#include "cli/upload.h"
#include "support/folder.h"

namespace argosy::cli {
namespace {

class ScriptedDisk final : public Disk {
 public:
  ScriptedDisk(std::uint64_t size, std::vector<Extent> data) : size_(size), data_(std::move(data)) {}
  std::uint64_t size_bytes() const override { return size_; }
  Outcome<std::optional<Extent>> next_data(std::uint64_t offset) override {
    for (auto const& extent : data_)
      if (extent.end > offset) return Extent{std::max(extent.begin, offset), extent.end};
    return std::nullopt;
  }
  Outcome<void> read(std::uint64_t, std::span<std::byte>) override { return {}; }

 private:
  std::uint64_t size_;
  std::vector<Extent> data_;
};

std::vector<std::uint64_t> walk(Disk& disk) {
  BlockWalk blocks(disk);
  std::vector<std::uint64_t> indexes;
  for (auto next = blocks.next(); next && *next; next = blocks.next()) indexes.push_back(**next);
  return indexes;
}

TEST(BlockWalk, names_each_touched_block_once_in_order) {
  ScriptedDisk disk(
      10 * kBlockBytes,
      {{0, 1}, {100, 200}, {2 * kBlockBytes - 1, 2 * kBlockBytes + 1}, {5 * kBlockBytes, 7 * kBlockBytes}});
  EXPECT_EQ(walk(disk), (std::vector<std::uint64_t>{0, 1, 2, 5, 6}));
}

TEST(BlockWalk, takes_the_last_block_of_a_disk_that_ends_within_it) {
  ScriptedDisk disk(2 * kBlockBytes + 10, {{2 * kBlockBytes, 2 * kBlockBytes + 10}});
  EXPECT_EQ(walk(disk), std::vector<std::uint64_t>{2});
}

TEST(BlockWalk, finds_nothing_in_a_disk_of_holes) {
  ScriptedDisk disk(10 * kBlockBytes, {});
  EXPECT_TRUE(walk(disk).empty());
}

TEST(RawDisk, gives_its_data_without_its_holes) {
  tests::Folder const folder;
  auto path = folder / "disk.raw";
  {
    std::ofstream file(path, std::ios::binary);
    file.seekp(8 << 20U);
    file << "data";
  }
  auto disk = open_raw(path);
  ASSERT_TRUE(disk) << disk.error().message;
  EXPECT_EQ((*disk)->size_bytes(), (8U << 20U) + 4U);
  auto indexes = walk(**disk);
  ASSERT_FALSE(indexes.empty());
  EXPECT_EQ(indexes.back(), 16U);
  std::string text(4, ' ');
  ASSERT_TRUE((*disk)->read(8 << 20U, std::as_writable_bytes(std::span(text))));
  EXPECT_EQ(text, "data");
  EXPECT_FALSE((*disk)->read((8 << 20U) + 1, std::as_writable_bytes(std::span(text))));
}

TEST(RawDisk, that_grows_while_it_is_read_ends_where_it_ended) {
  tests::Folder const folder;
  auto path = folder / "disk.raw";
  std::ofstream(path) << "data";
  auto disk = open_raw(path);
  ASSERT_TRUE(disk) << disk.error().message;
  std::ofstream(path, std::ios::app) << std::string(2 * kBlockBytes, 'x');
  EXPECT_EQ((*(*disk)->next_data(0))->end, 4U);
  EXPECT_EQ(*(*disk)->next_data(kBlockBytes), std::nullopt);
  EXPECT_EQ(walk(**disk), std::vector<std::uint64_t>{0});
}

TEST(RawDisk, must_be_a_file_or_a_device) {
  EXPECT_FALSE(open_raw(testing::TempDir()));
  EXPECT_FALSE(open_raw("/nowhere/disk.raw"));
}

TEST(Format, is_translated_to_what_qemu_calls_it) {
  EXPECT_EQ(*qemu_format("vhd"), "vpc");
  EXPECT_EQ(*qemu_format("qcow2"), "qcow2");
  EXPECT_EQ(qemu_format("iso").error().exit, Exit::usage);
}

TEST(AggregateChecksum, does_not_depend_on_the_order_of_arrival_and_leaves_zeros_out) {
  auto a = digest::sha256(as_bytes("a"));
  auto b = digest::sha256(as_bytes("b"));
  auto expected = digest::Sha256().update(a.bytes).update(b.bytes).finish();
  std::vector<std::pair<std::uint64_t, std::optional<digest::Digest>>> blocks{
      {0, a}, {1, std::nullopt}, {2, b}};
  do {
    AggregateChecksum checksum;
    for (auto const& [position, digest] : blocks) checksum.add(position, digest);
    EXPECT_EQ(checksum.blocks(), 2U);
    EXPECT_EQ(checksum.finish(), expected);
  } while (std::ranges::next_permutation(blocks, {}, [](auto const& block) { return block.first; }).found);
}

}  // namespace
}  // namespace argosy::cli
