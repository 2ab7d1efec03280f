#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "hdrtile/engine.h"

namespace hdrtile {

/// What a package must have been compiled from and for.
struct PackageKey {
  std::string model_sha256;
  Precision precision = Precision::fp32;
  std::string device;                  ///< "cpu" or "cuda"
  std::string gpu;                     ///< "sm_90"; empty on CPUs
  std::string torch;                   ///< "2.11.0"
  std::vector<std::string> cpu_flags;  ///< of this CPU: all that the package uses must be among them
};

/// A package whose key and hash fit, and that nobody else could have written.
struct CompiledPackage {
  std::filesystem::path file;
  std::string sha256;
  int smallest_side = 0;  ///< of the tiles it takes, in pixels
  int largest_side = 0;
  std::vector<std::vector<std::int64_t>> inputs;  ///< shapes of its inputs; 0: any size
  std::string below_limit;  ///< what a quantised package misses that was installed by force; empty: nothing

  /// File name and start of the hash, for log and report.
  [[nodiscard]] std::string id() const;
};

/// What a folder of packages holds for a model. Where one fits, nothing else is told.
struct PackageSearch {
  std::optional<CompiledPackage> found;
  std::vector<std::string> differing;  ///< packages of this model for something else that this machine can do
  std::vector<std::string> faults;     ///< packages of this model that were made for this and cannot be used
};

/// Looks through the descriptions (*.json) in a folder that scripts/compile_model.py wrote. A package is native code:
/// it counts only when its SHA-256 is the one described and when file, description and folder belong to this user or
/// root and nobody else can write to them. Never throws for what it finds.
[[nodiscard]] PackageSearch find_package(const PackageOptions& options, const PackageKey& wanted);

}  // namespace hdrtile
