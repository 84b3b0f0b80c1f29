#include "crypto/root_key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/private_file.h"
#include "support/folder.h"

namespace argosy::crypto {
namespace {

class RootKeyTest : public testing::Test {
 protected:
  Result<std::unique_ptr<RootKey>> open(MissingFile missing = MissingFile::refuse) const {
    return open_root_key({path_, std::nullopt}, missing, system_entropy());
  }
  void expect_refused(Fault fault) const {
    auto opened = open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().fault, fault);
    EXPECT_EQ(opened.error().code, kRootKeyFault);
    EXPECT_NE(opened.error().message.find(path_), std::string::npos) << opened.error().message;
  }

  tests::Folder const folder_;
  std::string const path_ = folder_ / "root.key";
};

TEST_F(RootKeyTest, in_a_file_is_made_once_and_opens_what_it_wrapped) {
  expect_refused(Fault::not_found);
  auto made = open(MissingFile::create);
  ASSERT_TRUE(made);
  struct stat facts {};
  ASSERT_EQ(::stat(path_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
  auto wrapped = *(*made)->wrap(as_bytes("about"), as_bytes("secret"));
  auto again = open(MissingFile::create);
  EXPECT_EQ(as_text(*(*again)->unwrap(as_bytes("about"), wrapped)), "secret");
  EXPECT_EQ((*again)->name(), "file " + path_);
}

TEST_F(RootKeyTest, that_is_another_opens_nothing) {
  auto wrapped = *(*open(MissingFile::create))->wrap(as_bytes("about"), as_bytes("secret"));
  ::unlink(path_.c_str());
  auto other = open(MissingFile::create);
  auto opened = (*other)->unwrap(as_bytes("about"), wrapped);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().fault, Fault::denied);
  EXPECT_EQ(opened.error().code, kRootKeyFault);
}

TEST_F(RootKeyTest, in_a_file_does_not_wrap_with_the_files_bytes_themselves) {
  auto wrapped = *(*open(MissingFile::create))->wrap(as_bytes("about"), as_bytes("secret"));
  auto key = *read_root_key_file(path_, MissingFile::refuse, system_entropy());
  EXPECT_FALSE(unwrap(key, as_bytes("about"), wrapped));
}

TEST_F(RootKeyTest, in_a_file_that_others_may_read_is_refused) {
  ASSERT_TRUE(open(MissingFile::create));
  ::chmod(path_.c_str(), 0640);
  expect_refused(Fault::denied);
}

TEST_F(RootKeyTest, of_other_than_64_hexadecimal_digits_is_refused) {
  for (auto const& text : {std::string(), std::string(63, 'a'), std::string(66, 'a'), std::string(64, 'g')}) {
    ASSERT_TRUE(write_private_file(path_, text, Existing::replace));
    expect_refused(Fault::invalid);
  }
}

TEST_F(RootKeyTest, behind_a_module_that_is_not_there_is_named) {
  auto opened = open_root_key({{}, TokenKey{"/nowhere/module.so", "token", "key", path_}},
                              MissingFile::refuse, system_entropy());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().fault, Fault::not_found);
  EXPECT_NE(opened.error().message.find("/nowhere/module.so"), std::string::npos);
}

}  // namespace
}  // namespace argosy::crypto
