#include "call_scope.h"

#include <ATen/Parallel.h>

#include <mutex>
#include <new>
#include <sstream>

#include "cuda_part.h"
#include "hdrtile/error.h"

namespace hdrtile {
namespace {

/// Of this thread: others may run on other GPUs. The allocator tells whoever asked it for memory.
thread_local bool cuda_refused_memory = false;

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

[[noreturn]] void throw_out_of_memory(const std::string& subject, const char* device) {
  throw Error(ErrorCode::out_of_memory, subject + ": out of memory on the " + device +
                                            "; use smaller tiles (--tile), a smaller batch (--batch) or --max-memory");
}

}  // namespace

CallScope::CallScope() {
  cuda_refused_memory = false;
  at::init_num_threads();  // OpenMP counts threads per calling thread
}

void watch_cuda_memory() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (const CudaPart* cuda = cuda_part()) cuda->watch_memory([] { cuda_refused_memory = true; });
  });
}

std::string essence_of(const std::string& message) {
  std::istringstream lines(message);
  std::string first;
  std::string error;
  for (std::string line; std::getline(lines, line);) {
    if (first.empty()) first = line;
    if (contains(line, "Error: ")) error = line;
  }
  return error.empty() ? first : error;
}

void throw_translated(const std::string& subject) {
  try {
    throw;
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw_out_of_memory(subject, "CPU");
  } catch (const std::exception& caught) {
    if (cuda_refused_memory) {
      cuda_part()->drop_cached_memory();  // what is cached in odd sizes would stand in the next try's way
      throw_out_of_memory(subject, "GPU");
    }
    const std::string text = caught.what();
    if (contains(text, "DefaultCPUAllocator")) throw_out_of_memory(subject, "CPU");
    const std::string reason = subject + ": " + essence_of(text);
    if (contains(text, "not implemented for 'Half'") || contains(text, "not implemented for 'BFloat16'")) {
      throw Error(ErrorCode::usage, reason + "; this device cannot run the model so: use --precision fp32");
    }
    if (contains(text, "CUDA error") || contains(text, "cuDNN error") || contains(text, "CUBLAS_STATUS")) {
      throw Error(ErrorCode::device, reason + "; the GPU failed: check its driver, or use --device cpu");
    }
    throw Error(ErrorCode::model, reason);
  }
}

}  // namespace hdrtile
