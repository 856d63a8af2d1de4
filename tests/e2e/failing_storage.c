/* Loaded before a program (LD_PRELOAD): one of its operations on storage fails.
 *
 *   FAIL_UNDER   folder whose files count, and standard output
 *   FAIL_AT      which operation fails: 1 is the first; 0 none
 *   FAIL_WITH    error number; 0: writes are short instead
 *   FAIL_EVER    set: all later operations fail, too, as on a disk that stays full
 *   FAIL_COUNT   file for the number of operations
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static int operations, at, with, ever;
static const char *under;

__attribute__((constructor)) static void begin(void) {
  const char *text;
  under = getenv("FAIL_UNDER");
  at = (text = getenv("FAIL_AT")) ? atoi(text) : 0;
  with = (text = getenv("FAIL_WITH")) ? atoi(text) : 0;
  ever = getenv("FAIL_EVER") != NULL;
}

static int now_fails(void) {
  int n = __sync_add_and_fetch(&operations, 1);
  const char *path = getenv("FAIL_COUNT");
  if (path != NULL) {
    char digits[16];
    int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
    ssize_t (*put)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    int fd = real(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    put(fd, digits, (size_t)snprintf(digits, sizeof digits, "%d", n));
    close(fd);
  }
  return at > 0 && (n == at || (ever && n > at));
}

static int of_name(const char *path) {
  return under != NULL && path != NULL && (path[0] != '/' || strncmp(path, under, strlen(under)) == 0);
}

static int of_descriptor(int fd) {
  char link[64], path[4096];
  ssize_t n;
  if (fd == 1) return 1;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  n = readlink(link, path, sizeof path - 1);
  if (n <= 0) return 0;
  path[n] = '\0';
  return path[0] == '/' && of_name(path);
}

#define REAL(result, name, ...) result (*real)(__VA_ARGS__) = dlsym(RTLD_NEXT, name)
#define FAILS(concerned) ((concerned) && now_fails() && (errno = with, with != 0))
/* Calls that no signal interrupts. */
#define FAILS_WHOLE(concerned) (with != EINTR && FAILS(concerned))

ssize_t write(int fd, const void *data, size_t size) {
  REAL(ssize_t, "write", int, const void *, size_t);
  if (of_descriptor(fd) && now_fails()) {
    if (with != 0) { errno = with; return -1; }
    size = (size + 1) / 2;
  }
  return real(fd, data, size);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(ssize_t, "writev", int, const struct iovec *, int);
  if (FAILS(of_descriptor(fd))) return -1;
  return real(fd, parts, count);
}

static int counts(const char *path, int flags) {
  return of_name(path) && !(with == EINTR && (flags & O_DIRECTORY) != 0) && (flags & (O_WRONLY | O_RDWR | O_CREAT | O_DIRECTORY)) != 0;
}

#define OPEN(name, before, path, ...)                                     \
  mode_t mode = 0;                                                        \
  REAL(int, name, __VA_ARGS__);                                           \
  if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE) {       \
    va_list more;                                                         \
    va_start(more, flags);                                                \
    mode = va_arg(more, mode_t);                                          \
    va_end(more);                                                         \
  }                                                                       \
  if (FAILS(counts(path, flags))) return -1;                              \
  return real before

int open(const char *path, int flags, ...) {
  OPEN("open", (path, flags, mode), path, const char *, int, ...);
}
int open64(const char *path, int flags, ...) {
  OPEN("open64", (path, flags, mode), path, const char *, int, ...);
}
int openat(int folder, const char *path, int flags, ...) {
  OPEN("openat", (folder, path, flags, mode), path, int, const char *, int, ...);
}

FILE *fopen(const char *path, const char *mode) {
  REAL(FILE *, "fopen", const char *, const char *);
  if (FAILS(of_name(path) && mode[0] != 'r')) return NULL;
  return real(path, mode);
}
FILE *fopen64(const char *path, const char *mode) {
  REAL(FILE *, "fopen64", const char *, const char *);
  if (FAILS(of_name(path) && mode[0] != 'r')) return NULL;
  return real(path, mode);
}

int fsync(int fd) {
  REAL(int, "fsync", int);
  return FAILS(of_descriptor(fd)) ? -1 : real(fd);
}

int mkdir(const char *path, mode_t mode) {
  REAL(int, "mkdir", const char *, mode_t);
  return FAILS_WHOLE(of_name(path)) ? -1 : real(path, mode);
}

int rename(const char *from, const char *to) {
  REAL(int, "rename", const char *, const char *);
  return FAILS_WHOLE(of_name(to)) ? -1 : real(from, to);
}

int renameat2(int a, const char *from, int b, const char *to, unsigned flags) {
  REAL(int, "renameat2", int, const char *, int, const char *, unsigned);
  return FAILS_WHOLE(of_name(to)) ? -1 : real(a, from, b, to, flags);
}

int link(const char *from, const char *to) {
  REAL(int, "link", const char *, const char *);
  return FAILS_WHOLE(of_name(to)) ? -1 : real(from, to);
}

int linkat(int a, const char *from, int b, const char *to, int flags) {
  REAL(int, "linkat", int, const char *, int, const char *, int);
  return FAILS_WHOLE(of_name(to)) ? -1 : real(a, from, b, to, flags);
}
