#include <gtest/gtest.h>

#include "digest/sha256.h"
#include "store/pack.h"
#include "support/memory_store.h"

namespace argosy::store {
namespace {

using tests::stored_block;

/// A pack of which the index knows nothing, and whose last block holds what looks like a record.
class RecoveryTest : public tests::MemoryStore {
 protected:
  void SetUp() override {
    reopen();
    kept_ = put(stored_block("kept"), Placement{"snap-1", 0, {std::byte{1}}});
  }
  /// A record as any client can make one: with a right checksum.
  static Bytes made_up(std::uint8_t kind, std::uint64_t sequence, ByteView tag, ByteView payload) {
    Bytes record = to_bytes(as_bytes("ARGR"));
    record.push_back(std::byte{1});
    record.push_back(std::byte{kind});
    put_le(record, static_cast<std::uint16_t>(tag.size()));
    put_le(record, static_cast<std::uint32_t>(payload.size()));
    put_le(record, std::uint32_t{0});
    put_le(record, std::uint64_t{1});  // the domain
    auto const id = digest::sha256(payload);
    record.insert(record.end(), id.bytes.begin(), id.bytes.end());
    put_le(record, sequence);
    Bytes covered = record;
    covered.insert(covered.end(), tag.begin(), tag.end());
    put_le(record, digest::crc32c(covered));
    put_le(record, std::uint32_t{0});
    record.insert(record.end(), tag.begin(), tag.end());
    record.insert(record.end(), payload.begin(), payload.end());
    return record;
  }
  static Bytes block_with(Bytes const& record) {
    auto bytes = stored_block("a disk image that holds a pack: ");
    bytes.insert(bytes.end(), record.begin(), record.end());
    bytes.resize(bytes.size() + 100);
    return bytes;
  }
  /// The sector with the head of a block's record did not reach the disk; its payload did.
  void lose_head_of(Bytes const& stored) {
    flip(find(stored) - kRecordHeaderBytes);
    lose_index();
  }
  /// That of the block which was put last did not get to its end.
  void tear() {
    store_.reset();
    auto all = pack();
    all.resize(all.size() - 10);
    replace_pack(all);
    lose_index();
  }

  ChunkId kept_;
};

TEST_F(RecoveryTest, takes_a_torn_block_that_holds_a_whole_record_for_the_torn_tail_that_it_is) {
  put(block_with(made_up(1, 7, {}, stored_block("inner"))));
  tear();
  EXPECT_FALSE(store_->journal_damaged()) << "no upload ends because a process was killed";
  EXPECT_FALSE(*store_->contains(1, digest::sha256(stored_block("inner"))));
  EXPECT_TRUE(*store_->contains(1, kept_));
  auto const next = put(stored_block("next"));
  lose_index();
  EXPECT_FALSE(store_->journal_damaged());
  EXPECT_EQ(*store_->get(1, next), stored_block("next")) << "it was cut off and the pack went on";
  EXPECT_EQ(store_->placements("snap-1", 0, 10)->size(), 1U);
}

TEST_F(RecoveryTest, goes_on_over_what_looks_like_a_record_and_makes_no_sense) {
  std::array const tag{std::byte{9}};
  for (auto const& record : {made_up(2, 7, tag, {}), made_up(1, 7, {}, as_bytes("no chunk")),
                             made_up(1, 7, {}, as_bytes("no chunk either, of twelve bytes or more"))}) {
    auto const last = block_with(record);
    put(last);
    lose_head_of(last);
    EXPECT_TRUE(*store_->contains(1, kept_));
    store_.reset();
    packs_ = bucket::open_memory();
    lose_index();
    kept_ = put(stored_block("kept"));
  }
}

TEST_F(RecoveryTest, believes_no_sequence_that_it_finds_within_a_block) {
  auto const last = block_with(made_up(1, ~std::uint64_t{1}, {}, stored_block("inner")));
  put(last);
  lose_head_of(last);
  for (std::uint8_t times = 1; times <= 3; ++times) {
    ASSERT_TRUE(store_->place(1, Placement{"snap-2", 0, {std::byte{times}}}));
    auto const rows = *store_->placements("snap-2", 0, 10);
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows.front().reference, Bytes{std::byte{times}}) << "the later put wins";
  }
}

}  // namespace
}  // namespace argosy::store
