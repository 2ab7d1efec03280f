#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include <cstdlib>
#include <string_view>

#include "kernels.h"

#ifdef HDRTILE_X86_KERNELS
#include "tables.h"
#endif

namespace hdrtile::kernels {

namespace {

#ifdef HDRTILE_X86_KERNELS
/// Whether the system lets this process use the registers of AMX: Linux wants to be asked, for they are large.
bool may_use_tiles() noexcept {
#ifdef __linux__
  constexpr long request_permission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long tile_data = 18;               // XFEATURE_XTILEDATA
  return ::syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
#else
  return false;
#endif
}
#endif

}  // namespace

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
  const bool has_tiles =
      has_bf16 && most != "avx512_bf16" && __builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-bf16");
  if (has_tiles && may_use_tiles()) found[count++] = &amx;
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
