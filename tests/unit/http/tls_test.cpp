#include "http/tls.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "crypto/certificate.h"
#include "support/folder.h"

namespace argosy::http {
namespace {

/// Longer than a look at the files is good for.
constexpr auto kLook = std::chrono::milliseconds(1'100);

/// A client's context that believes an authority in a file, which is always of one size.
class TlsContextTest : public testing::Test {
 protected:
  void SetUp() override {
    write_authority("first");
    TlsFiles files;
    files.authority_path = path_;
    auto opened = TlsContext::open(TlsContext::Role::client, files);
    ASSERT_TRUE(opened) << opened.error().message;
    context_ = *std::move(opened);
    first_ = context_->current();
  }
  void write_authority(std::string const& name) const {
    auto text = crypto::make_authority(name, 1)->certificate;
    text.resize(4'096, '\n');
    std::ofstream(path_) << text;
  }
  bool is_read_anew() {
    for (int look = 0; look < 20; ++look) {
      std::this_thread::sleep_for(kLook);
      if (context_->current() != first_) return true;
    }
    return false;
  }

  tests::Folder const folder_;
  std::string const path_ = folder_ / "authority.pem";
  std::unique_ptr<TlsContext> context_;
  std::shared_ptr<ssl_ctx_st> first_;
};

TEST_F(TlsContextTest, is_read_anew_when_nothing_but_the_time_of_the_change_tells) {
  auto const written = std::filesystem::last_write_time(path_);
  write_authority("second");
  std::filesystem::last_write_time(path_, written);
  EXPECT_TRUE(is_read_anew());
}

TEST_F(TlsContextTest, tries_again_what_could_not_be_read_and_says_so_once) {
  write_authority("second");
  testing::internal::CaptureStderr();
  rlimit files{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  rlimit const none{0, files.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  for (int look = 0; look < 2; ++look) {
    std::this_thread::sleep_for(kLook);
    EXPECT_EQ(context_->current(), first_);
  }
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
  EXPECT_TRUE(is_read_anew());
  auto const said = testing::internal::GetCapturedStderr();
  auto const complaint = said.find("TLS goes on with what was read before");
  EXPECT_NE(complaint, said.npos);
  EXPECT_EQ(said.find("TLS goes on", complaint + 1), said.npos) << said;
}

}  // namespace
}  // namespace argosy::http
