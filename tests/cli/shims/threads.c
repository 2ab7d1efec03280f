// A limit on threads, by LD_PRELOAD: beside the first one no more than HDRTILE_THREADS live at once. What is more is refused,
// as the kernel does at RLIMIT_NPROC and the limit of a cgroup (which a test that runs as root cannot set).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

typedef int Create(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);

struct Start {
  void* (*work)(void*);
  void* argument;
};

static long living;

static void* run(void* given) {
  const struct Start start = *(struct Start*)given;
  free(given);
  void* const result = start.work(start.argument);
  __atomic_sub_fetch(&living, 1, __ATOMIC_RELAXED);
  return result;
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*work)(void*), void* argument) {
  Create* const create = (Create*)dlsym(RTLD_NEXT, "pthread_create");
  const char* const most = getenv("HDRTILE_THREADS");
  struct Start* const start = malloc(sizeof *start);
  if (!start) return EAGAIN;
  *start = (struct Start){work, argument};
  const int refused = __atomic_add_fetch(&living, 1, __ATOMIC_RELAXED) > (most ? atol(most) : 0)
                          ? EAGAIN
                          : create(thread, attributes, run, start);
  if (refused) {
    __atomic_sub_fetch(&living, 1, __ATOMIC_RELAXED);
    free(start);
  }
  return refused;
}
