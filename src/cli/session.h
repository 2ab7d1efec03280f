#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "hdrtile/engine.h"
#include "hdrtile/memory_plan.h"
#include "hdrtile/pipeline.h"
#include "models.h"
#include "options.h"

namespace hdrtile::cli {

/// The model that was asked for, and its engines (one a device) once something needs them: a run that skips every photo
/// loads none.
class Session {
 public:
  /// Finds and describes the model. Throws Error{model}.
  explicit Session(const ModelFlags& flags);

  [[nodiscard]] const ModelInfo& model() const noexcept { return model_; }
  [[nodiscard]] const std::string& model_sha256() const noexcept { return sha256_; }
  /// Name, version and hash: what a stamp holds.
  [[nodiscard]] std::string model_id() const;

  /// What was asked of the tiles, by flags or by a preset.
  [[nodiscard]] const TileRequest& tiling() const noexcept { return flags_.tiling; }

  /// That of the first device. Made on first use; logs what it is. Throws Error{model} or Error{device}.
  [[nodiscard]] Engine& engine();
  /// All of them, for a batch; with --device auto the CPU beside, for photos that do not fit a GPU.
  [[nodiscard]] EngineSources engines();
  [[nodiscard]] std::size_t device_count() const noexcept { return devices_.size(); }
  /// Those that were needed, in the order of --device, a fallback last.
  [[nodiscard]] std::vector<EngineInfo> engines_made();

  /// Throw as plan_memory does; an Error{limit} names the photo, where it has a name.
  [[nodiscard]] MemoryPlan plan(Size photo, Depth depth);
  [[nodiscard]] MemoryPlan plan(const std::filesystem::path& photo, Size size, Depth depth);

 private:
  [[nodiscard]] Engine& engine(const std::string& device);

  ModelFlags flags_;
  std::vector<std::string> devices_;
  ModelChoice choice_;
  std::string sha256_;
  std::shared_ptr<ModelFile> opened_;
  ModelInfo model_;
  std::mutex making_;  // guards the engines
  std::map<std::string, std::unique_ptr<Engine>> engines_;
};

}  // namespace hdrtile::cli
