#include "json.h"

#include <spdlog/fmt/fmt.h>

#include <cctype>
#include <cstring>

namespace hdrtile::cli {
namespace {

std::string percent_encoded(const std::string& bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte < 0x80 && (std::isalnum(byte) != 0 || std::strchr("/-._~", c) != nullptr);
    text += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return text;
}

}  // namespace

std::string dump(const Json& json, int indent) {
  return json.dump(indent, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

void put_path(Json& json, const std::string& key, const std::filesystem::path& path) {
  json[key] = path.string();
  try {
    (void)json[key].dump();
  } catch (const Json::exception&) {
    json[key + "_bytes"] = percent_encoded(path.native());
  }
}

Json to_json(Size size) { return {{"width", size.width}, {"height", size.height}}; }

Json to_json(const MemoryPlan& plan) {
  return {{"tile", {{"width", plan.tiles.x.side}, {"height", plan.tiles.y.side}}},
          {"columns", plan.tiles.x.count()},
          {"rows", plan.tiles.y.count()},
          {"tiles", plan.tiles.count()},
          {"overlap", plan.tiles.overlap},
          {"halo", plan.tiles.halo},
          {"batch", plan.batch},
          {"overhead", plan.tiles.overhead()},
          {"expected_bytes", plan.expected_bytes},
          {"why", plan.why},
          {"notes", plan.tiles.notes}};
}

Json to_json(const PhotoResult& result) {
  Json json;
  put_path(json, "input", result.job.input);
  put_path(json, "output", result.job.output);
  json["status"] = to_string(result.status);
  json["reason"] = result.reason;
  if (result.existing) json["existing"] = to_string(*result.existing);
  if (!result.stale.empty()) json["stale"] = result.stale;
  for (const auto& exposure : result.job.further) json["further_exposures"].push_back(exposure.string());
  if (result.input_size.width > 0) json["input_size"] = to_json(result.input_size);
  if (result.output_size.width > 0) json["output_size"] = to_json(result.output_size);
  if (result.plan) json["plan"] = to_json(*result.plan);
  if (!result.device.empty()) json["device"] = result.device;
  json["ms"] = {{"decode", result.decode_ms},
                {"prepare", result.prepare_ms},
                {"tiles", result.tiles_ms},
                {"encode", result.encode_ms}};
  const auto told = [](const std::optional<double>& ms) { return ms ? Json(*ms) : Json(nullptr); };
  json["core_ms"] = {{"decode", told(result.core_ms.decode)},
                     {"network", told(result.core_ms.network)},
                     {"encode", told(result.core_ms.encode)}};
  json["warnings"] = result.warnings;
  json["downgrades"] = result.downgrades;
  return json;
}

Json to_json(const BatchSummary& summary) {
  return {{"done", summary.done},
          {"skipped", summary.skipped},
          {"failed", summary.failed},
          {"cancelled", summary.cancelled},
          {"stale", summary.stale}};
}

Json to_json(std::span<const std::filesystem::path> paths) {
  Json json = Json::array();
  for (const auto& path : paths) json.push_back(path.string());
  return json;
}

Json to_json(const CoreSeconds& core_seconds) {
  if (core_seconds.photos == 0) return nullptr;
  return {{"photos", core_seconds.photos}, {"codecs", core_seconds.codecs}, {"network", core_seconds.network}};
}

Json to_json(Shard shard) { return {{"number", shard.number}, {"count", shard.count}}; }

Json to_json(const ModelInfo& model) {
  Json shapes = Json::object();
  if (model.shapes.fixed.empty()) {
    shapes = {{"min", model.shapes.min}, {"max", model.shapes.max}};
  } else {
    shapes = {{"fixed", model.shapes.fixed}};
  }
  return {{"name", model.name},
          {"version", model.version},
          {"licence", model.licence},
          {"trained_on", model.trained_on},
          {"path", model.path.string()},
          {"described", model.described},
          {"contextual", model.contextual},
          {"parameters", model.parameters},
          {"scale", model.scale},
          {"multiple", model.multiple},
          {"halo", model.halo},
          {"context_px", model.context_px},
          {"receptive_field", model.receptive_field},
          {"tile_default", model.tile_default},
          {"tile", std::move(shapes)}};
}

std::string describe(const MemoryPlan& plan) {
  const TilePlan& tiles = plan.tiles;
  if (tiles.count() == 1) return fmt::format("one tile of {} x {}", tiles.x.side, tiles.y.side);
  return fmt::format("{} x {} tiles of {} x {}, overlap {}, halo {}, batch {}", tiles.x.count(), tiles.y.count(),
                     tiles.x.side, tiles.y.side, tiles.overlap, tiles.halo, plan.batch);
}

std::string describe(Size size) { return fmt::format("{} x {}", size.width, size.height); }

}  // namespace hdrtile::cli
