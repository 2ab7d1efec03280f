#pragma once

#include "kernels.h"

namespace hdrtile::kernels {

// One file each, compiled for its instruction set.
extern const Kernels avx2;
extern const Kernels avx512;
extern const Kernels avx512_bf16;
extern const Kernels amx;

}  // namespace hdrtile::kernels
