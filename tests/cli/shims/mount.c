// A network drive as a file system of its own: mount FOLDER TARGET [fold] [stall PART SECONDS ERROR] shows FOLDER under
// TARGET until it is unmounted. fold: names differ in more than their case. stall: reads and writes of files whose path has
// PART in it take so long, and then fail.
#define FUSE_USE_VERSION 31
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char* root;
static int folds;
static const char* stalls_at;
static double stall_seconds;
static int stall_error;

// The name in `folder` that differs from `name` in its case alone; else `name`.
static void fold(const char* folder, const char* name, char* found) {
  strcpy(found, name);
  DIR* all = opendir(folder);
  for (struct dirent* e; all && (e = readdir(all));) {
    if (strcasecmp(e->d_name, name) == 0) strcpy(found, e->d_name);
  }
  if (all) closedir(all);
}

static const char* real(const char* path, char* out) {
  strcpy(out, root);
  if (!folds) return strcat(out, path);
  char copy[PATH_MAX], found[NAME_MAX + 1], *rest = strcpy(copy, path);
  for (char* part; (part = strsep(&rest, "/"));) {
    if (!*part) continue;
    if (strlen(part) > NAME_MAX) return strcat(strcat(out, "/"), part);
    fold(out, part, found);
    strcat(strcat(out, "/"), found);
  }
  return out;
}

static int stalled(const char* path) {
  if (!stalls_at || !strstr(path, stalls_at)) return 0;
  usleep((useconds_t)(stall_seconds * 1e6));
  return stall_error;
}

#define REAL(path) real(path, (char[2 * PATH_MAX]){0})
#define RESULT(call) ((call) < 0 ? -errno : 0)

static int on_getattr(const char* path, struct stat* s, struct fuse_file_info* f) { return RESULT(lstat(REAL(path), s)); }
static int on_mkdir(const char* path, mode_t mode) { return RESULT(mkdir(REAL(path), mode)); }
static int on_unlink(const char* path) { return RESULT(unlink(REAL(path))); }
static int on_rmdir(const char* path) { return RESULT(rmdir(REAL(path))); }
static int on_rename(const char* from, const char* to, unsigned flags) {
  if (flags) return -EINVAL;  // as many network file systems
  return RESULT(rename(REAL(from), REAL(to)));
}
static int on_link(const char* from, const char* to) {
  struct stat s;
  if (lstat(REAL(to), &s) == 0) return -EEXIST;
  return RESULT(link(REAL(from), REAL(to)));
}
static int on_access(const char* path, int mode) { return RESULT(access(REAL(path), mode)); }
static int on_open(const char* path, struct fuse_file_info* f) {
  f->fh = open(REAL(path), f->flags & ~O_NOFOLLOW);
  return RESULT((int)f->fh);
}
static int on_create(const char* path, mode_t mode, struct fuse_file_info* f) {
  f->fh = open(REAL(path), f->flags, mode);
  return RESULT((int)f->fh);
}
static int on_read(const char* path, char* data, size_t size, off_t at, struct fuse_file_info* f) {
  const int error = stalled(path);
  const ssize_t count = pread(f->fh, data, size, at);
  return error ? -error : count < 0 ? -errno : (int)count;
}
static int on_write(const char* path, const char* data, size_t size, off_t at, struct fuse_file_info* f) {
  const int error = stalled(path);
  const ssize_t count = pwrite(f->fh, data, size, at);
  return error ? -error : count < 0 ? -errno : (int)count;
}
static int on_fsync(const char* path, int data_only, struct fuse_file_info* f) { return RESULT(fsync(f->fh)); }
static int on_release(const char* path, struct fuse_file_info* f) { return RESULT(close(f->fh)); }
static int on_readdir(const char* path, void* buffer, fuse_fill_dir_t fill, off_t at, struct fuse_file_info* f,
                      enum fuse_readdir_flags flags) {
  DIR* all = opendir(REAL(path));
  if (!all) return -errno;
  for (struct dirent* e; (e = readdir(all));) fill(buffer, e->d_name, NULL, 0, 0);
  closedir(all);
  return 0;
}
static void* on_init(struct fuse_conn_info* connection, struct fuse_config* config) {
  config->use_ino = 1;
  config->direct_io = 1;
  config->entry_timeout = config->attr_timeout = config->negative_timeout = 0;
  return NULL;
}

static const struct fuse_operations operations = {
    .init = on_init, .getattr = on_getattr, .mkdir = on_mkdir, .unlink = on_unlink, .rmdir = on_rmdir,
    .rename = on_rename, .link = on_link, .access = on_access, .open = on_open, .create = on_create, .read = on_read,
    .write = on_write, .fsync = on_fsync, .release = on_release, .readdir = on_readdir};

int main(int argc, char** argv) {
  root = argv[1];
  for (int i = 3; i < argc; ++i) {
    if (strcmp(argv[i], "fold") == 0) folds = 1;
    if (strcmp(argv[i], "stall") == 0) {
      stalls_at = argv[i + 1];
      stall_seconds = atof(argv[i + 2]);
      stall_error = atoi(argv[i + 3]);
    }
  }
  char* arguments[] = {argv[0], "-f", argv[2]};
  return fuse_main(3, arguments, &operations, NULL);
}
