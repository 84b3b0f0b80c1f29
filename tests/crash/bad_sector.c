/* tests/crash/bad_sector.c - preloaded into argosyd: some bytes of some files cannot be read, as on a disk that fails.
 *
 * BAD_SECTOR_FILE  how the files' paths end: the rest of another file's name as well
 * BAD_SECTOR_FROM  where the first page begins that cannot be read
 * BAD_SECTOR_TO    where the last one ends
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int is_bad(int descriptor) {
  char const *end = getenv("BAD_SECTOR_FILE");
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (end == NULL || length < (ssize_t)strlen(end)) return 0;
  path[length] = 0;
  return strcmp(path + length - strlen(end), end) == 0;
}
static off_t number(char const *name) {
  char const *text = getenv(name);
  return text != NULL ? (off_t)strtoll(text, NULL, 10) : 0;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* As the kernel does: what lies before the page is read, a read that begins with it fails. */
ssize_t pread64(int descriptor, void *out, size_t size, off64_t offset) {
  off_t from = number("BAD_SECTOR_FROM"), to = number("BAD_SECTOR_TO");
  if (offset < to && offset + (off_t)size > from && is_bad(descriptor)) {
    if (offset >= from) return errno = EIO, -1;
    size = (size_t)(from - offset);
  }
  return REAL(pread64)(descriptor, out, size, offset);
}
ssize_t pread(int descriptor, void *out, size_t size, off_t offset) { return pread64(descriptor, out, size, offset); }
