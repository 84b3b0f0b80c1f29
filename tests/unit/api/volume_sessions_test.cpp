#include "api/volume_sessions.h"

#include "api/front.h"
#include "catalogue/volumes.h"
#include "crypto/sigv4.h"
#include "messages/ebs/ebs.h"
#include "remote/sign.h"
#include "unit/api/service_of_a_region.h"
#include "wire/json.h"

namespace argosy::api {
namespace {

constexpr std::string_view kIdentity = "Action=GetCallerIdentity&Version=2011-06-15";

/// A region as clients reach it, with a volume of the recipient's made of a snapshot of the owner's.
class VolumeSessionsTest : public ServiceTest {
 protected:
  void SetUp() override {
    instances::Volume volume;
    volume.id = "vol-0123456789abcdef0";
    volume.account = tests::kRecipient.account;
    volume.created = region_.clock.now();
    volume.instance_id = "i-0123456789abcdef0";
    ASSERT_TRUE(
        region_.run([&](catalogue::Transaction& tx) { return catalogue::insert_volume(tx, volume); }));
    ebs::VolumeSession const opened{volume.account,
                                    region_.name,
                                    volume.id,
                                    snapshot_.id,
                                    snapshot_.owner,
                                    snapshot_.root,
                                    false,
                                    1,
                                    region_.clock.now() + ebs::kVolumeSessionAge};
    auto const issued = ebs::issue_session(token_key_, opened, *region_.entropy);
    credentials_ = {issued.access_key_id, issued.secret_access_key, issued.session_token};
  }

  http::Response send(http::Request request, std::string const& service,
                      std::string const& region = "us-east-1") {
    remote::sign(request, endpoint_, credentials_, {region, service}, remote::Payload::hashed,
                 region_.clock.now());
    return handle(service_, request);
  }
  http::Response get(std::string const& path, std::string const& query = "") {
    return send({"GET", path, query, {}, {}, "", {}}, "ebs");
  }
  http::Response post(std::string_view body, std::string const& service, http::Headers headers = {}) {
    return send({"POST", "/", "", std::move(headers), to_bytes(as_bytes(body)), "", {}}, service);
  }
  static std::string type_of(http::Response const& response) {
    return std::string(http::find_header(response.headers, "x-amzn-errortype").value_or("none"));
  }

  images::Snapshot snapshot_ = region_.make_snapshot(tests::kOwner.account, {{5, tests::block(5)}});
  http::Endpoint endpoint_{false, "127.0.0.1", 8080, {}};
  remote::Credentials credentials_;
};

TEST_F(VolumeSessionsTest, read_the_blocks_of_their_volume) {
  auto const path = "/snapshots/" + snapshot_.id + "/blocks";
  auto const listed = get(path);
  ASSERT_EQ(listed.status, 200) << as_text(listed.body);
  auto const page = *wire::decode_json<messages::ebs::ListSnapshotBlocksResponse>(as_text(listed.body),
                                                                                  wire::Naming::upper_camel);
  ASSERT_EQ(page.blocks.size(), 1U);
  auto const block =
      get(path + "/5", "blockToken=" + crypto::percent_encode(page.blocks[0].block_token, false));
  EXPECT_EQ(block.body, tests::block(5));
}

TEST_F(VolumeSessionsTest, are_told_who_they_are) {
  auto const response = post(kIdentity, "sts");
  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(as_text(response.body)
                  .contains("arn:aws:sts::222222222222:assumed-role/argosy-volume/vol-0123456789abcdef0"));
}

TEST_F(VolumeSessionsTest, may_do_nothing_else) {
  for (auto const* action : {"DescribeImages", "DeregisterImage", "DescribeRegions", "NoSuchAction"}) {
    auto const response = post("Version=2016-11-15&Action=" + std::string(action), "ec2");
    EXPECT_EQ(response.status, 403) << action;
    EXPECT_TRUE(as_text(response.body).contains("<Code>UnauthorizedOperation</Code>")) << action;
  }
  auto const key = post("{}", "kms", {{"X-Amz-Target", "TrentService.ListKeys"}});
  EXPECT_EQ(type_of(key), "AccessDeniedException");
  EXPECT_EQ(type_of(get("/snapshots/" + snapshot_.id + "/changedblocks")), "AccessDeniedException");
  EXPECT_EQ(type_of(send({"POST", "/snapshots", "", {}, {}, "", {}}, "ebs")), "AccessDeniedException");
  EXPECT_EQ(type_of(send({"POST", "/snapshots/completion/" + snapshot_.id, "", {}, {}, "", {}}, "ebs")),
            "AccessDeniedException");
  EXPECT_EQ(type_of(send({"PUT", "/snapshots/" + snapshot_.id + "/blocks/0", "", {}, {}, "", {}}, "ebs")),
            "AccessDeniedException");
}

TEST_F(VolumeSessionsTest, end_and_say_so_to_each_service_in_its_words) {
  region_.clock.advance(ebs::kVolumeSessionAge + Duration{1});
  EXPECT_EQ(type_of(get("/snapshots/" + snapshot_.id + "/blocks")), "ExpiredTokenException");
  EXPECT_EQ(get("/snapshots/" + snapshot_.id + "/blocks").status, 403);
  EXPECT_TRUE(as_text(post(kIdentity, "sts").body).contains("<Code>ExpiredToken</Code>"));
  EXPECT_TRUE(as_text(post("Version=2016-11-15&Action=DescribeImages", "ec2").body)
                  .contains("<Code>RequestExpired</Code>"));
}

TEST_F(VolumeSessionsTest, are_unknown_without_their_token_and_in_another_region) {
  auto const path = "/snapshots/" + snapshot_.id + "/blocks";
  EXPECT_EQ(type_of(send({"GET", path, "", {}, {}, "", {}}, "ebs", "eu-west-1")),
            "UnrecognizedClientException");
  auto token = *credentials_.session_token;
  credentials_.session_token.reset();
  EXPECT_EQ(type_of(get(path)), "UnrecognizedClientException");
  token[30] = token[30] == 'A' ? 'B' : 'A';
  credentials_.session_token = token;
  EXPECT_EQ(type_of(get(path)), "UnrecognizedClientException");
}

TEST_F(VolumeSessionsTest, are_no_use_to_who_holds_the_token_alone) {
  credentials_.secret_access_key.back() ^= 1;
  EXPECT_EQ(type_of(get("/snapshots/" + snapshot_.id + "/blocks")), "InvalidSignatureException");
}

}  // namespace
}  // namespace argosy::api
