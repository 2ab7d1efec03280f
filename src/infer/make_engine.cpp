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

[[noreturn]] void throw_none_fits(const EngineOptions& options, const PackageSearch& search, Precision precision) {
  std::string reasons;
  for (const auto* texts : {&search.faults, &search.differing}) {
    for (const auto& text : *texts) reasons += (reasons.empty() ? "" : "; ") + text;
  }
  if (options.draft) reasons = "packages hold no draft()";
  if (reasons.empty()) reasons = "none in '" + options.packages.folder.string() + "'";
  throw Error(ErrorCode::model, "no compiled package of model '" + options.model.string() + "' for " +
                                    to_string(precision) + " can be used (" + reasons +
                                    "): make one by scripts/compile_model.py, or leave --engine compiled out");
}

}  // namespace

std::unique_ptr<Engine> make_engine(const EngineOptions& options) {
  ChosenDevice chosen = choose_device(options.device);
  if (options.packages.use == PackageUse::never) return make_torchscript_engine(options, chosen, {});
  if (options.fused == FusedUse::automatic && options.packages.use == PackageUse::automatic) {
    auto engine = make_torchscript_engine(options, chosen, {});
    if (engine->info().backend == "fused") return engine;
  }
  const Precision precision = choose_precision(options.precision, chosen);
  PackageSearch search;
  if (!options.draft) search = find_package(options.packages, key_of(options.packages, chosen, precision));
  if (search.found) {
    try {
      return make_compiled_engine(options, chosen, *search.found, precision);
    } catch (const Error& error) {
      search.faults.emplace_back(error.what());
    }
  }
  if (options.packages.use == PackageUse::always) throw_none_fits(options, search, precision);
  for (const auto& text : search.differing) chosen.notes.push_back(text + ": running through TorchScript");
  for (auto& text : search.faults) text += ": running through TorchScript; scripts/compile_model.py makes it anew";
  return make_torchscript_engine(options, chosen, search.faults);
}

}  // namespace hdrtile
