#include "base/standard_streams.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <initializer_list>

namespace argosy {
namespace {

/// In a process of its own; true if it is all as it should be.
bool works_without(int stream) {
  auto const id = fork();
  if (id == 0) {
    close(stream);
    occupy_standard_streams();
    char c = 'x';
    bool const fails = stream == STDIN_FILENO ? read(stream, &c, 1) < 0 : write(stream, &c, 1) < 0;
    _exit(fails && open("/dev/null", O_RDWR) > STDERR_FILENO ? 0 : 1);
  }
  int status = -1;
  return waitpid(id, &status, 0) == id && status == 0;
}

TEST(StandardStreams, that_are_closed_are_not_taken_by_what_is_opened_next) {
  for (int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    EXPECT_TRUE(works_without(stream)) << stream;
}

}  // namespace
}  // namespace argosy
