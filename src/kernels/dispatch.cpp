#include <cstdlib>
#include <string_view>

#include "kernels.h"

#ifdef HDRTILE_X86_KERNELS
#include <cpuid.h>

#include "tables.h"
#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif
#endif

namespace hdrtile::kernels {

#ifdef HDRTILE_X86_KERNELS
namespace {

/// AMX with BF16, by the CPU's own word: not every compiler has a name for it.
bool has_amx() noexcept {
  constexpr unsigned amx_bf16 = 1U << 22U;
  constexpr unsigned amx_tile = 1U << 24U;
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d & amx_bf16) != 0 && (d & amx_tile) != 0;
}

/// Whether the system lets this process use its registers: Linux wants to be asked, for they are large.
bool may_use_amx() noexcept {
#ifdef __linux__
  constexpr long request_permission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long tile_data = 18;               // XFEATURE_XTILEDATA
  return ::syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
#else
  return false;
#endif
}

}  // namespace
#endif

int all_kernels(const Kernels* (&found)[4]) noexcept {
  int count = 0;
#ifdef HDRTILE_X86_KERNELS
  __builtin_cpu_init();
  const char* named = std::getenv("HDRTILE_KERNELS");
  const std::string_view most = named != nullptr ? named : "";
  if (most == "none") return 0;
  const bool has_avx512 = most != "avx2" && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                          __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  const bool has_bf16 = has_avx512 && most != "avx512" && __builtin_cpu_supports("avx512bf16");
  if (has_bf16 && most != "avx512_bf16" && has_amx() && may_use_amx()) found[count++] = &amx;
  if (has_bf16) found[count++] = &avx512_bf16;
  if (has_avx512) found[count++] = &avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) found[count++] = &avx2;
#else
  (void)found;
#endif
  return count;
}

const Kernels* find_kernels(Operands operands) noexcept {
  const Kernels* found[4];
  const int count = all_kernels(found);
  for (int i = 0; i < count; ++i) {
    if ((found[i]->per_word == 2) == (operands == Operands::bf16)) return found[i];
  }
  return nullptr;
}

}  // namespace hdrtile::kernels
