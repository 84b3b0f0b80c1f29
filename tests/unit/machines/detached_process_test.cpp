#include "machines/detached_process.h"

#include <grp.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/private_file.h"
#include "support/folder.h"

namespace argosy::machines {
namespace {

constexpr Duration kAWhile{10'000};

Program shell(std::string const& script) { return {{"sh", "-c", script}, "dash"}; }

bool has_word(std::string const& path, std::string const& word) {
  for (int attempt = 0; attempt < 1000; ++attempt) {
    if (auto text = read_file(path); text && text->contains(word)) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

TEST(DetachedProcess, is_found_by_another_object_in_a_session_of_its_own_and_in_its_folder) {
  tests::Folder folder;
  DetachedProcess process(folder.path(), "sleeper");
  EXPECT_EQ(process.is_recorded(), false);
  ASSERT_TRUE(process.start(shell("pwd >&2; exec sleep 60")));
  DetachedProcess again(folder.path(), "sleeper");
  EXPECT_EQ(again.is_running(), true);
  EXPECT_TRUE(has_word(again.log_path(), folder.path()));
  ASSERT_TRUE(again.end(kAWhile));
  EXPECT_EQ(process.is_running(), false);
  EXPECT_EQ(process.is_recorded(), false);
}

TEST(DetachedProcess, is_not_mistaken_for_a_later_one_with_its_id) {
  tests::Folder folder;
  DetachedProcess process(folder.path(), "sleeper");
  ASSERT_TRUE(process.start(shell("exec sleep 60")));
  auto const path = folder / "sleeper.pid";
  auto const record = *read_file(path);
  // The 22nd field is when it was started; the 20th after its name.
  auto const name_end = record.rfind(')');
  std::istringstream fields(record.substr(name_end + 1));
  std::string other = record.substr(0, name_end + 1);
  std::string field;
  for (int number = 3; fields >> field; ++number) other += " " + (number == 22 ? field + "0" : field);
  std::ofstream(path) << other;
  EXPECT_EQ(process.is_running(), false);
  std::ofstream(path) << "another-boot\n" << record.substr(record.find('\n') + 1);
  EXPECT_EQ(process.is_running(), false);
  EXPECT_EQ(process.obituary(), "the host was restarted");
  std::ofstream(path) << record;
  EXPECT_EQ(process.is_running(), true);
  ASSERT_TRUE(process.end(kAWhile));
}

/// While it lives nothing can be opened.
class NoFiles {
 public:
  NoFiles() {
    ::getrlimit(RLIMIT_NOFILE, &limit_);
    rlimit const none{0, limit_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  NoFiles(NoFiles const&) = delete;
  ~NoFiles() { ::setrlimit(RLIMIT_NOFILE, &limit_); }

 private:
  rlimit limit_{};
};

TEST(DetachedProcess, that_cannot_be_looked_for_is_neither_gone_nor_ended) {
  tests::Folder folder;
  DetachedProcess process(folder.path(), "sleeper");
  ASSERT_TRUE(process.start(shell("exec sleep 60")));
  auto const expect_failures = [&] {
    EXPECT_FALSE(process.is_running());
    EXPECT_FALSE(process.ends_within(Duration::zero()));
    EXPECT_FALSE(process.strike());
    EXPECT_FALSE(process.end(Duration::zero()));
  };
  {
    NoFiles const no_files;
    expect_failures();
  }
  auto const record = folder / "sleeper.pid";
  std::filesystem::rename(record, record + ".elsewhere");
  std::filesystem::create_directory(record);
  expect_failures();
  std::filesystem::remove(record);
  std::filesystem::rename(record + ".elsewhere", record);
  EXPECT_EQ(process.is_running(), true);
  ASSERT_TRUE(process.end(kAWhile));
}

constexpr uid_t kNobody = 65'534;
constexpr int kRefused = 77;

/// From now on this process is another user, to whom /proc shows his own processes alone. False if root alone
/// may do that, or not even he.
bool become_nobody() {
  return ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("proc", "/proc", "proc", 0, "hidepid=2") == 0 && ::setgroups(0, nullptr) == 0 &&
         ::setgid(kNobody) == 0 && ::setuid(kNobody) == 0;
}

TEST(DetachedProcess, is_not_one_of_another_user_that_is_hidden) {
  tests::Folder folder;
  DetachedProcess process(folder.path(), "sleeper");
  ASSERT_TRUE(process.start(shell("exec sleep 60")));
  std::filesystem::permissions(folder.path(), std::filesystem::perms::all);
  std::filesystem::permissions(folder / "sleeper.pid", std::filesystem::perms::all);
  auto const other = ::fork();
  if (other == 0) {
    if (!become_nobody()) ::_exit(kRefused);
    auto const runs = process.is_running();
    ::_exit(runs && !*runs ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(other, &status, 0), other);
  ASSERT_TRUE(process.end(kAWhile));
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kRefused) GTEST_SKIP() << "only root can hide processes";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(DetachedProcess, that_ignores_the_request_to_end_is_killed) {
  tests::Folder folder;
  DetachedProcess process(folder.path(), "stubborn");
  ASSERT_TRUE(process.start(shell("trap '' TERM; echo ready >&2; while :; do sleep 1; done")));
  ASSERT_TRUE(has_word(process.log_path(), "ready"));
  EXPECT_EQ(process.ends_within(Duration{1}), false);
  ASSERT_TRUE(process.end(Duration{50}));
  EXPECT_EQ(process.is_running(), false);
}

TEST(DetachedProcess, that_is_gone_left_its_last_words) {
  tests::Folder folder;
  DetachedProcess process(folder.path(), "speaker");
  ASSERT_TRUE(process.start(shell("echo first >&2; echo last >&2; exit 3")));
  ASSERT_EQ(process.ends_within(kAWhile), true);
  EXPECT_EQ(process.is_recorded(), true);
  EXPECT_EQ(process.obituary(), "its process ended: last");
  ASSERT_TRUE(process.start(shell("kill -9 $$")));
  ASSERT_EQ(process.ends_within(kAWhile), true);
  EXPECT_EQ(process.obituary(), "its process was killed");
}

TEST(DetachedProcess, whose_program_is_missing_says_which_package_has_it) {
  tests::Folder folder;
  DetachedProcess process(folder.path(), "missing");
  auto const started = process.start({{"no-such-program"}, "good-package"});
  ASSERT_FALSE(started);
  EXPECT_TRUE(started.error().message.contains("no-such-program")) << started.error().message;
  EXPECT_TRUE(started.error().message.contains("good-package")) << started.error().message;
  EXPECT_EQ(process.is_recorded(), false);
}

TEST(DetachedProcess, gets_a_secret_by_a_descriptor_and_no_other_descriptors) {
  tests::Folder folder;
  DetachedProcess process(folder.path(), "reader");
  auto const secret = secret_pipe("hush");
  ASSERT_TRUE(secret);
  auto const number = std::to_string(secret->number());
  auto program = shell("cat <&" + number + " >&2; ls /proc/$$/fd | tr '\\n' ' ' >&2");
  program.inherited = {secret->number()};
  ASSERT_TRUE(process.start(program));
  ASSERT_EQ(process.ends_within(kAWhile), true);
  auto const log = *read_file(process.log_path());
  EXPECT_TRUE(log.starts_with("hush0 1 2")) << log;
  EXPECT_TRUE(log.contains(" " + number + " ")) << log;
}

TEST(Program, that_takes_too_long_is_killed) {
  auto const ending = run(shell("echo busy >&2; exec sleep 60"), Duration{300});
  ASSERT_TRUE(ending);
  EXPECT_TRUE(ending->timed_out);
  EXPECT_EQ(ending->complaint, "busy");
}

TEST(Program, that_fails_has_its_complaint_as_the_message) {
  EXPECT_TRUE(run_well(shell("exit 0"), kAWhile));
  auto const failed = run_well(shell("echo no luck >&2; exit 4"), kAWhile);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "sh failed: no luck");
}

}  // namespace
}  // namespace argosy::machines
