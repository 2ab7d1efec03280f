#pragma once

#include <memory>

#include "compiled_package.h"
#include "devices.h"
#include "hdrtile/engine.h"

namespace hdrtile {

/// Runs everything through TorchScript. Throws as make_engine does.
[[nodiscard]] std::unique_ptr<Engine> make_torchscript_engine(const EngineOptions& options, const ChosenDevice& chosen,
                                                              std::vector<std::string> warnings);

/// Runs the tile pass through a package, in the precision that it was compiled for; prepare(), and tiles that come out
/// with NaN or Inf, through the model file in FP32. Throws Error{model} where the package cannot be loaded, and as
/// make_engine does.
[[nodiscard]] std::unique_ptr<Engine> make_compiled_engine(const EngineOptions& options, const ChosenDevice& chosen,
                                                           const CompiledPackage& package, Precision precision);

}  // namespace hdrtile
