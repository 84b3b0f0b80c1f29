#include "disk_server/session.h"

#include <sys/stat.h>

#include "unit/disk_server/disk_of_a_region.h"

namespace argosy::disk_server {
namespace {

TEST(Session, is_read_as_it_was_written) {
  Session const session{"https://ebs.us-east-1.amazonaws.com",
                        "us-east-1",
                        "snap-1",
                        512,
                        "ASIA",
                        "secret",
                        "token",
                        "2026-11-27T03:00:00.000Z",
                        "/etc/ca.pem"};
  EXPECT_EQ(*parse_session(print_session(session)), session);
}

/// All that a session needs, and `more`.
std::string session_text(std::string const& endpoint, std::string const& more = {}) {
  return R"({"endpoint":")" + endpoint + R"(","region":"r","snapshot_id":"s","access_key_id":"a",)" +
         R"("secret_access_key":"b")" + more + "}";
}

TEST(Session, lacks_nothing_but_what_may_be_missing) {
  constexpr auto kSize = R"(,"volume_size_bytes":1)";
  EXPECT_TRUE(parse_session(session_text("http://h", kSize)));
  EXPECT_TRUE(parse_session(session_text("http://h", kSize + std::string(R"(,"unknown":1)"))));
  EXPECT_FALSE(parse_session(session_text("http://h", kSize).substr(1)));
  EXPECT_FALSE(parse_session(session_text("http://h")));
  EXPECT_FALSE(parse_session(R"({"endpoint":"http://h"})"));
  EXPECT_FALSE(parse_session(session_text("http://h", R"(,"volume_size_bytes":0)")));
  for (auto const* nowhere : {"nowhere", "unix:", "unix:below/here.sock"})
    EXPECT_FALSE(parse_session(session_text(nowhere, kSize))) << nowhere;
}

TEST(Session, leads_to_a_server_or_to_a_local_socket) {
  Session session;
  session.endpoint = "https://ebs.us-east-1.amazonaws.com";
  EXPECT_EQ(endpoint_of(session)->authority(), "ebs.us-east-1.amazonaws.com");
  session.endpoint = "unix:/var/lib/argosy/disks.sock";
  EXPECT_EQ(endpoint_of(session)->local_socket, "/var/lib/argosy/disks.sock");
}

TEST_F(DiskTest, keeps_its_session_when_the_file_is_harmed_or_names_another_disk) {
  auto const file = *SessionFile::open(path());
  auto const before = *file->current();
  ASSERT_TRUE(write_private_file(path(), "{", Existing::replace));
  EXPECT_EQ(*file->current(), before);
  session_.snapshot_id = "snap-2";
  write_session();
  EXPECT_EQ(*file->current(), before);
  ASSERT_EQ(std::remove(path().c_str()), 0);
  EXPECT_EQ(*file->current(), before);
  session_.snapshot_id = "snap-1";
  session_.region = "us-west-2";
  write_session();
  EXPECT_EQ(file->current()->region, "us-west-2");
}

TEST_F(DiskTest, tries_again_what_could_not_be_read_and_says_so_once) {
  auto const file = *SessionFile::open(path());
  session_.region = "us-west-2";
  write_session();
  ASSERT_EQ(chmod(path().c_str(), 0644), 0);
  testing::internal::CaptureStderr();
  for (int look = 0; look < 2; ++look) EXPECT_NE(file->current()->region, "us-west-2");
  ASSERT_EQ(chmod(path().c_str(), 0600), 0);
  EXPECT_EQ(file->current()->region, "us-west-2");
  auto const said = testing::internal::GetCapturedStderr();
  auto const complaint = said.find("stays what it was");
  EXPECT_NE(complaint, said.npos);
  EXPECT_EQ(said.find("stays what it was", complaint + 1), said.npos) << said;
}

TEST_F(DiskTest, opens_no_session_that_others_may_read) {
  ASSERT_EQ(chmod(path().c_str(), 0644), 0);
  EXPECT_EQ(SessionFile::open(path()).error().fault, Fault::denied);
}

}  // namespace
}  // namespace argosy::disk_server
