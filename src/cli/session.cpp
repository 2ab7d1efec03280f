#include "session.h"

#include <spdlog/spdlog.h>

#include "hdrtile/photo.h"
#include "sums.h"

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

PackageUse package_use(EngineChoice choice) {
  if (choice == EngineChoice::automatic) return PackageUse::automatic;
  return choice == EngineChoice::compiled ? PackageUse::always : PackageUse::never;
}

FusedUse fused_use(EngineChoice choice) {
  if (choice == EngineChoice::automatic) return FusedUse::automatic;
  return choice == EngineChoice::fused ? FusedUse::always : FusedUse::never;
}

}  // namespace

Session::Session(const ModelFlags& flags)
    : flags_(flags),
      devices_(split_devices(flags.device)),
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

Engine& Session::engine() { return engine(devices_.front()); }

EngineSources Session::engines() {
  EngineSources sources;
  for (const std::string& device : devices_) {
    sources.devices.emplace_back([this, device]() -> Engine& { return engine(device); });
  }
  if (flags_.device == "auto") {
    sources.fallback = [this]() -> Engine& { return engine().info().device == "cpu" ? engine() : engine("cpu"); };
  }
  return sources;
}

std::vector<EngineInfo> Session::engines_made() {
  const std::lock_guard lock(making_);
  std::vector<EngineInfo> made;
  const auto add = [&](const std::string& device) {
    const auto found = engines_.find(device);
    if (found != engines_.end() && found->second) made.push_back(found->second->info());
  };
  for (const std::string& device : devices_) add(device);
  if (flags_.device == "auto") add("cpu");
  return made;
}

Engine& Session::engine(const std::string& device) {
  const std::lock_guard lock(making_);
  std::unique_ptr<Engine>& engine = engines_[device];
  if (!engine) {
    engine = make_engine({.model = choice_.file,
                          .opened = opened_,
                          .draft = choice_.draft,
                          .device = device,
                          .precision = flags_.precision,
                          .keep_freed_layers = flags_.tiling.max_memory == 0,
                          .packages = {.use = package_use(flags_.engine),
                                       .folder = package_folder(),
                                       .model_sha256 = sha256_,
                                       .sha256 = sha256},
                          .fused = fused_use(flags_.engine)});
    if (hash_of_model(choice_.file) != sha256_) {  // results would be stamped with a model that did not make them
      throw Error(ErrorCode::model,
                  "the model " + choice_.file.string() + " has changed since the run began; run again");
    }
    const EngineInfo& info = engine->info();
    for (const auto& warning : info.warnings) spdlog::warn("{}", warning);
    for (const auto& note : info.notes) spdlog::info("{}", note);
    spdlog::info("model {}{} on {}{}, {}{}", model_.name, model_.draft ? " (draft)" : "", info.device_name,
                 devices_.size() > 1 ? " (" + info.device + ")" : "", to_string(info.precision),
                 info.package.empty() ? "" : ", compiled: " + info.package);
    spdlog::debug("model file {}, device {}, backend {}", choice_.file.string(), info.device, info.backend);
  }
  return *engine;
}

MemoryPlan Session::plan(Size photo, Depth depth) {
  const Engine& made = engine();
  return plan_memory(photo, made.model(), made.info(), flags_.tiling,
                     memory_limits(made.info(), flags_.tiling.max_memory), depth);
}

MemoryPlan Session::plan(const std::filesystem::path& photo, Size size, Depth depth) {
  try {
    return plan(size, depth);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::limit) throw;
    throw Error(error.code(), photo.string() + ": " + error.what());
  }
}

}  // namespace hdrtile::cli
