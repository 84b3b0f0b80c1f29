// tests/support/memory_store.h - a store on packs and an index in memory, whose packs a test may spoil.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>

#include "store/store.h"
#include "support/chunks.h"

namespace argosy::tests {

class MemoryStore : public testing::Test {
 protected:
  void SetUp() override { reopen(); }
  void reopen() {
    store_.reset();
    store_ = *store::Store::open(*packs_, *sessions_, options_);
  }
  void lose_index() {
    store_.reset();
    sessions_ = new_index();
    reopen();
  }
  store::ChunkId put(Bytes const& stored, std::optional<store::Placement> placement = std::nullopt) {
    store::NewChunk chunk{digest::sha256(stored), stored};
    EXPECT_TRUE(store_->put(1, chunk, std::move(placement)));
    return chunk.id;
  }
  /// The first pack, as it lies in the bucket.
  Bytes pack() {
    auto object = packs_->list()->front();
    Bytes all(object.size_bytes);
    EXPECT_TRUE(packs_->read(object.name, 0, all));
    return all;
  }
  /// Where these bytes lie in it.
  std::uint64_t find(ByteView bytes) {
    auto all = pack();
    auto found = std::ranges::search(all, bytes);
    EXPECT_FALSE(found.empty());
    return static_cast<std::uint64_t>(found.begin() - all.begin());
  }
  /// Other bytes stand in its place, while no store is open.
  void replace_pack(Bytes const& bytes) {
    store_.reset();
    auto object = packs_->list()->front();
    ASSERT_TRUE(packs_->remove(object.name));
    auto writer = *packs_->create(object.name);
    ASSERT_TRUE(writer->append(bytes));
    if (object.sealed) {
      ASSERT_TRUE(writer->seal());
    }
    reopen();
  }
  void flip(std::uint64_t offset) {
    store_.reset();  // writes what it still has to
    auto all = pack();
    all.at(offset) ^= std::byte{1};
    replace_pack(all);
  }
  /// Steps until it says that it is done.
  template <class Step>
  static void finish(Step step) {
    for (int i = 0; i < 1'000; ++i)
      if (*step()) return;
    FAIL() << "it does not end";
  }

 private:
  static std::unique_ptr<sql::Pool> new_index() {
    return std::make_unique<sql::Pool>([] { return sql::open_sqlite(":memory:", sql::Durability::process); },
                                       1);
  }

 protected:
  std::unique_ptr<bucket::Bucket> packs_ = bucket::open_memory();
  std::unique_ptr<sql::Pool> sessions_ = new_index();
  store::StoreOptions options_;
  std::unique_ptr<store::Store> store_;
};

}  // namespace argosy::tests
