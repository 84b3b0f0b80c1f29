/* tests/crash/kill_at.c - preloaded into argosyd: kills it at the n-th call that changes a file below a folder.
 *
 * KILL_AT_FOLDER  the folder
 * KILL_AT_CALL    the number of the call, from 1 on; 0: never
 * KILL_AT_HOW     before: the call does not happen; half: of a write, the first half of its bytes happens
 * KILL_AT_COUNT   a file of 8 bytes in which the calls are counted, so that a run without a kill tells how many there are
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static char const *folder;
static unsigned long kill_at;
static int half;
static atomic_ulong own_count;
static atomic_ulong *count = &own_count;

__attribute__((constructor)) static void begin(void) {
  folder = getenv("KILL_AT_FOLDER");
  char const *number = getenv("KILL_AT_CALL");
  char const *how = getenv("KILL_AT_HOW");
  char const *file = getenv("KILL_AT_COUNT");
  kill_at = number != NULL ? strtoul(number, NULL, 10) : 0;
  half = how != NULL && strcmp(how, "half") == 0;
  if (file == NULL) return;
  int descriptor = open(file, O_RDWR | O_CLOEXEC);
  void *shared = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (shared != MAP_FAILED) count = shared;
}

static int is_below(char const *path) {
  return folder != NULL && strncmp(path, folder, strlen(folder)) == 0;
}
static int is_open_below(int descriptor) {
  char link[64] = "/proc/self/fd/", path[PATH_MAX];
  char digits[16];
  int length = 0, value = descriptor;
  do digits[length++] = (char)('0' + value % 10);
  while ((value /= 10) > 0 && length < 15);
  size_t at = strlen(link);
  while (length > 0) link[at++] = digits[--length];
  link[at] = 0;
  ssize_t got = readlink(link, path, sizeof path - 1);
  if (got < 0) return 0;
  path[got] = 0;
  return is_below(path);
}

static _Noreturn void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}
/* Counts a call; true if it is the one. Everything behind it must not happen either: other threads wait in theirs. */
static int is_the_one(void) {
  unsigned long number = atomic_fetch_add(count, 1) + 1;
  if (kill_at == 0 || number < kill_at) return 0;
  if (number > kill_at) for (;;) pause();
  return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define ON_DESCRIPTOR(result, name, parameters, descriptor, ...)            \
  result name parameters {                                                  \
    if (is_open_below(descriptor) && is_the_one()) die();                   \
    return REAL(name)(__VA_ARGS__);                                         \
  }
ON_DESCRIPTOR(int, fsync, (int d), d, d)
ON_DESCRIPTOR(int, fdatasync, (int d), d, d)
ON_DESCRIPTOR(int, ftruncate, (int d, off_t size), d, d, size)
ON_DESCRIPTOR(int, ftruncate64, (int d, off64_t size), d, d, size)
ON_DESCRIPTOR(int, fchmod, (int d, mode_t mode), d, d, mode)

#define ON_WRITE(name, offset_type)                                                      \
  ssize_t name(int d, void const *data, size_t size, offset_type offset) {               \
    if (is_open_below(d) && is_the_one()) {                                              \
      if (half) REAL(name)(d, data, size / 2, offset);                                   \
      die();                                                                             \
    }                                                                                    \
    return REAL(name)(d, data, size, offset);                                            \
  }
ON_WRITE(pwrite, off_t)
ON_WRITE(pwrite64, off64_t)

ssize_t write(int d, void const *data, size_t size) {
  if (is_open_below(d) && is_the_one()) {
    if (half) REAL(write)(d, data, size / 2);
    die();
  }
  return REAL(write)(d, data, size);
}

/* Half of the bytes: the parts up to there, the last of them cut. */
#define ON_WRITES(name, offset_type)                                                      \
  ssize_t name(int d, struct iovec const *parts, int parts_count, offset_type offset) {   \
    if (is_open_below(d) && is_the_one()) {                                               \
      size_t all = 0;                                                                     \
      for (int i = 0; i < parts_count; ++i) all += parts[i].iov_len;                      \
      size_t left = half ? all / 2 : 0;                                                   \
      for (int i = 0; i < parts_count && left > 0; ++i) {                                 \
        size_t some = parts[i].iov_len < left ? parts[i].iov_len : left;                  \
        struct iovec one = {parts[i].iov_base, some};                                     \
        REAL(name)(d, &one, 1, offset);                                                   \
        offset += (offset_type)some;                                                      \
        left -= some;                                                                     \
      }                                                                                   \
      die();                                                                              \
    }                                                                                     \
    return REAL(name)(d, parts, parts_count, offset);                                     \
  }
ON_WRITES(pwritev, off_t)
ON_WRITES(pwritev64, off64_t)

int unlink(char const *path) {
  if (is_below(path) && is_the_one()) die();
  return REAL(unlink)(path);
}
int rename(char const *from, char const *to) {
  if (is_below(to) && is_the_one()) die();
  return REAL(rename)(from, to);
}
