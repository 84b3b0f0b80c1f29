#include "ebs/volume_session.h"

#include <gtest/gtest.h>

#include "catalogue/volumes.h"
#include "ebs/read_blocks.h"
#include "support/region.h"

namespace argosy::ebs {
namespace {

namespace m = messages::ebs;
using tests::kOwner;
using tests::kRecipient;
using tests::kStranger;

/// A region, a snapshot of the owner's in it, and a volume of the recipient's made of that.
class VolumeSessionTest : public testing::Test {
 protected:
  void SetUp() override {
    volume_.id = session_.volume_id;
    volume_.account = session_.account;
    volume_.created = region_.clock.now();
    volume_.instance_id = "i-0123456789abcdef0";
    EXPECT_TRUE(
        region_.run([&](catalogue::Transaction& tx) { return catalogue::insert_volume(tx, volume_); }));
  }
  static VolumeSession session_of(images::Snapshot const& snapshot) {
    VolumeSession session;
    session.account = kRecipient.account;
    session.region = "us-east-1";
    session.volume_id = "vol-0123456789abcdef0";
    session.snapshot_id = snapshot.id;
    session.domain_account = snapshot.owner;
    session.root = snapshot.root;
    session.snapshot_size_gib = snapshot.volume_size_gib;
    return session;
  }
  Result<m::ListSnapshotBlocksResponse> list(Reader const& reader, std::string const& id) {
    m::ListSnapshotBlocksRequest request;
    request.snapshot_id = id;
    return list_snapshot_blocks(region_.catalogue, *region_.content, region_.keys, key_, reader,
                                region_.clock.now(), request);
  }
  /// What the reader gets of the whole snapshot.
  tests::Blocks read(Reader const& reader, std::string const& id) {
    tests::Blocks out;
    auto const listed = list(reader, id);
    EXPECT_TRUE(listed) << listed.error().message;
    if (!listed) return out;
    for (auto const& entry : listed->blocks) {
      auto const data = get_snapshot_block(region_.catalogue, *region_.content, region_.keys, key_, reader,
                                           region_.clock.now(), {id, entry.block_index, entry.block_token});
      EXPECT_TRUE(data) << data.error().message;
      if (data) out[static_cast<std::uint64_t>(entry.block_index)] = data->data;
    }
    return out;
  }
  Result<VolumeSession> open(SessionCredentials const& credentials) const {
    return open_session(key_, credentials.access_key_id, credentials.session_token);
  }

  tests::Region region_{"us-east-1"};
  crypto::Key key_ = crypto::Key::random(*region_.entropy);
  images::Snapshot snapshot_ = region_.make_snapshot(kOwner.account, tests::some_blocks());
  VolumeSession session_ = session_of(snapshot_);
  instances::Volume volume_;
};

TEST_F(VolumeSessionTest, opens_for_its_own_access_key_in_its_own_region) {
  session_.expires = region_.clock.now() + kVolumeSessionAge;
  auto const issued = issue_session(key_, session_, *region_.entropy);
  EXPECT_EQ(*open(issued), session_);
  EXPECT_EQ(issued.expires, session_.expires);
  EXPECT_TRUE(issued.access_key_id.starts_with("ASIA"));
  EXPECT_EQ(issued.access_key_id.size(), 20U);
  EXPECT_EQ(issued.secret_access_key.size(), 40U);
  EXPECT_EQ(issued.secret_access_key, session_secret(key_, issued.access_key_id));
  auto const other = issue_session(key_, session_, *region_.entropy);
  EXPECT_NE(other.access_key_id, issued.access_key_id);
  EXPECT_FALSE(open_session(key_, other.access_key_id, issued.session_token));
  auto const elsewhere = crypto::Key::random(*region_.entropy);
  EXPECT_FALSE(open_session(elsewhere, issued.access_key_id, issued.session_token));
  EXPECT_NE(issued.secret_access_key, session_secret(elsewhere, issued.access_key_id));
}

TEST_F(VolumeSessionTest, tells_nothing_of_its_content_in_the_clear) {
  auto const issued = issue_session(key_, session_, *region_.entropy);
  auto const token = *from_base64(issued.session_token);
  for (auto const* text : {&session_.volume_id, &session_.snapshot_id, &session_.account})
    EXPECT_FALSE(as_text(token).contains(*text));
}

TEST_F(VolumeSessionTest, is_renewed_for_a_day_after_it_expired_and_no_longer) {
  session_.expires = region_.clock.now();
  auto const issued = issue_session(key_, session_, *region_.entropy);
  auto renew = [&] {
    return renew_session(key_, issued.access_key_id, issued.session_token, region_.clock.now(),
                         *region_.entropy);
  };
  region_.clock.advance(kVolumeSessionGrace);
  auto const renewed = renew();
  ASSERT_TRUE(renewed);
  auto expected = session_;
  expected.expires = region_.clock.now() + kVolumeSessionAge;
  EXPECT_EQ(*open(*renewed), expected);
  EXPECT_EQ(renewed->expires, expected.expires);
  region_.clock.advance(Duration{1});
  EXPECT_FALSE(renew());
}

TEST_F(VolumeSessionTest, reads_its_snapshot_though_its_account_may_not) {
  EXPECT_EQ(list({kRecipient}, snapshot_.id).error().code, "ResourceNotFoundException/SNAPSHOT_NOT_FOUND");
  EXPECT_EQ(read({kRecipient, &session_}, snapshot_.id), tests::some_blocks());
}

TEST_F(VolumeSessionTest, reads_an_encrypted_snapshot_with_the_root_that_was_opened_at_launch) {
  auto const made = region_.make_encrypted_snapshot(kOwner.account, tests::some_blocks());
  auto session = session_of(made.snapshot);
  session.encrypted = true;
  session.root = content::encode_root_secret(made.disk.root);
  EXPECT_EQ(read({kRecipient, &session}, made.snapshot.id), tests::some_blocks());
}

TEST_F(VolumeSessionTest, reads_on_when_the_snapshot_is_gone) {
  EXPECT_TRUE(
      region_.run([&](catalogue::Transaction& tx) { return catalogue::remove_snapshot(tx, snapshot_.id); }));
  EXPECT_EQ(read({kRecipient, &session_}, snapshot_.id), tests::some_blocks());
}

TEST_F(VolumeSessionTest, reads_on_when_the_volume_has_outlived_its_machine) {
  volume_.instance_id.clear();
  EXPECT_TRUE(region_.run([&](catalogue::Transaction& tx) { return catalogue::save_volume(tx, volume_); }));
  EXPECT_EQ(read({kRecipient, &session_}, snapshot_.id), tests::some_blocks());
}

TEST_F(VolumeSessionTest, reads_nothing_when_the_volume_is_deleted) {
  EXPECT_TRUE(
      region_.run([&](catalogue::Transaction& tx) { return catalogue::remove_volume(tx, volume_.id); }));
  auto const deleted = list({kRecipient, &session_}, snapshot_.id);
  EXPECT_EQ(deleted.error().code, "ResourceNotFoundException/SNAPSHOT_NOT_FOUND");
  EXPECT_EQ(deleted.error().message, list({kStranger}, snapshot_.id).error().message);
  auto another = session_;
  another.account = kStranger.account;
  EXPECT_FALSE(list({kStranger, &another}, snapshot_.id)) << "the volume is another account's";
}

TEST_F(VolumeSessionTest, learns_of_no_other_snapshot_whether_it_exists) {
  auto const other = region_.make_snapshot(kRecipient.account, {});
  auto const existing = list({kRecipient, &session_}, other.id);
  auto const missing = list({kStranger}, other.id);
  ASSERT_FALSE(existing);
  EXPECT_EQ(existing.error().code, missing.error().code);
  EXPECT_EQ(existing.error().message, missing.error().message);
}

}  // namespace
}  // namespace argosy::ebs
