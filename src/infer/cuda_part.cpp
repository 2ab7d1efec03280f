#include "cuda_part.h"

#ifdef HDRTILE_CUDA
#include <dlfcn.h>
#endif

namespace hdrtile {
namespace {

struct Loaded {
  const CudaPart* part = nullptr;
  std::string reason;
};

Loaded load() {
#ifdef HDRTILE_CUDA
  // Never unloaded: drivers and LibTorch register what must not go.
  if (::dlopen("libcuda.so.1", RTLD_LAZY) == nullptr)
    return {nullptr, "no GPU or no driver: there is no libcuda.so.1"};
  if (void* library = ::dlopen(HDRTILE_CUDA_LIBRARY, RTLD_NOW)) {
    if (auto* part = reinterpret_cast<decltype(&hdrtile_cuda_part)>(::dlsym(library, "hdrtile_cuda_part")))
      return {part(), ""};
  }
  const char* fault = ::dlerror();
  return {nullptr, std::string("hdrtile's CUDA library cannot be loaded: ") +
                    (fault != nullptr ? fault : "no reason given")};
#else
  return {nullptr, "this LibTorch was built without CUDA"};
#endif
}

const Loaded& loaded() {
  static const Loaded once = load();
  return once;
}

}  // namespace

const CudaPart* cuda_part(std::string& reason) {
  reason = loaded().reason;
  return loaded().part;
}

const CudaPart* cuda_part() { return loaded().part; }

}  // namespace hdrtile
