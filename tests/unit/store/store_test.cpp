#include "store/store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include "store/writers.h"
#include "support/chunks.h"
#include "support/folder.h"

namespace argosy::store {
namespace {

using tests::stored_block;
using tests::stored_node;

class StoreTest : public testing::Test {
 protected:
  void SetUp() override {
    packs_ = *bucket::open_directory(folder_ / "packs");
    reopen();
  }
  void TearDown() override {
    store_.reset();
    sessions_.reset();
  }
  /// As after kill -9: the old store writes nothing more. (It is kept for ever, or it would flush.)
  void crash() {
    abandon();
    reopen();
  }
  void abandon() {
    using Dead = std::vector<std::pair<std::unique_ptr<Store>, std::unique_ptr<sql::Pool>>>;
    static auto* const dead = new Dead;
    dead->emplace_back(std::move(store_), std::move(sessions_));
  }
  void reopen() {
    store_.reset();
    sessions_ = std::make_unique<sql::Pool>(
        [this] { return sql::open_sqlite(folder_ / "index.db", sql::Durability::full); }, 4);
    auto opened = Store::open(*packs_, *sessions_, options_);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = *std::move(opened);
  }
  void lose_index() {
    abandon();
    for (auto name : {"index.db", "index.db-wal", "index.db-shm"}) std::filesystem::remove(folder_ / name);
    reopen();
  }
  ChunkId put(std::string_view text, std::optional<Placement> placement = std::nullopt) {
    auto stored = stored_block(text);
    NewChunk chunk{digest::sha256(stored), stored};
    EXPECT_TRUE(store_->put(1, chunk, std::move(placement)));
    return chunk.id;
  }
  ChunkId stage(std::uint8_t level, std::vector<ChunkId> const& children) {
    auto stored = stored_node(level, children);
    NewChunk chunk{digest::sha256(stored), stored};
    EXPECT_TRUE(store_->stage_nodes(1, std::span(&chunk, 1), std::nullopt));
    return chunk.id;
  }
  Bytes bytes_of(std::string const& pack) {
    Bytes bytes(packs_->find(pack)->size_bytes);
    EXPECT_TRUE(packs_->read(pack, 0, bytes));
    return bytes;
  }
  static std::size_t offset_of(ByteView bytes, ByteView part) {
    auto const found = std::ranges::search(bytes, part);
    EXPECT_FALSE(found.empty());
    return static_cast<std::size_t>(found.begin() - bytes.begin());
  }
  tests::Folder const folder_;
  StoreOptions options_;
  std::unique_ptr<bucket::Bucket> packs_;
  std::unique_ptr<sql::Pool> sessions_;
  std::unique_ptr<Store> store_;
};

TEST_F(StoreTest, gives_back_what_was_put_before_and_after_a_flush) {
  auto id = put("one");
  EXPECT_EQ(*store_->get(1, id), stored_block("one"));
  ASSERT_TRUE(store_->flush());
  EXPECT_EQ(*store_->get(1, id), stored_block("one"));
  EXPECT_TRUE(*store_->contains(1, id));
}

TEST_F(StoreTest, loses_one_damaged_chunk_and_not_what_lies_behind_it_when_the_index_is_rebuilt) {
  options_.pack_bytes = 1;  // each append seals its pack
  reopen();
  std::array<Bytes, 3> stored{stored_block("one"), stored_block("two"), stored_block("three")};
  std::vector<NewChunk> chunks;
  for (auto const& bytes : stored) chunks.push_back({digest::sha256(bytes), bytes});
  ASSERT_TRUE(store_->put_blocks(1, chunks, std::nullopt));
  ASSERT_TRUE(store_->flush());
  auto pack = folder_ / "packs/" + packs_->list()->front().name;
  std::filesystem::permissions(pack, std::filesystem::perms::owner_write, std::filesystem::perm_options::add);
  std::fstream file(pack, std::ios::in | std::ios::out | std::ios::binary);
  std::string content((std::istreambuf_iterator<char>(file)), {});
  file.seekp(static_cast<std::streamoff>(content.find("two")));
  file.put('T');
  file.close();
  std::filesystem::permissions(pack, std::filesystem::perms::owner_read);
  lose_index();
  EXPECT_EQ(*store_->get(1, chunks[0].id), stored[0]);
  EXPECT_FALSE(*store_->contains(1, chunks[1].id));
  EXPECT_EQ(*store_->get(1, chunks[2].id), stored[2]);
}

TEST_F(StoreTest, forgets_an_upload_also_what_of_it_waits_in_memory) {
  put("one", Placement{"snap-1", 7, {std::byte{1}}});
  ASSERT_TRUE(store_->remove_placements("snap-1"));
  EXPECT_TRUE(store_->placements("snap-1", 0, 10)->empty());
}

TEST_F(StoreTest, keeps_the_content_of_one_domain_from_another) {
  auto id = put("one");
  EXPECT_FALSE(*store_->contains(2, id));
  EXPECT_EQ(store_->get(2, id).error().fault, Fault::not_found);
}

TEST_F(StoreTest, stores_an_equal_chunk_once) {
  put("one");
  ASSERT_TRUE(store_->flush());
  auto size = packs_->list()->front().size_bytes;
  put("one");
  ASSERT_TRUE(store_->flush());
  EXPECT_EQ(packs_->list()->front().size_bytes, size);
}

TEST_F(StoreTest, has_after_a_crash_everything_that_was_acknowledged) {
  auto first = put("one", Placement{"snap-1", 7, {std::byte{1}}});
  ASSERT_TRUE(store_->flush());
  auto second = put("two", Placement{"snap-1", 3, {std::byte{2}}});
  ASSERT_TRUE(store_->place(1, Placement{"snap-1", 7, {std::byte{3}}}));
  crash();
  EXPECT_TRUE(*store_->contains(1, first));
  EXPECT_EQ(*store_->get(1, second), stored_block("two"));
  auto rows = *store_->placements("snap-1", 0, 10);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].block, 3U);
  EXPECT_EQ(rows[1].block, 7U);
  EXPECT_EQ(rows[1].reference, Bytes{std::byte{3}}) << "the later put of a block must win";
}

TEST_F(StoreTest, lets_the_later_put_of_a_block_win_also_over_two_crashes_without_a_flush) {
  for (char count = 0; count < 10; ++count) put(std::string("of another upload ") + count);
  ASSERT_TRUE(store_->place(1, Placement{"snap-1", 7, {std::byte{1}}}));
  crash();
  crash();  // the records are in the index now, and are not read again
  ASSERT_TRUE(store_->place(1, Placement{"snap-1", 7, {std::byte{2}}}));
  auto rows = *store_->placements("snap-1", 0, 10);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].reference, Bytes{std::byte{2}});
}

TEST_F(StoreTest, rebuilds_a_lost_index_from_the_packs) {
  auto block = put("one", Placement{"snap-1", 0, {std::byte{9}}});
  auto whole = stage(1, {block});
  auto broken = stage(1, {block, digest::sha256(as_bytes("nowhere"))});
  lose_index();
  EXPECT_TRUE(*store_->contains(1, block));
  EXPECT_TRUE(*store_->contains(1, whole)) << "a node whose children are all here is closed";
  EXPECT_FALSE(*store_->contains(1, broken));
  EXPECT_EQ(store_->placements("snap-1", 0, 10)->size(), 1U);
}

TEST_F(StoreTest, cuts_a_torn_tail_and_goes_on_behind_it) {
  auto kept = put("kept");
  ASSERT_TRUE(store_->flush());
  auto torn = put("torn by the crash");
  auto object = packs_->list()->front();
  abandon();
  std::filesystem::resize_file(folder_ / "packs/" + object.name, object.size_bytes - 1);
  reopen();
  EXPECT_TRUE(*store_->contains(1, kept));
  EXPECT_FALSE(*store_->contains(1, torn));
  put("torn by the crash");
  crash();
  EXPECT_TRUE(*store_->contains(1, torn));
}

TEST_F(StoreTest, takes_a_node_for_here_only_when_it_is_closed) {
  auto block = put("one");
  auto node = stage(1, {block});
  EXPECT_FALSE(*store_->contains(1, node));
  EXPECT_TRUE(store_->get(1, node)) << "a staged node can be read, so that a copy goes on from it";
  ASSERT_TRUE(store_->close_node(1, node));
  EXPECT_TRUE(*store_->contains(1, node));
  ASSERT_TRUE(store_->flush());
  EXPECT_TRUE(*store_->contains(1, node));
}

TEST_F(StoreTest, never_returns_damaged_bytes_and_takes_the_chunk_anew) {
  auto id = put("precious content");
  ASSERT_TRUE(store_->flush());
  auto path = folder_ / "packs/" + packs_->list()->front().name;
  auto* file = std::fopen(path.c_str(), "r+b");
  std::fseek(file, -2, SEEK_END);
  std::fputc('X', file);
  std::fclose(file);
  EXPECT_EQ(store_->get(1, id).error().fault, Fault::corrupt);
  EXPECT_FALSE(*store_->contains(1, id));
  EXPECT_EQ(store_->get(1, id).error().fault, Fault::not_found);
  put("precious content");
  EXPECT_EQ(*store_->get(1, id), stored_block("precious content"));
  ASSERT_TRUE(store_->flush());
  EXPECT_EQ(*store_->get(1, id), stored_block("precious content"));
}

TEST_F(StoreTest, seals_full_packs_with_a_table_and_reads_from_them) {
  options_.pack_bytes = 4'096;
  crash();
  std::vector<ChunkId> ids;
  for (int i = 0; i < 40; ++i) ids.push_back(put(std::string(500, 'a') + std::to_string(i)));
  ASSERT_TRUE(store_->flush());
  std::size_t sealed = 0;
  auto objects = *packs_->list();
  for (auto const& object : objects) sealed += object.sealed ? 1U : 0U;
  EXPECT_GE(sealed, 4U);
  lose_index();
  for (int i = 0; i < 40; ++i)
    EXPECT_EQ(*store_->get(1, ids[static_cast<std::size_t>(i)]),
              stored_block(std::string(500, 'a') + std::to_string(i)));
}

TEST_F(StoreTest, counts_what_is_whole_neither_here_nor_in_a_copy_of_a_pack) {
  put("one");
  put("two");
  ASSERT_TRUE(store_->flush());
  auto const object = packs_->list()->front();
  auto bytes = bytes_of(object.name);
  auto const lacking_in = [&](Bytes const& copy) {
    auto const copies = bucket::open_memory();
    EXPECT_TRUE((*copies->create(object.name))->append(copy));
    ByteRange const all{0, object.size_bytes};
    return *store_->count_lacking(*copies, object.name, std::span(&all, 1));
  };
  EXPECT_EQ(lacking_in(bytes), 0U);
  auto const two = stored_block("two");
  bytes[offset_of(bytes, two)] ^= std::byte{1};
  EXPECT_EQ(lacking_in(bytes), two.size());
}

TEST_F(StoreTest, finds_whole_in_a_copy_what_is_damaged_here) {
  put("one");
  auto const two = put("two");
  put("three");
  ASSERT_TRUE(store_->flush());
  auto const name = packs_->list()->front().name;
  auto bytes = bytes_of(name);
  auto const find_whole = [&] {
    auto const copies = bucket::open_memory();
    EXPECT_TRUE((*copies->create(name))->append(bytes));
    return *store_->find_whole(*copies, name);
  };
  EXPECT_TRUE(find_whole().empty()) << "nothing is damaged";
  auto const at = offset_of(bytes, stored_block("two"));
  std::fstream(folder_ / "packs/" + name, std::ios::in | std::ios::out | std::ios::binary)
      .seekp(static_cast<std::streamoff>(at))
      .put('!');
  EXPECT_EQ(store_->get(1, two).error().fault, Fault::corrupt);
  auto const whole = find_whole();
  ASSERT_EQ(whole.size(), 1U);
  EXPECT_EQ(whole[0].begin_bytes, offset_of(bytes, stored_block("one")) + stored_block("one").size());
  EXPECT_EQ(whole[0].end_bytes, at + stored_block("two").size());
  bytes[at] ^= std::byte{1};
  EXPECT_TRUE(find_whole().empty()) << "it is not whole there either";
}

TEST_F(StoreTest, finds_nothing_in_a_copy_for_what_is_written_where_a_pack_lost_its_end) {
  put("one");
  put("two");
  ASSERT_TRUE(store_->flush());
  auto const name = packs_->list()->front().name;
  auto const bytes = bytes_of(name);
  auto const copies = bucket::open_memory();
  ASSERT_TRUE((*copies->create(name))->append(bytes));
  abandon();
  std::filesystem::resize_file(folder_ / "packs/" + name,
                               offset_of(bytes, stored_block("one")) + stored_block("one").size());
  reopen();
  ASSERT_EQ(store_->find_whole(*copies, name)->size(), 1U);
  crash();  // the pack ends with a whole record: the second start writes on it
  put("six");
  ASSERT_TRUE(store_->flush());
  ASSERT_EQ(bytes_of(name).size(), bytes.size());
  EXPECT_TRUE(store_->find_whole(*copies, name)->empty());
}

TEST_F(StoreTest, loses_nothing_when_many_threads_write_and_flush) {
  options_.pack_bytes = 64 * 1'024;
  options_.batch_rows = 50;
  crash();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < 200; ++i)
        put("thread " + std::to_string(t) + " " + std::to_string(i),
            Placement{"snap-" + std::to_string(t), i, {std::byte{1}}});
    });
  for (auto& thread : threads) thread.join();
  crash();
  for (int t = 0; t < 4; ++t) {
    EXPECT_EQ(store_->placements("snap-" + std::to_string(t), 0, 1'000)->size(), 200U);
    for (int i = 0; i < 200; ++i) {
      auto stored = stored_block("thread " + std::to_string(t) + " " + std::to_string(i));
      EXPECT_EQ(*store_->get(1, digest::sha256(stored)), stored);
    }
  }
}

TEST_F(StoreTest, frames_many_chunks_for_a_reader_elsewhere) {
  std::array ids{put("a"), put("bb")};
  Bytes out;
  ASSERT_TRUE(store_->get_framed(1, ids, out));
  auto first = stored_block("a");
  EXPECT_EQ(get_le<std::uint32_t>(out.data()), first.size());
  EXPECT_EQ(to_bytes(ByteView(out).subspan(4, first.size())), first);
  EXPECT_EQ(out.size(), 8 + first.size() + stored_block("bb").size());
}

TEST(Chunks, with_impossible_headers_are_refused) {
  auto good = stored_block("x");
  EXPECT_TRUE(decode_chunk_header(good));
  for (std::size_t at : {0U, 1U, 2U, 3U, 4U, 8U, 9U, 11U}) {
    auto bad = good;
    bad[at] = std::byte{0x7f};
    EXPECT_EQ(decode_chunk_header(bad).error().fault, Fault::corrupt) << at;
  }
  EXPECT_FALSE(decode_chunk_header(ByteView(good).first(11)));
}

TEST(Packs, are_known_by_their_names) {
  EXPECT_EQ(pack_number(pack_name(255)), 255);
  EXPECT_FALSE(pack_number("00000000000000ff.tmp"));
  EXPECT_FALSE(pack_number("x00000000000000f.pack"));
}

}  // namespace
}  // namespace argosy::store
