#include "session.h"

#include <spdlog/spdlog.h>

#include "hdrtile/photo.h"

namespace hdrtile::cli {
namespace {

/// Models are code: those of a models folder are checked before anything of them runs.
std::string checked_hash(const ModelChoice& choice) {
  if (!choice.by_name) return {};
  const std::string hash = sha256(read_file(choice.file));
  check_sums(choice.file, hash);
  return hash;
}

}  // namespace

Session::Session(const ModelFlags& flags)
    : flags_(flags),
      choice_(find_model(flags.model, model_folders())),
      sha256_(checked_hash(choice_)),
      model_(read_model_info(choice_.file)) {
  model_.draft = choice_.draft;
  if (sha256_.empty()) sha256_ = sha256(read_file(choice_.file));  // what is missing or none is told better above
}

std::string Session::model_id() const {
  return model_.name + (model_.version.empty() ? "" : " " + model_.version) + (model_.draft ? " draft" : "") +
         " sha256:" + sha256_;
}

Engine& Session::engine() {
  if (!engine_) {
    engine_ = make_engine(
        {.model = choice_.file, .draft = choice_.draft, .device = flags_.device, .precision = flags_.precision});
    const EngineInfo& info = engine_->info();
    for (const auto& note : info.notes) spdlog::info("{}", note);
    spdlog::info("model {}{} on {}, {}", model_.name, model_.draft ? " (draft)" : "", info.device_name,
                 to_string(info.precision));
    spdlog::debug("model file {}, device {}, backend {}", choice_.file.string(), info.device, info.backend);
  }
  return *engine_;
}

MemoryPlan Session::plan(Size photo) {
  const Engine& made = engine();
  return plan_memory(photo, made.model(), made.info(), flags_.tiling,
                     memory_limits(made.info(), flags_.tiling.max_memory));
}

}  // namespace hdrtile::cli
