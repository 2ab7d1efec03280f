// Memory that is refused, by LD_PRELOAD: the HDRTILE_REFUSE-th allocation of HDRTILE_REFUSE_SIZE bytes or more fails, by
// whichever function it is asked for, and as many after it as HDRTILE_REFUSE_COUNT says (1 if unset). How many there were is
// written to HDRTILE_REFUSE_LOG at the end.
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern void* __libc_malloc(size_t);
extern void* __libc_calloc(size_t, size_t);
extern void* __libc_realloc(void*, size_t);
extern void* __libc_memalign(size_t, size_t);

static size_t least = (size_t)-1;
static long first, many = 1, seen;

__attribute__((constructor)) static void set_up(void) {
  const char* size = getenv("HDRTILE_REFUSE_SIZE");
  const char* which = getenv("HDRTILE_REFUSE");
  const char* count = getenv("HDRTILE_REFUSE_COUNT");
  if (which) first = atol(which);
  if (count) many = atol(count);
  if (size) least = strtoul(size, NULL, 10);
}

static void tell(void) {
  const char* name = getenv("HDRTILE_REFUSE_LOG");
  FILE* log = name ? fopen(name, "w") : NULL;
  if (log) {
    fprintf(log, "%ld\n", seen);
    fclose(log);
  }
}

// How hdrtile ends.
void _Exit(int code) {
  tell();
  _exit(code);
}

static int refused(size_t size) {
  if (size < least) return 0;
  const long number = __atomic_add_fetch(&seen, 1, __ATOMIC_RELAXED);
  if (first == 0 || number < first || number >= first + many) return 0;
  errno = ENOMEM;
  return 1;
}

void* malloc(size_t size) { return refused(size) ? NULL : __libc_malloc(size); }
void* calloc(size_t count, size_t size) { return refused(count * size) ? NULL : __libc_calloc(count, size); }
void* realloc(void* old, size_t size) { return refused(size) ? NULL : __libc_realloc(old, size); }
void* memalign(size_t alignment, size_t size) { return refused(size) ? NULL : __libc_memalign(alignment, size); }
void* aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }
int posix_memalign(void** out, size_t alignment, size_t size) {
  void* const memory = memalign(alignment, size);
  if (memory) *out = memory;
  return memory ? 0 : ENOMEM;
}
