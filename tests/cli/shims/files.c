// Faults of files, by LD_PRELOAD. HDRTILE_FAULTS holds them, separated by ';', each of four words:
//   CALL   open, read, write, fsync, close, rename (and link), unlink, flock, or any of them
//   PART   of the path that the call is about, as the system knows it
//   N      which of the calls that match: 1 the first, 2 the second, ..., 0 each
//   ACTION an error's number (the call fails with it), kill (the process is killed before the call), half (the process is
//          killed once half of a write is done), stall=S (the call takes S seconds) or stall=S,E (and fails with E)
// HDRTILE_FAULTS_LOG names a file that gets a line for each call that matched.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { most = 8 };
static struct Fault {
  char call[16], part[PATH_MAX], action[32];
  long nth, seen;
} faults[most];
static int count = -1;
static int record = -1;
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;

static void set_up(void) {
  count = 0;
  const char* text = getenv("HDRTILE_FAULTS");
  while (text && *text && count < most) {
    struct Fault* f = &faults[count];
    if (sscanf(text, " %15s %4095s %ld %31[^; ]", f->call, f->part, &f->nth, f->action) == 4) ++count;
    text = strchr(text, ';');
    if (text) ++text;
  }
  const char* name = getenv("HDRTILE_FAULTS_LOG");
  if (name) record = syscall(SYS_openat, AT_FDCWD, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
}

static void sleep_for(double seconds) {
  struct timespec left = {(time_t)seconds, (long)((seconds - (long)seconds) * 1e9)};
  while (nanosleep(&left, &left) != 0) {  // as a mount that hangs: no signal ends it
  }
}

// The error that the call is to fail with, 0 when it is to be made, -1 when half of it is.
static int fault_of(const char* call, const char* path) {
  const int kept = errno;
  double stall = 0;
  int error = 0;
  pthread_mutex_lock(&guard);
  if (count < 0) set_up();
  for (int i = 0; i < count; ++i) {
    struct Fault* f = &faults[i];
    if ((strcmp(f->call, call) != 0 && strcmp(f->call, "any") != 0) || !strstr(path, f->part)) continue;
    ++f->seen;
    if (record >= 0) dprintf(record, "%ld %s %s\n", f->seen, call, path);
    if (f->nth != 0 && f->seen != f->nth) continue;
    if (strcmp(f->action, "kill") == 0) kill(getpid(), SIGKILL);
    if (strcmp(f->action, "half") == 0) {
      if (strcmp(call, "write") != 0) kill(getpid(), SIGKILL);
      error = -1;
    } else if (sscanf(f->action, "stall=%lf,%d", &stall, &error) < 1) {
      error = atoi(f->action);
    }
  }
  pthread_mutex_unlock(&guard);
  if (stall > 0) sleep_for(stall);
  errno = error > 0 ? error : kept;
  return error;
}

static int fault_of_descriptor(const char* call, int fd) {
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const int kept = errno;
  const ssize_t size = readlink(link, path, sizeof path - 1);
  errno = kept;
  path[size < 0 ? 0 : size] = 0;
  return size <= 0 ? 0 : fault_of(call, path);
}

static int open_any(int folder, const char* path, int flags, va_list rest) {
  const mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;
  if (fault_of("open", path) > 0) return -1;
  return syscall(SYS_openat, folder, path, flags, mode);
}

#define OPEN(name, folder_argument, folder)                       \
  int name(folder_argument const char* path, int flags, ...) {   \
    va_list rest;                                                 \
    va_start(rest, flags);                                        \
    const int fd = open_any(folder, path, flags, rest);           \
    va_end(rest);                                                 \
    return fd;                                                    \
  }
#define COMMA ,
OPEN(open, , AT_FDCWD)
OPEN(open64, , AT_FDCWD)
OPEN(openat, int folder COMMA, folder)
OPEN(openat64, int folder COMMA, folder)

ssize_t read(int fd, void* data, size_t size) {
  return fault_of_descriptor("read", fd) > 0 ? -1 : syscall(SYS_read, fd, data, size);
}

ssize_t write(int fd, const void* data, size_t size) {
  const int error = fault_of_descriptor("write", fd);
  if (error > 0) return -1;
  if (error < 0) {
    syscall(SYS_write, fd, data, size / 2);
    kill(getpid(), SIGKILL);
  }
  return syscall(SYS_write, fd, data, size);
}

int fsync(int fd) { return fault_of_descriptor("fsync", fd) > 0 ? -1 : (int)syscall(SYS_fsync, fd); }

int close(int fd) {
  const int error = fault_of_descriptor("close", fd);
  const int kept = errno;
  const int result = syscall(SYS_close, fd);  // a close that fails has closed
  if (error > 0) errno = kept;
  return error > 0 ? -1 : result;
}

int flock(int fd, int operation) {
  return fault_of_descriptor("flock", fd) > 0 ? -1 : (int)syscall(SYS_flock, fd, operation);
}

int rename(const char* from, const char* to) {
  return fault_of("rename", from) > 0 ? -1 : (int)syscall(SYS_rename, from, to);
}

int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) {
  return fault_of("rename", from) > 0 ? -1 : (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
}

int link(const char* from, const char* to) {
  return fault_of("rename", from) > 0 ? -1 : (int)syscall(SYS_link, from, to);
}

int unlink(const char* path) { return fault_of("unlink", path) > 0 ? -1 : (int)syscall(SYS_unlink, path); }
