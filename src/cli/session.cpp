#include "session.h"

#include <spdlog/spdlog.h>

#include "hdrtile/photo.h"

namespace hdrtile::cli {

Session::Session(const ModelFlags& flags)
    : flags_(flags), choice_(find_model(flags.model, model_folders())), model_(read_model_info(choice_.file)) {
  model_.draft = choice_.draft;
  sha256_ = sha256(read_file(choice_.file));
}

std::string Session::model_id() const {
  return model_.name + (model_.version.empty() ? "" : " " + model_.version) + (model_.draft ? " draft" : "") +
         " sha256:" + sha256_;
}

Engine& Session::engine() {
  if (!engine_) {
    engine_ = make_engine(
        {.model = choice_.file,
         .draft = choice_.draft,
         .device = flags_.device,
         .precision = flags_.precision,
         .packages = {.use = flags_.engine, .folder = package_folder(), .model_sha256 = sha256_, .sha256 = sha256}});
    const EngineInfo& info = engine_->info();
    for (const auto& warning : info.warnings) spdlog::warn("{}", warning);
    for (const auto& note : info.notes) spdlog::info("{}", note);
    spdlog::info("model {}{} on {}, {}{}", model_.name, model_.draft ? " (draft)" : "", info.device_name,
                 to_string(info.precision), info.package.empty() ? "" : ", compiled: " + info.package);
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
