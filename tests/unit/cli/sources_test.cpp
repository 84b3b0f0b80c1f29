#include "cli/sources.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <csignal>

#include "cli/process.h"

namespace argosy::cli {
namespace {

TEST(CredentialProcess, gives_what_it_writes_unless_it_fails) {
  auto const sources = real_sources();
  EXPECT_EQ(*sources.run("printf 'a b'"), "a b");
  EXPECT_EQ(sources.run("echo a; exit 3").error().exit, Exit::configuration);
  EXPECT_EQ(sources.run("no-such-program 2>&-").error().exit, Exit::configuration);
}

TEST(CredentialProcess, hears_the_signals_that_are_blocked_here) {
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  auto const ended = real_sources().run("kill -TERM $$; echo it is deaf");
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  EXPECT_FALSE(ended);
}

TEST(CredentialProcess, and_other_programs_have_failed_where_nobody_hears_how_they_ended) {
  std::signal(SIGCHLD, SIG_IGN);
  EXPECT_FALSE(real_sources().run("true"));
  EXPECT_FALSE(run_process({"true"}));
  std::signal(SIGCHLD, SIG_DFL);
  EXPECT_TRUE(run_process({"true"}));
}

}  // namespace
}  // namespace argosy::cli
