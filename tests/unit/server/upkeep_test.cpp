#include "server/upkeep.h"

#include <gtest/gtest.h>

#include <array>
#include <boost/json.hpp>
#include <functional>

#include "catalogue/snapshots.h"
#include "digest/sha256.h"
#include "sql/in_transaction.h"
#include "support/folder.h"

namespace argosy::server {
namespace {

namespace json = boost::json;

constexpr std::array kSnapshots{"snap-00000000000000001", "snap-00000000000000002"};

/// Another region that fails, after something has happened here.
class FailingSource final : public remote::Transport {
 public:
  explicit FailingSource(std::function<void()> before) : before_(std::move(before)) {}
  http::Endpoint const& endpoint() const override { return endpoint_; }
  Result<http::Response> send(http::Request const&) override {
    before_();
    return fail(Fault::unavailable, "nobody answers");
  }

 private:
  std::function<void()> before_;
  http::Endpoint endpoint_{false, "source", 1, {}, {}};
};

/// A region that has lost the content of two snapshots.
class RepairTest : public testing::Test {
 protected:
  void SetUp() override {
    auto region = Region::open("us-east-1", folder_ / "us-east-1", {}, master_keys_, {}, system_clock(),
                               system_entropy());
    ASSERT_TRUE(region) << region.error().message;
    regions_.push_back(*std::move(region));
    for (auto const* id : kSnapshots) insert(id);
    add_upkeep_routes(door_, regions_);
    door_.begin();
  }
  template <class Function>
  void change(Function function) {
    ASSERT_TRUE(sql::in_transaction(regions_.front()->catalogue(), sql::Access::write, function));
  }
  void insert(std::string const& id) {
    images::Snapshot snapshot;
    snapshot.id = id;
    snapshot.lineage = id;
    snapshot.owner = "111111111111";
    snapshot.state = images::SnapshotState::completed;
    snapshot.volume_size_gib = 1;
    snapshot.root =
        content::encode_clear_reference(content::ClearReference{digest::sha256(as_bytes(id)), std::nullopt});
    change([&](catalogue::Transaction& tx) { return catalogue::insert_snapshot(tx, snapshot); });
  }
  void remove(std::string const& id) {
    change([&](catalogue::Transaction& tx) { return catalogue::remove_snapshot(tx, id); });
  }
  void bring_from(std::function<void()> before) {
    regions_.front()->sources().add(std::make_unique<replication::Source>(
        "us-west-2", "us-east-1", std::make_unique<FailingSource>(std::move(before)), std::nullopt));
  }
  /// The last line that the server says.
  json::object repair() {
    http::Request request;
    request.method = "POST";
    request.path = "/repair";
    auto const response = door_.handle(request, OperatorDoor::Openness::owner_only);
    json::object last;
    for (auto piece = response.stream(); piece && !piece->empty(); piece = response.stream())
      last = json::parse(as_text(*piece)).as_object();
    return last;
  }

  tests::Folder const folder_;
  crypto::MasterKeys master_keys_{1, crypto::Key::random(system_entropy())};
  std::vector<std::unique_ptr<Region>> regions_;
  OperatorDoor door_;
};

TEST_F(RepairTest, passes_over_what_is_deleted_while_it_is_repaired_or_before_its_turn) {
  bring_from([&] {
    for (auto const* id : kSnapshots) remove(id);
  });
  auto const told = repair();
  EXPECT_FALSE(told.contains("error")) << json::serialize(told);
  EXPECT_EQ(told.at("damaged_snapshots"), 2);
  EXPECT_TRUE(told.at("not_repaired").as_array().empty()) << json::serialize(told);
}

TEST_F(RepairTest, goes_on_after_one_that_is_deleted) {
  bring_from([&] { remove(kSnapshots[0]); });
  auto const told = repair();
  EXPECT_FALSE(told.contains("error")) << json::serialize(told);
  ASSERT_EQ(told.at("not_repaired").as_array().size(), 1U);
  auto const& row = told.at("not_repaired").as_array().front().as_object();
  EXPECT_TRUE(row.at("snapshot").as_string().starts_with(kSnapshots[1])) << json::serialize(told);
}

}  // namespace
}  // namespace argosy::server
