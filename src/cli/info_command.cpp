#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include <cstdio>

#include "commands.h"
#include "json.h"
#include "models.h"
#include "printable.h"
#include "quantity.h"
#include "session.h"
#include "sums.h"

namespace hdrtile::cli {
namespace {

Json device_json(const DeviceInfo& device) {
  return {{"id", device.id},
          {"name", device.name},
          {"memory_bytes", device.memory_bytes},
          {"native_bf16", device.native_bf16}};
}

std::string describe(const ModelInfo& model) {
  std::string text = model.contextual ? "contextual" : "plain";
  if (model.parameters > 0) text += fmt::format(", {:.2f} M parameters", static_cast<double>(model.parameters) / 1e6);
  text += fmt::format(", scale {}, halo {} px, multiple {}", model.scale, model.halo, model.multiple);
  if (model.context_px > 0) text += fmt::format(", preview {} px", model.context_px);
  if (!model.described) text += ", no hdrtile.json";
  return text;
}

/// What a model in a models folder says of itself, once its hash is right.
ModelInfo read_known_model(const std::filesystem::path& file) {
  check_sums(file, sha256(read_file(file)));
  return read_model_info(file, sha256);
}

/// Models by name; one that cannot be read is told, not fatal.
Json models_json(const std::vector<std::filesystem::path>& files) {
  Json models = Json::array();
  for (const auto& file : files) {
    try {
      models.push_back(to_json(read_known_model(file)));
    } catch (const Error& error) {
      spdlog::warn("{}", error.what());
    }
  }
  return models;
}

void print_system() {
  fmt::print("hdrtile {}, {}\n\nDevices\n", HDRTILE_VERSION, backend_version());
  for (const auto& device : list_devices()) {
    fmt::print("  {:<8} {}, {}{}\n", device.id, device.name, format_bytes(device.memory_bytes),
               device.native_bf16 ? ", native bf16" : "");
  }
  const auto folders = model_folders();
  fmt::print("\nModels\n");
  for (const auto& file : list_models(folders)) {
    try {
      const ModelInfo model = read_known_model(file);
      fmt::print("  {:<8} {}\n           {}\n", file.stem().string(), describe(model), file.string());
    } catch (const Error& error) {
      spdlog::warn("{}", error.what());
    }
  }
  for (const auto& folder : folders) fmt::print("  looked for in {}\n", folder.string());
  fmt::print("\nPresets\n");
  for (const Preset& preset : presets()) {
    fmt::print("  {:<10} {}: {}\n", preset.name, preset.device, cli::describe(preset));
  }
  fmt::print("\nFormats\n");
  for (const auto& format : formats()) {
    fmt::print("  {:<10} {}{}\n", format.name, format.reads ? format.holds : "not in this build, which lacks ",
               format.reads ? "" : format.library);
  }
}

void print_model(Session& session) {
  const ModelInfo& model = session.model();
  const EngineInfo& info = session.engine().info();
  fmt::print("model {}: {}\n  {}\n  on {} ({}), {}, {}{}\n", printable(model.name), describe(model),
             printable(model.path.string()), info.device, info.device_name, to_string(info.precision), info.backend,
             info.package.empty() ? "" : " " + info.package);
}

struct PhotoFacts {
  PhotoHeader header;
  MemoryPlan plan;
};

PhotoFacts examine(const std::string& path, Session& session) {
  PhotoHeader header = read_header(read_file(path), path);
  MemoryPlan plan = session.plan(path, header.size, header.decoded_depth);
  return {.header = std::move(header), .plan = std::move(plan)};
}

Json photo_json(const std::string& path, const PhotoFacts& facts) {
  const PhotoHeader& header = facts.header;
  Json json = {{"path", path},
               {"format", facts_of(header.format).id},
               {"size", to_json(header.size)},
               {"bits", 8 * bytes_per_sample(header.depth)},
               {"grey", header.grey},
               {"alpha", header.alpha},
               {"profile", header.profile},
               {"orientation", header.orientation},
               {"stamp", nullptr},
               {"plan", to_json(facts.plan)}};
  if (header.stamp) {
    json["stamp"] = {{"version", header.stamp->version},
                     {"model", header.stamp->model},
                     {"settings", header.stamp->settings},
                     {"input_sha256", header.stamp->input_hash},
                     {"engine", header.stamp->engine}};
  }
  return json;
}

void print_photo(const std::string& path, const PhotoFacts& facts) {
  const PhotoHeader& header = facts.header;
  fmt::print("\n{}\n  {}, {}, {} bit{}{}, profile: {}, EXIF orientation {}\n", printable(path),
             facts_of(header.format).id, cli::describe(header.size), 8 * bytes_per_sample(header.depth),
             header.grey ? ", grey" : "", header.alpha ? ", alpha" : "",
             header.profile.empty() ? "none (sRGB)" : printable(header.profile), header.orientation);
  if (header.stamp) {
    fmt::print("  made by hdrtile {} with {}\n", printable(header.stamp->version), printable(header.stamp->model));
  }
  fmt::print("  {}, {:.2f} pixels computed per pixel, {} by estimate\n  {}\n", cli::describe(facts.plan),
             facts.plan.tiles.overhead(), format_bytes(facts.plan.expected_bytes), facts.plan.why);
}

}  // namespace

ExitCode run_info(const InfoFlags& flags) {
  if (flags.photos.empty()) {
    if (!flags.json) {
      print_system();
      return ExitCode::ok;
    }
    Json json = {{"version", HDRTILE_VERSION}, {"backend", backend_version()}, {"devices", Json::array()}};
    for (const auto& device : list_devices()) json["devices"].push_back(device_json(device));
    json["models"] = models_json(list_models(model_folders()));
    for (const Preset& preset : presets()) {
      json["presets"].push_back({{"name", preset.name},
                                 {"device", preset.device},
                                 {"tile", preset.tile},
                                 {"overlap", preset.overlap},
                                 {"batch", preset.batch}});
    }
    for (const auto& format : formats()) {
      json["formats"].push_back(
          {{"id", format.id}, {"extensions", format.extensions}, {"reads", format.reads}, {"writes", format.writes}});
    }
    fmt::print("{}\n", dump(json, 2));
    return ExitCode::ok;
  }

  Session session(flags.model);
  Json json = {{"model", to_json(session.model())}, {"photos", Json::array()}};
  if (!flags.json) print_model(session);
  auto code = ExitCode::ok;
  for (const auto& path : flags.photos) {
    try {
      const PhotoFacts facts = examine(path, session);
      if (flags.json) {
        json["photos"].push_back(photo_json(path, facts));
      } else {
        print_photo(path, facts);
      }
    } catch (const Error& error) {
      if (exit_code(error.code()) != ExitCode::failed) throw;
      spdlog::error("{}", error.what());
      code = ExitCode::failed;
    }
  }
  if (flags.json) fmt::print("{}\n", dump(json, 2));
  return code;
}

}  // namespace hdrtile::cli
