// contract/bucket.cpp - what every driver of Bucket must do.
#include "bucket/bucket.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <functional>

#include "support/folder.h"

namespace argosy::bucket {
namespace {

struct Driver {
  char const* name;
  std::function<std::unique_ptr<Bucket>(std::string const& folder)> open;
};

class BucketContract : public testing::TestWithParam<Driver> {
 protected:
  void SetUp() override { bucket_ = GetParam().open(folder_.path()); }
  std::string read(std::string_view name, std::uint64_t offset, std::size_t length) {
    Bytes out(length);
    auto done = bucket_->read(name, offset, out);
    return done ? std::string(as_text(out)) : "failed";
  }
  tests::Folder const folder_;
  std::unique_ptr<Bucket> bucket_;
};

TEST_P(BucketContract, reads_back_what_was_appended_at_the_offset_that_append_told) {
  auto writer = *bucket_->create("a");
  EXPECT_EQ(*writer->append(as_bytes("hello ")), 0U);
  std::array<ByteView, 3> parts{as_bytes("wide"), as_bytes(""), as_bytes(" world")};
  EXPECT_EQ(*writer->append(parts), 6U);
  EXPECT_EQ(read("a", 0, 16), "hello wide world");
  EXPECT_EQ(read("a", 6, 4), "wide");
}

TEST_P(BucketContract, never_overwrites_an_object) {
  ASSERT_TRUE(bucket_->create("a"));
  EXPECT_EQ(bucket_->create("a").error().fault, Fault::conflict);
}

TEST_P(BucketContract, says_that_an_object_is_absent_or_too_short) {
  Bytes out(4);
  EXPECT_EQ(bucket_->read("nothing", 0, out).error().fault, Fault::not_found);
  auto writer = *bucket_->create("a");
  ASSERT_TRUE(writer->append(as_bytes("abc")));
  EXPECT_EQ(bucket_->read("a", 0, out).error().fault, Fault::corrupt);
  EXPECT_EQ(bucket_->read("a", 100, out).error().fault, Fault::corrupt);
}

TEST_P(BucketContract, cuts_an_unsealed_object_when_it_is_reopened_and_goes_on_there) {
  {
    auto writer = *bucket_->create("a");
    ASSERT_TRUE(writer->append(as_bytes("kept torn")));
  }
  auto writer = *bucket_->reopen("a", 5, 2);
  EXPECT_EQ(*writer->append(as_bytes("new")), 5U);
  EXPECT_EQ(read("a", 0, 8), "kept new");
}

TEST_P(BucketContract, keeps_a_sealed_object_as_it_is) {
  auto writer = *bucket_->create("a");
  ASSERT_TRUE(writer->append(as_bytes("abc")));
  ASSERT_TRUE(writer->seal());
  EXPECT_EQ(bucket_->reopen("a", 1, 1).error().fault, Fault::conflict);
  EXPECT_EQ(read("a", 0, 3), "abc");
}

TEST_P(BucketContract, lists_names_sizes_and_seals_in_order) {
  auto b = *bucket_->create("b");
  auto a = *bucket_->create("a");
  ASSERT_TRUE(b->append(as_bytes("xyz")));
  ASSERT_TRUE(b->seal());
  auto objects = *bucket_->list();
  ASSERT_EQ(objects.size(), 2U);
  EXPECT_EQ(objects[0].name, "a");
  EXPECT_FALSE(objects[0].sealed);
  EXPECT_EQ(objects[1].name, "b");
  EXPECT_EQ(objects[1].size_bytes, 3U);
  EXPECT_TRUE(objects[1].sealed);
}

TEST_P(BucketContract, removes_an_object_once_and_for_all) {
  ASSERT_TRUE(bucket_->create("a"));
  EXPECT_TRUE(bucket_->remove("a"));
  EXPECT_TRUE(bucket_->remove("a"));
  EXPECT_TRUE(bucket_->list()->empty());
}

TEST(Directory, takes_an_append_that_failed_in_the_middle_back_and_goes_on) {
  tests::Folder const folder;
  auto bucket = *open_directory(folder.path());
  auto writer = *bucket->create("a");
  ASSERT_TRUE(writer->append(as_bytes("kept ")));
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  rlimit const small{8, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  auto failed = writer->append(as_bytes("beyond the limit"));  // three bytes of it are written
  ::setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().message.find("/a: write: File too large"), std::string::npos)
      << failed.error().message;
  EXPECT_FALSE(writer->spent());
  EXPECT_EQ(bucket->list()->front().size_bytes, 5U);
  EXPECT_EQ(*writer->append(as_bytes("on")), 5U);
  EXPECT_TRUE(writer->sync());
}

TEST(Directory, takes_what_the_disk_cannot_read_for_damage_and_a_disk_that_is_busy_for_none) {
  tests::Folder const folder;
  auto bucket = *open_directory(folder.path());
  std::filesystem::create_symlink("/proc/self/mem", folder / "a");  // nothing is mapped at its beginning: EIO
  std::filesystem::create_directory(folder / "b");
  Bytes out(4);
  auto const unreadable = bucket->read("a", 0, out);
  EXPECT_EQ(unreadable.error().fault, Fault::corrupt) << unreadable.error().message;
  EXPECT_EQ(bucket->read("b", 0, out).error().fault, Fault::unavailable);
}

INSTANTIATE_TEST_SUITE_P(
    drivers, BucketContract,
    testing::Values(Driver{"memory", [](std::string const&) { return open_memory(); }},
                    Driver{"directory", [](std::string const& folder) { return *open_directory(folder); }}),
    [](auto const& driver) { return driver.param.name; });

}  // namespace
}  // namespace argosy::bucket
