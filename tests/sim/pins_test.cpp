// tests/sim/pins_test.cpp - collections that begin in the middle of work whose result nothing durable names
// yet.
#include <gtest/gtest.h>

#include <optional>

#include "store/state.h"
#include "support/uploads.h"
#include "upkeep/collector.h"

namespace argosy::tests {
namespace {

using Meanwhile = std::function<void()>;

/// Takes a session of another pool for each transaction; before one that writes, `meanwhile` runs.
class BorrowedSession final : public sql::Session {
 public:
  BorrowedSession(sql::Pool& pool, Meanwhile const& meanwhile) : pool_(pool), meanwhile_(meanwhile) {}
  Result<void> begin(sql::Access access) override {
    if (access == sql::Access::write) meanwhile_();
    session_.emplace(TRY(pool_.take()));
    return (*session_)->begin(access);
  }
  void set_interrupt(sql::Interrupt interrupt) override { (*session_)->set_interrupt(std::move(interrupt)); }
  Result<void> commit() override {
    auto done = (*session_)->commit();
    session_.reset();
    return done;
  }
  void rollback() override {
    (*session_)->rollback();
    session_.reset();
  }
  Result<std::unique_ptr<sql::Rows>> query(std::string_view statement,
                                           std::span<sql::Value const> parameters) override {
    return (*session_)->query(statement, parameters);
  }
  Result<std::int64_t> execute(std::string_view statement, std::span<sql::Value const> parameters) override {
    return (*session_)->execute(statement, parameters);
  }
  Result<std::vector<std::string>> verify() override { return (*session_)->verify(); }
  Result<void> save_copy(std::string const& path) override { return (*session_)->save_copy(path); }
  Result<void> run_script(std::string_view script) override { return (*session_)->run_script(script); }

 private:
  sql::Pool& pool_;
  Meanwhile const& meanwhile_;
  std::optional<sql::Pool::Lease> session_;
};

/// To its end, or until it waits for the work under way.
void collect(upkeep::Collection& collection) {
  for (int i = 0; i < 100 && collection.phase() != upkeep::Collection::Phase::done; ++i) {
    auto done = collection.step();
    ASSERT_TRUE(done) << done.error().message;
  }
}

TEST(Pins, keep_the_manifest_that_an_upload_builds_until_the_catalogue_names_it) {
  Region region("us-east-1");
  ebs::UploadGates gates("a boot");
  Uploads const uploads{region, gates};
  Blocks const blocks{{0, block(1)}, {300, block(2)}};
  auto const id = *uploads.start();
  for (auto const& [index, data] : blocks) ASSERT_TRUE(uploads.put(id, index, data));
  ASSERT_TRUE(uploads.complete(id, blocks.size()));
  upkeep::CollectorOptions options;
  options.grace = Duration{0};
  upkeep::Collection collection(region.catalogue, *region.store, region.clock, 1, true, options);
  int times = 0;
  Meanwhile const meanwhile = [&] {
    if (times++ == 0) collect(collection);
  };
  sql::Pool catalogue([&] { return std::make_unique<BorrowedSession>(region.catalogue, meanwhile); }, 1);
  ebs::FailedCompletions failed;
  auto stepped =
      ebs::step_uploads(catalogue, *region.content, region.keys, region.master_keys, failed, region.clock);
  ASSERT_TRUE(stepped) << stepped.error().message;
  ASSERT_GT(times, 0) << "the manifest is built, and not yet in the catalogue";
  collect(collection);
  EXPECT_EQ(collection.phase(), upkeep::Collection::Phase::done) << "it waits no longer than that";
  auto const made = uploads.find(id);
  ASSERT_EQ(made.state, images::SnapshotState::completed) << made.status_message;
  EXPECT_EQ(region.read(made), blocks);
}

/// Before each append `meanwhile` runs.
class WatchedBucket final : public bucket::Bucket {
 public:
  WatchedBucket(bucket::Bucket& inner, Meanwhile const& meanwhile) : inner_(inner), meanwhile_(meanwhile) {}
  Result<std::unique_ptr<bucket::Writer>> create(std::string_view name) override {
    return std::make_unique<Writer>(TRY(inner_.create(name)), meanwhile_);
  }
  Result<std::unique_ptr<bucket::Writer>> reopen(std::string_view name, std::uint64_t size_bytes,
                                                 std::uint64_t durable_bytes) override {
    return std::make_unique<Writer>(TRY(inner_.reopen(name, size_bytes, durable_bytes)), meanwhile_);
  }
  Result<void> read(std::string_view name, std::uint64_t offset_bytes, std::span<std::byte> out) override {
    return inner_.read(name, offset_bytes, out);
  }
  Result<bucket::Object> find(std::string_view name) override { return inner_.find(name); }
  Result<std::vector<bucket::Object>> list() override { return inner_.list(); }
  Result<void> remove(std::string_view name) override { return inner_.remove(name); }

 private:
  class Writer final : public bucket::Writer {
   public:
    Writer(std::unique_ptr<bucket::Writer> inner, Meanwhile const& meanwhile)
        : inner_(std::move(inner)), meanwhile_(meanwhile) {}
    Result<std::uint64_t> append(std::span<ByteView const> parts) override {
      meanwhile_();
      return inner_->append(parts);
    }
    Result<void> sync() override { return inner_->sync(); }
    Result<void> seal() override { return inner_->seal(); }
    bool spent() const override { return inner_->spent(); }

   private:
    std::unique_ptr<bucket::Writer> inner_;
    Meanwhile const& meanwhile_;
  };
  bucket::Bucket& inner_;
  Meanwhile const& meanwhile_;
};

/// A whole collection cannot run there, because it waits for the append; what it asks first can be asked.
TEST(Pins, keep_a_known_block_until_the_journal_of_the_upload_names_it) {
  Region region("us-east-1");
  store::Pins* pins = nullptr;
  int collections = 0;
  Meanwhile const meanwhile = [&] {
    if (pins == nullptr) return;
    ++collections;
    auto const generation = pins->advance();
    EXPECT_FALSE(pins->are_free_before(generation)) << "a collection that begins now would not wait";
  };
  WatchedBucket packs(*region.packs, meanwhile);
  sql::Pool index([] { return sql::open_sqlite(":memory:", sql::Durability::process); }, 1);
  auto store = *store::Store::open(packs, index, {});
  content::Content content(*store, {}, *region.entropy);
  auto const domain = region.domain_of(kOwner.account);
  auto const data = block(1);
  ASSERT_TRUE(content.put_block(domain, {"snap-1"}, 0, data, digest::sha256(data)));
  ASSERT_TRUE(store->flush());
  pins = &store->state().pins;
  ASSERT_TRUE(content.put_block(domain, {"snap-2"}, 0, data, digest::sha256(data)));
  EXPECT_EQ(collections, 1) << "the block is there, only the journal is written";
  EXPECT_TRUE(pins->are_free_before(pins->generation() + 1)) << "it waits no longer than that";
}

}  // namespace
}  // namespace argosy::tests
