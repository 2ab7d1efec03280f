#include "cuda_graph.h"

#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>

namespace hdrtile {
namespace {

class CudaGraph final : public Recording {
 public:
  explicit CudaGraph(const std::function<void()>& work) {
    const c10::cuda::CUDAStream stream = c10::cuda::getStreamFromPool();
    at::cuda::CUDAEvent ready;  // the inputs were made on the current stream
    ready.record();
    ready.block(stream);
    const c10::cuda::CUDAStreamGuard on_stream(stream);
    work();  // libraries choose algorithms and take their workspaces; neither can be done while recording
    stream.synchronize();
    graph_.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);  // other threads go on with their GPUs
    try {
      work();
    } catch (...) {
      end_quietly();
      throw;
    }
    graph_.capture_end();
  }

  void replay() override { graph_.replay(); }

 private:
  void end_quietly() noexcept {
    try {
      graph_.capture_end();
    } catch (const std::exception&) {  // it broke off already: what is thrown says why
    }
  }

  at::cuda::CUDAGraph graph_;
};

}  // namespace

Recorder cuda_graph_recorder() {
  return [](const std::function<void()>& work) { return std::make_unique<CudaGraph>(work); };
}

}  // namespace hdrtile
