#include "session.h"

#include <spdlog/spdlog.h>

#include "hdrtile/photo.h"

namespace hdrtile::cli {
namespace {

std::string hash_of_model(const std::filesystem::path& file) {
  try {
    return sha256(read_file(file));
  } catch (const Error& error) {
    throw Error(ErrorCode::model, std::string("the model ") + error.what());
  }
}

/// Models are code: those of a models folder are checked before anything of them runs.
std::string checked_hash(const ModelChoice& choice) {
  if (!choice.by_name) return {};
  std::string hash = hash_of_model(choice.file);
  check_sums(choice.file, hash);
  return hash;
}

}  // namespace

Session::Session(const ModelFlags& flags)
    : flags_(flags),
      choice_(find_model(flags.model, model_folders())),
      sha256_(checked_hash(choice_)),
      opened_(open_model(choice_.file, sha256)),
      model_(info_of(*opened_)) {
  model_.draft = choice_.draft;
  if (sha256_.empty()) sha256_ = hash_of_model(choice_.file);  // what is missing or none is told better above
  if (flags_.preset != nullptr) {
    flags_.tiling = with_preset(*flags_.preset, flags_.given, flags_.tiling, model_);
    const auto said = [](const std::optional<int>& value) { return value ? std::to_string(*value) : "auto"; };
    spdlog::info("preset {} ({}: {}): tile {}, overlap {}, batch {}", flags_.preset->name, flags_.preset->device,
                 describe(*flags_.preset), said(flags_.tiling.tile), said(flags_.tiling.overlap),
                 said(flags_.tiling.batch));
  }
}

std::string Session::model_id() const {
  return model_.name + (model_.version.empty() ? "" : " " + model_.version) + (model_.draft ? " draft" : "") +
         " sha256:" + sha256_;
}

Engine& Session::engine() {
  if (!engine_) {
    engine_ = make_engine(
        {.model = choice_.file,
         .opened = opened_,
         .draft = choice_.draft,
         .device = flags_.device,
         .precision = flags_.precision,
         .packages = {.use = flags_.engine, .folder = package_folder(), .model_sha256 = sha256_, .sha256 = sha256}});
    if (hash_of_model(choice_.file) != sha256_) {  // results would be stamped with a model that did not make them
      throw Error(ErrorCode::model,
                  "the model " + choice_.file.string() + " has changed since the run began; run again");
    }
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
