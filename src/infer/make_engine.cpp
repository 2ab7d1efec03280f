#include <torch/version.h>

#include "cpu.h"
#include "engines.h"
#include "hdrtile/error.h"

namespace hdrtile {
namespace {

PackageKey key_of(const PackageOptions& options, const ChosenDevice& chosen, Precision precision) {
  return {.model_sha256 = options.model_sha256,
          .precision = precision,
          .device = chosen.device.is_cuda() ? "cuda" : "cpu",
          .gpu = gpu_architecture(chosen.device),
          .torch = TORCH_VERSION,
          .cpu_flags = cpu_flags()};
}

/// A quantised tile pass is a compiled package, of a tile pass, for a CPU. Throws Error{usage} where nothing can.
void require_runnable(const EngineOptions& options, const ChosenDevice& chosen, Precision precision) {
  if (!is_quantised(precision)) return;
  const std::string asked = std::string("--precision ") + to_string(precision);
  const auto refuse = [&](const std::string& why) { throw Error(ErrorCode::usage, asked + " " + why); };
  if (options.draft) refuse("is of the tile pass, and a draft has none; use --precision fp32 or auto");
  if (chosen.device.is_cuda()) refuse("runs on CPUs alone; use --device cpu, or --precision fp16");
  if (options.packages.use == PackageUse::never) {
    refuse("runs compiled packages alone; leave --engine torchscript out, or use --precision auto");
  }
}

/// What was asked for works, and is not what `auto` would take.
void note_slow_half(ChosenDevice& chosen, Precision precision) {
  const bool slow = chosen.device.is_cpu() && ((precision == Precision::fp16 && !cpu_has_native_fp16()) ||
                                               (precision == Precision::bf16 && !cpu_has_native_bf16()));
  if (!slow) return;
  chosen.notes.push_back(std::string("this CPU has no ") + to_string(precision) +
                         " arithmetic of its own, which makes it slow; --precision auto takes what is fast here");
}

[[noreturn]] void throw_none_fits(const EngineOptions& options, const PackageSearch& search, Precision precision) {
  std::string reasons;
  for (const auto* texts : {&search.faults, &search.differing}) {
    for (const auto& text : *texts) reasons += (reasons.empty() ? "" : "; ") + text;
  }
  if (options.draft) reasons = "packages hold no draft()";
  if (reasons.empty()) reasons = "none in '" + options.packages.folder.string() + "'";
  const std::string advice = is_quantised(precision)
                                 ? "scripts/quantize.py" +
                                       std::string(precision == Precision::mixed ? " --form mixed" : "") +
                                       " (of models that scripts/export_model.py wrote), or use --precision auto"
                                 : "scripts/compile_model.py, or leave --engine compiled out";
  throw Error(ErrorCode::model, "no compiled package of model '" + options.model.string() + "' for " +
                                    to_string(precision) + " can be used (" + reasons + "): make one by " + advice);
}

}  // namespace

void set_up_environment() {
  // oneDNN keeps what it has compiled for the last 1024 shapes of layers: over photos of many sizes memory would grow
  // by hundreds of megabytes. A model and a size of photo need some dozens.
  ::setenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "128", /*overwrite=*/0);
  // Activations in huge pages: a twentieth of the time goes into mapping them otherwise.
  ::setenv("THP_MEM_ALLOC_ENABLE", "1", /*overwrite=*/0);
}

std::unique_ptr<Engine> make_engine(const EngineOptions& options) {
  ChosenDevice chosen = choose_device(options.device);
  const Precision precision = choose_precision(options.precision, chosen);
  require_runnable(options, chosen, precision);
  note_slow_half(chosen, precision);
  if (options.packages.use == PackageUse::never) return make_torchscript_engine(options, chosen, {});
  if (options.fused == FusedUse::automatic && options.packages.use == PackageUse::automatic &&
      !is_quantised(precision)) {
    auto engine = make_torchscript_engine(options, chosen, {});
    if (engine->info().backend == "fused") return engine;
  }
  PackageSearch search;
  if (!options.draft) search = find_package(options.packages, key_of(options.packages, chosen, precision));
  if (search.found) {
    try {
      return make_compiled_engine(options, chosen, *search.found, precision);
    } catch (const Error& error) {
      search.faults.emplace_back(error.what());
    }
  }
  if (options.packages.use == PackageUse::always || is_quantised(precision))
    throw_none_fits(options, search, precision);
  for (const auto& text : search.differing) chosen.notes.push_back(text + ": running through TorchScript");
  for (auto& text : search.faults) text += ": running through TorchScript; scripts/compile_model.py makes it anew";
  return make_torchscript_engine(options, chosen, search.faults);
}

}  // namespace hdrtile
