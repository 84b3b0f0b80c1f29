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

TEST(Session, lacks_nothing_but_what_may_be_missing) {
  constexpr auto kLeast =
      R"({"endpoint":"http://h","region":"r","snapshot_id":"s","volume_size_bytes":1,"access_key_id":"a",)"
      R"("secret_access_key":"b")";
  EXPECT_TRUE(parse_session(std::string(kLeast) + "}"));
  EXPECT_TRUE(parse_session(std::string(kLeast) + R"(,"unknown":1})"));
  EXPECT_FALSE(parse_session(std::string(kLeast)));
  EXPECT_FALSE(parse_session(R"({"endpoint":"http://h"})"));
  EXPECT_FALSE(parse_session(std::string(kLeast) + R"(,"volume_size_bytes":0})"));
  EXPECT_FALSE(parse_session(std::string(kLeast) + R"(,"endpoint":"nowhere"})"));
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

TEST_F(DiskTest, opens_no_session_that_others_may_read) {
  ASSERT_EQ(chmod(path().c_str(), 0644), 0);
  EXPECT_EQ(SessionFile::open(path()).error().fault, Fault::denied);
}

}  // namespace
}  // namespace argosy::disk_server
