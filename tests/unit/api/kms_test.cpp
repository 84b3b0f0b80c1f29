#include "api/kms.h"

#include <future>

#include "catalogue/keys.h"
#include "unit/api/service_of_a_region.h"

namespace argosy::api {
namespace {

/// Two regions, and a multi-Region key of the owner's in the first one.
class KmsTest : public ServiceTest {
 protected:
  void SetUp() override {
    service_.regions.push_back({west_.name, west_.catalogue, *west_.content, sources_, token_key_, west_.keys,
                                machines_.gates, machines_.ledger, machines_.launcher, machines_.captures,
                                [] {}});
    auto const made = ask(tests::kOwner, "CreateKey", R"({"MultiRegion":true})");
    ASSERT_TRUE(made) << made.error().message;
    auto const ids = region_.run(
        [](catalogue::Transaction& tx) { return catalogue::list_keys(tx, tests::kOwner.account, "", 1); });
    ASSERT_TRUE(ids);
    ASSERT_EQ(ids->size(), 1U);
    id_ = ids->front();
  }

  /// The first region, on a thread of its own as the front's workers are.
  Result<http::Response> ask(access::Caller const& caller, std::string const& operation,
                             std::string const& body) {
    http::Request const request{
        "POST", "/", "", {{"X-Amz-Target", "TrentService." + operation}}, to_bytes(as_bytes(body)), "", {}};
    return std::async(std::launch::async,
                      [&] { return run_kms(service_, service_.regions.front(), caller, request); })
        .get();
  }
  Result<http::Response> replicate_to_west(access::Caller const& caller) {
    return ask(caller, "ReplicateKey", R"({"KeyId":")" + id_ + R"(","ReplicaRegion":"us-west-2"})");
  }
  Result<http::Response> make_west_primary() {
    return ask(tests::kOwner, "UpdatePrimaryRegion",
               R"({"KeyId":")" + id_ + R"(","PrimaryRegion":"us-west-2"})");
  }
  std::vector<std::string> replicas() {
    return *region_.run([&](catalogue::Transaction& tx) { return catalogue::list_replicas(tx, id_); });
  }
  std::string primary_region() {
    auto const key = *region_.run([&](catalogue::Transaction& tx) { return catalogue::find_key(tx, id_); });
    return key->primary_region;
  }

  tests::Region west_{"us-west-2"};
  std::string id_;
};

TEST_F(KmsTest, refuses_to_change_keys_of_several_regions_while_their_catalogues_are_saved) {
  {
    std::unique_lock const backup(key_changes_);
    auto const refused = replicate_to_west(tests::kOwner);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "DependencyTimeoutException");
    EXPECT_EQ(replicate_to_west(tests::kStranger).error().code, "NotFoundException") << "he is judged first";
  }
  EXPECT_TRUE(replicas().empty());
  auto const replicated = replicate_to_west(tests::kOwner);
  ASSERT_TRUE(replicated) << replicated.error().message;
  EXPECT_EQ(replicas(), std::vector<std::string>{"us-west-2"});
  {
    std::unique_lock const backup(key_changes_);
    auto const refused = make_west_primary();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "DependencyTimeoutException");
  }
  EXPECT_EQ(primary_region(), "us-east-1");
  auto const updated = make_west_primary();
  ASSERT_TRUE(updated) << updated.error().message;
  EXPECT_EQ(primary_region(), "us-west-2");
}

TEST_F(KmsTest, refuses_a_primary_region_whose_replica_is_of_a_later_moment) {
  ASSERT_TRUE(replicate_to_west(tests::kOwner));
  ASSERT_TRUE(west_.run([&](catalogue::Transaction& tx) -> Result<void> {
    auto replica = TRY(catalogue::find_key(tx, id_));
    ++replica->revision;  // as after a restore of the other region
    return catalogue::save_key(tx, *replica);
  }));
  auto const refused = make_west_primary();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "KMSInvalidStateException");
  EXPECT_EQ(primary_region(), "us-east-1");
}

}  // namespace
}  // namespace argosy::api
