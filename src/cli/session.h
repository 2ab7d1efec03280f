#pragma once

#include <memory>
#include <string>

#include "hdrtile/engine.h"
#include "hdrtile/memory_plan.h"
#include "models.h"
#include "options.h"

namespace hdrtile::cli {

/// The model that was asked for, and its engine once something needs it: a run that skips every photo loads none.
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

  /// Made on first use; logs what it is. Throws Error{model} or Error{device}.
  [[nodiscard]] Engine& engine();
  [[nodiscard]] const Engine* engine_if_made() const noexcept { return engine_.get(); }

  [[nodiscard]] MemoryPlan plan(Size photo);

 private:
  ModelFlags flags_;
  ModelChoice choice_;
  std::string sha256_;
  std::shared_ptr<ModelFile> opened_;
  ModelInfo model_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace hdrtile::cli
