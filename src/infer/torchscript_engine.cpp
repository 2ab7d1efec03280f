#include <ATen/Context.h>
#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <c10/core/DeviceGuard.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <optional>
#include <stdexcept>

#include "block_pool.h"
#include "call_scope.h"
#include "cpu.h"
#include "cuda_options.h"
#include "cuda_part.h"
#include "device_pass.h"
#include "engines.h"
#include "fused_pass.h"
#include "graphed_forward.h"
#include "half_block.h"
#include "hdrtile/cores.h"
#include "hdrtile/error.h"
#include "model_file.h"
#include "tensors.h"
#include "weights.h"

namespace hdrtile {
namespace {

/// What tile `index` of `count` is written to.
std::span<float> part_of(std::span<float> out, int index, int count) {
  return out.subspan(out.size() / count * index, out.size() / count);
}

class TorchScriptEngine final : public Engine, private TileModel {
  template <typename Call>
  auto on_device(const Call& call) {  // here, for its result is deduced
    return torch_call(file_.subject(), [&] {
      const c10::DeviceGuard guard(placement_.device);  // threads of several GPUs share this process
      return call();
    });
  }

 public:
  TorchScriptEngine(const EngineOptions& options, const ChosenDevice& chosen, std::vector<std::string> warnings)
      : opened_(options.opened ? options.opened : open_model(options.model)),
        file_(*opened_),
        model_(file_.info()),
        chosen_(chosen),
        cuda_(chosen.device.is_cuda() ? cuda_options() : CudaOptions{}),
        // A CPU runs Restormer up to twice as fast with channels last.
        placement_{chosen_.device, cuda_.planar ? at::MemoryFormat::Contiguous : at::MemoryFormat::ChannelsLast},
        transfers_(chosen_.device, cuda_.blocking ? CopyMode::blocking : CopyMode::beside_work) {
    const CudaPart* cuda = cuda_.graphs ? cuda_part() : nullptr;
    if (cuda != nullptr) graphs_.emplace(cuda->graph_recorder());
    takes_photos_ = options.tile_work == TileWork::device ||
                    (options.tile_work == TileWork::automatic && chosen_.device.is_cuda() && !cuda_.host);
    info_.device = chosen_.info.id;
    info_.device_name = chosen_.info.name;
    info_.memory_bytes = chosen_.info.memory_bytes;
    info_.backend = "torchscript";
    info_.notes = chosen_.notes;
    info_.warnings = std::move(warnings);
    info_.precision = choose_precision(options.precision, chosen_);
    if (!model_.described) {
      info_.notes.push_back(file_.subject() + " has no hdrtile.json: run as a plain model (scale " +
                            std::to_string(model_.scale) + ", multiple " + std::to_string(model_.multiple) + ", halo " +
                            std::to_string(model_.halo) + ")");
    }
    set_up_libtorch(options.threads, options.keep_freed_layers);
    on_device([&] {
      full_ = load();
      if (options.draft) take_draft();
      // A contextual trunk that runs through the kernels needs no module cast.
      const bool cast = !model_.contextual || model_.draft;
      if (cast) choose_working_module(options);
      const bool fused = options.fused != FusedUse::never && choose_fused(options);
      if (!cast && !fused) choose_working_module(options);
    });
  }

  const ModelInfo& model() const noexcept override { return model_; }
  const EngineInfo& info() const noexcept override { return info_; }

  std::unique_ptr<PhotoContext> prepare(std::span<const float> preview, Size size) override {
    if (!model_.contextual || preview.size() != 3 * static_cast<std::size_t>(size.width) * size.height) {
      throw std::invalid_argument("prepare: a plain model, or a preview of another size than stated");
    }
    const std::lock_guard lock(launching_);
    return on_device([&]() -> std::unique_ptr<PhotoContext> {
      // In FP32 whatever the tiles run in: it is small, once a photo, and everything else depends on it.
      auto fused = fused_ ? fused_->prepare(preview, size) : std::nullopt;
      auto context = std::make_unique<TensorContext>(fused ? *std::move(fused) : prepared(preview, size));
      if (!all_finite(context->guide) || !all_finite(context->mix)) {
        throw Error(ErrorCode::model, file_.subject() + ": prepare() returned NaN or Inf for this photo");
      }
      return context;
    });
  }

  RunStats run(const TileBatch& tiles, const PhotoContext* context, std::span<float> out) override {
    const TensorContext* tensors = checked_context(model_, tiles, context, out);
    const std::lock_guard lock(launching_);
    return on_device([&] {
      if (fused_) {
        for (int i = 0; i < tiles.count; ++i) fused_->run(one_of(tiles, i), tensors, part_of(out, i, tiles.count));
      } else {
        compute(working_, working_type_, tiles, tensors, out);
      }
      RunStats stats;
      for (int i = 0; i < tiles.count; ++i) {
        const auto result = part_of(out, i, tiles.count);
        if (all_finite(result)) continue;
        if (working_type_ != at::kFloat) {
          compute(full(), at::kFloat, one_of(tiles, i), tensors, result);
          ++stats.redone_fp32;
        }
        if (!all_finite(result)) throw_not_finite(file_.subject());
      }
      return stats;
    });
  }

  std::unique_ptr<PhotoPass> begin_photo(const PhotoTask& task) override {
    if (!takes_photos_) return nullptr;
    return make_device_pass(task, model_.scale, *this, placement_.device, transfers_);
  }

  /// While one photo is computed, another is copied.
  int lanes() const noexcept override { return takes_photos_ ? 2 : 1; }

 private:
  std::string subject() const override { return file_.subject(); }
  std::mutex& launching() noexcept override { return launching_; }

  /// By the model's own prepare().
  TensorContext prepared(std::span<const float> preview, Size size) {
    const std::array<std::int64_t, 4> shape = {1, 3, size.height, size.width};
    const auto output = invoke(full(), "prepare", [&]() -> std::vector<c10::IValue> {
      return {upload(preview, shape, at::kFloat, placement_)};
    });
    if (!output.isTuple() || output.toTupleRef().elements().size() != 2 ||
        !output.toTupleRef().elements()[0].isTensor() || !output.toTupleRef().elements()[1].isTensor()) {
      throw Error(ErrorCode::model, file_.subject() + ": prepare() returned a " + output.tagKind() +
                                        ", expected two tensors (guide, mix); export it after the model contract");
    }
    return {output.toTupleRef().elements()[0].toTensor().to(at::kFloat),
            output.toTupleRef().elements()[1].toTensor().to(at::kFloat)};
  }

  at::Tensor compute(const at::Tensor& tiles, const at::Tensor& rects, const TensorContext* context) override {
    if (!graphs_) return forward(working_, working_type_, tiles, rects, context);
    std::vector<at::Tensor> inputs{tiles, rects};
    if (context != nullptr) inputs.insert(inputs.end(), {context->guide, context->mix});
    const at::Tensor result = graphs_->run(inputs, [this](const std::vector<at::Tensor>& given) {
      std::optional<TensorContext> held;
      if (given.size() == 4) held.emplace(given[2], given[3]);
      return forward(working_, working_type_, given[0], given[1], held ? &*held : nullptr);
    });
    if (!graphs_->fault().empty()) {
      info_.notes.push_back("CUDA graphs are not used: " + graphs_->fault());
      graphs_.reset();
    }
    return result;
  }
  at::Tensor compute_fp32(const at::Tensor& tiles, const at::Tensor& rects, const TensorContext* context) override {
    if (working_type_ == at::kFloat) return {};
    return forward(full(), at::kFloat, tiles, rects, context);
  }

  /// Threads, and FP32 that is FP32: TF32 has 10 bits of mantissa, and cuDNN may pick another algorithm in every run.
  void set_up_libtorch(int threads, bool keep_freed_layers) {
    if (threads <= 0) threads = usable_cores();
    // LibTorch takes it for granted that they start: else it waits for ever (pthreadpool), or ends the process
    // (OpenMP).
    constexpr int pools = 3;  // those two, and that of the kernels
    if (const int allowed = 1 + allowed_threads(pools * (threads - 1)) / pools; allowed < threads) {
      info_.warnings.push_back("the system allows threads for " + std::to_string(allowed) + " of " +
                               std::to_string(threads) +
                               " cores; raise the limit on processes (ulimit -u, or the cgroup's)");
      threads = allowed;
    }
    at::set_num_threads(threads);
    if (chosen_.device.is_cpu() && keep_freed_layers) pool_large_blocks();
    info_.threads = threads;
    info_.cpu_capability = at::get_cpu_capability();
    info_.library = backend_version();
    if (chosen_.device.is_cpu()) {
      info_.device_name += " (" + std::to_string(threads) + (threads == 1 ? " thread)" : " threads)");
    }
    at::globalContext().setAllowTF32CuDNN(false);
    at::globalContext().setAllowTF32CuBLAS(false);
    at::globalContext().setBenchmarkCuDNN(false);
    at::globalContext().setDeterministicCuDNN(true);
  }

  void take_draft() {
    if (!full_->find_method("draft")) {
      throw Error(ErrorCode::model, file_.subject() + " has no draft(); use it without draft, or another model");
    }
    model_.draft = true;
    model_.halo = 0;
    model_.receptive_field = 0;
  }

  torch::jit::Module load() {
    auto module = file_.load(chosen_.device);
    set_layout(module, placement_.layout);
    return module;
  }

  /// Whether the tile pass is one that hdrtile has kernels for.
  bool choose_fused(const EngineOptions& options) {
    try {
      if (!chosen_.device.is_cpu()) throw NotFused{"they run on CPUs"};
      if (!FusedPass::may_know(full_ ? *full_ : working_)) throw NotFused{"it is no Restormer of models/restormer.py"};
      const bool was_loaded = full_.has_value();
      fused_ = FusedPass::of(full(), working_, model_, info_.precision, info_.threads);
      if (!was_loaded) full_.reset();
    } catch (const NotFused& obstacle) {
      if (options.fused == FusedUse::automatic) return false;
      throw Error(ErrorCode::model, file_.subject() + " cannot run through the fused kernels, as " + obstacle.reason +
                                        "; leave --engine fused out");
    }
    working_type_ = scalar_type(info_.precision);
    info_.backend = "fused";
    info_.notes.push_back(std::string("the tile pass runs through fused kernels (") + fused_->instructions() + ")");
    return true;
  }

  /// Sets working_ to the model in its working precision. A draft has no trunk to cast, a frozen model no weights.
  void choose_working_module(const EngineOptions& options) {
    working_ = *full_;
    working_type_ = at::kFloat;
    if (info_.precision == Precision::fp32) return;
    std::string obstacle = "its draft() runs in FP32";
    if (!model_.draft) {
      // What a plain model is cast in is its only copy; another is loaded should a tile need FP32.
      auto module = model_.contextual ? full_->deepcopy() : *full_;
      const auto part = model_.contextual ? trunk_of(module) : module;
      if (part && cast_weights(*part, scalar_type(info_.precision))) {
        if (cuda_.kernels) {
          info_.notes.push_back("fused kernels: in " + std::to_string(use_half_blocks(module)) +
                                " blocks of the model");
        }
        working_ = module;
        working_type_ = scalar_type(info_.precision);
        if (!model_.contextual) full_.reset();
        return;
      }
      obstacle = model_.contextual ? "it has no submodule \"trunk\" with weights to cast"
                                   : "it has no weights that can be cast (a frozen module holds them as constants)";
    }
    if (options.precision != "auto") {
      throw Error(ErrorCode::usage, file_.subject() + " cannot run in " + options.precision + ": " + obstacle +
                                        "; use --precision fp32 or auto");
    }
    info_.precision = Precision::fp32;
    if (!model_.draft) info_.notes.push_back(file_.subject() + " runs in FP32: " + obstacle);
  }

  /// The model in FP32.
  torch::jit::Module& full() {
    if (!full_) full_ = load();
    return *full_;
  }

  /// Runs a method. A model that takes views of planar activations gets planar memory from then on.
  template <typename MakeInputs>
  c10::IValue invoke(torch::jit::Module& module, const char* method, const MakeInputs& make_inputs) {
    try {
      return module.get_method(method)(make_inputs());
    } catch (const std::exception& caught) {
      const bool layout_is_the_fault = placement_.layout == at::MemoryFormat::ChannelsLast &&
                                       std::strstr(caught.what(), "view size is not compatible") != nullptr;
      if (!layout_is_the_fault) throw;
    }
    placement_.layout = at::MemoryFormat::Contiguous;
    set_layout(working_, placement_.layout);
    if (full_) set_layout(*full_, placement_.layout);
    return module.get_method(method)(make_inputs());
  }

  /// On a CPU a tile at a time: the kernels that PyTorch takes for narrow layers round otherwise for one tile than for
  /// several, and a batch must not change a pixel.
  void compute(torch::jit::Module& module, at::ScalarType type, const TileBatch& tiles, const TensorContext* context,
               std::span<float> out) {
    if (!placement_.device.is_cpu()) return compute_at_once(module, type, tiles, context, out);
    for (int i = 0; i < tiles.count; ++i) {
      compute_at_once(module, type, one_of(tiles, i), context, part_of(out, i, tiles.count));
    }
  }

  void compute_at_once(torch::jit::Module& module, at::ScalarType type, const TileBatch& tiles,
                       const TensorContext* context, std::span<float> out) {
    // Nothing is computed again from pixels that a model may have worked on in place.
    const bool handed_over = layout_holds_ && working_type_ == at::kFloat;
    const auto result = result_of(module, [&] {
      return inputs_of(tiles, context, context != nullptr ? at::kFloat : type, placement_, handed_over);
    });
    layout_holds_ = true;
    store(result, tiles, model_.scale, file_.subject(), out);
  }

  /// Of tiles that are on the device; see compute() for why a CPU takes them one by one.
  at::Tensor forward(torch::jit::Module& module, at::ScalarType type, const at::Tensor& tiles, const at::Tensor& rects,
                     const TensorContext* context) {
    const std::int64_t count = tiles.size(0);
    const std::int64_t at_once = placement_.device.is_cpu() ? 1 : count;
    std::vector<at::Tensor> results;
    for (std::int64_t first = 0; first < count; first += at_once) {
      results.push_back(result_of(module, [&] {
        const at::Tensor part = tiles.narrow(0, first, at_once).contiguous(placement_.layout);
        if (context == nullptr) return std::vector{part.to(type)};
        return std::vector{part, rects.narrow(0, first, at_once), context->guide, context->mix};
      }));
    }
    at::Tensor result = results.size() == 1 ? results.front() : at::cat(results);
    require_shape(result, count, tiles.size(2), tiles.size(3), model_.scale, file_.subject());
    return result;
  }

  /// `make_inputs` gives what inputs_of gives.
  template <typename MakeInputs>
  at::Tensor result_of(torch::jit::Module& module, const MakeInputs& make_inputs) {
    const auto output = invoke(module, model_.draft ? "draft" : "forward", [&] {
      const std::vector<at::Tensor> tensors = make_inputs();
      std::vector<c10::IValue> inputs(tensors.begin(), tensors.end());
      if (model_.draft) inputs.pop_back();
      return inputs;
    });
    if (!output.isTensor()) {
      throw Error(ErrorCode::model, file_.subject() + " returned a " + output.tagKind() +
                                        ", expected one tensor; export it after the model contract");
    }
    return output.toTensor();
  }

  std::shared_ptr<ModelFile> opened_;
  ModelFile& file_;
  ModelInfo model_;
  EngineInfo info_;
  ChosenDevice chosen_;
  CudaOptions cuda_;
  Placement placement_;
  bool layout_holds_ = false;  // a tile has gone through with it: invoke() tries no other
  Transfers transfers_;
  std::optional<GraphedForward> graphs_;    // of compute()
  bool takes_photos_ = false;               // whole, on the device
  std::mutex launching_;                    // held while something is computed, or handed to the device to be computed
  std::optional<torch::jit::Module> full_;  // FP32; the same module as working_ where that is FP32
  torch::jit::Module working_;              // what runs the tile pass where fused_ does not
  std::unique_ptr<FusedPass> fused_;
  at::ScalarType working_type_ = at::kFloat;
};

}  // namespace

std::unique_ptr<Engine> make_torchscript_engine(const EngineOptions& options, const ChosenDevice& chosen,
                                                std::vector<std::string> warnings) {
  return std::make_unique<TorchScriptEngine>(options, chosen, std::move(warnings));
}

}  // namespace hdrtile
