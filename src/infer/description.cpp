#include "description.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "hdrtile/error.h"

namespace hdrtile {
namespace {

using nlohmann::json;

constexpr int max_side = 1 << 20;
constexpr std::int64_t most_parameters = 1'000'000'000'000'000;

/// One JSON object; knows where it came from, so that faults name file and key.
class Reader {
 public:
  Reader(const json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object_.is_object()) fail("is no JSON object");
  }

  [[noreturn]] void fail(const std::string& fault) const {
    throw Error(ErrorCode::model, where_ + " " + fault + "; export the model again with a valid hdrtile.json");
  }

  [[nodiscard]] const json* find(const std::string& key) const {
    const auto it = object_.find(key);
    return it == object_.end() || it->is_null() ? nullptr : &*it;
  }

  [[nodiscard]] const json& require(const std::string& key) const {
    const json* value = find(key);
    if (value == nullptr) fail("lacks \"" + key + "\"");
    return *value;
  }

  [[nodiscard]] std::int64_t integer(const std::string& key, const json& value, std::int64_t min,
                                     std::int64_t max) const {
    if (!value.is_number_integer() || value.get<double>() < static_cast<double>(min) ||
        value.get<double>() > static_cast<double>(max)) {
      fail("has \"" + key + "\": " + value.dump() + ", expected an integer from " + std::to_string(min) + " to " +
           std::to_string(max));
    }
    return value.get<std::int64_t>();
  }

  [[nodiscard]] int integer(const std::string& key, int min, int max) const {
    return static_cast<int>(integer(key, require(key), min, max));
  }

  void optional(const std::string& key, int& to, int min, int max) const {
    if (const json* value = find(key)) to = static_cast<int>(integer(key, *value, min, max));
  }

  void optional(const std::string& key, std::string& to) const {
    if (const json* value = find(key)) to = text(key, *value);
  }

  [[nodiscard]] std::string text(const std::string& key, const json& value) const {
    if (!value.is_string()) fail("has \"" + key + "\": " + value.dump() + ", expected a text");
    return value.get<std::string>();
  }

 private:
  const json& object_;
  std::string where_;
};

/// A side of a tile: a positive multiple of the model's `multiple`.
int tile_side(const Reader& tile, const std::string& key, const json& value, int multiple) {
  const auto side = static_cast<int>(tile.integer(key, value, 1, max_side));
  if (side % multiple != 0) {
    tile.fail("has \"" + key + "\": " + std::to_string(side) + ", which is no multiple of " + std::to_string(multiple));
  }
  return side;
}

/// `tile`: {fixed: side or [sides]} or any of {min, max, default}.
void read_tile(const Reader& tile, ModelInfo& info) {
  if (const json* fixed = tile.find("fixed")) {
    for (const json& side : fixed->is_array() ? *fixed : json::array({*fixed})) {
      info.shapes.fixed.push_back(tile_side(tile, "fixed", side, info.multiple));
    }
    if (info.shapes.fixed.empty()) tile.fail("has an empty \"fixed\"");
    std::sort(info.shapes.fixed.begin(), info.shapes.fixed.end());
    info.shapes.min = info.shapes.fixed.front();
    info.shapes.max = info.shapes.fixed.back();
    info.tile_default = info.shapes.max;
  } else {
    const auto side = [&](const std::string& key, int& to) {
      if (const json* value = tile.find(key)) to = tile_side(tile, key, *value, info.multiple);
    };
    side("min", info.shapes.min);
    side("max", info.shapes.max);
    if (info.shapes.min > info.shapes.max) tile.fail("has \"min\" above \"max\"");
    info.tile_default = std::clamp(info.tile_default, info.shapes.min, info.shapes.max);
  }
  if (const json* value = tile.find("default")) {
    info.tile_default = tile_side(tile, "default", *value, info.multiple);
    const auto& fixed = info.shapes.fixed;
    if (info.tile_default < info.shapes.min || info.tile_default > info.shapes.max ||
        (!fixed.empty() && std::find(fixed.begin(), fixed.end(), info.tile_default) == fixed.end())) {
      tile.fail("has a \"default\" of " + std::to_string(info.tile_default) + ", which is none of the sides it allows");
    }
  }
}

}  // namespace

void read_description(const std::string& json_text, ModelInfo& info) {
  const std::string where = "model '" + info.path.string() + "': hdrtile.json";
  const json parsed = json::parse(json_text, nullptr, /*allow_exceptions=*/false);
  if (parsed.is_discarded()) {
    throw Error(ErrorCode::model, where + " is no valid JSON; export the model again with a valid hdrtile.json");
  }
  const Reader root(parsed, where);
  info.described = true;
  info.name = root.text("name", root.require("name"));
  if (info.name.empty()) root.fail("has an empty \"name\"");
  info.scale = root.integer("scale", 1, 16);
  info.multiple = root.integer("multiple", 1, 4096);
  info.halo = root.integer("halo", 0, 4096);
  root.optional("version", info.version);
  root.optional("licence", info.licence);
  root.optional("trained_on", info.trained_on);
  root.optional("weights_sha256", info.weights_sha256);
  root.optional("context_px", info.context_px, 1, 16384);
  root.optional("receptive_field", info.receptive_field, 0, max_side);
  if (root.find("channels") != nullptr && root.integer("channels", 1, 4096) != 3) {
    root.fail("has a number of \"channels\" other than 3: hdrtile runs models from RGB to RGB");
  }
  if (const json* value = root.find("parameters")) {
    info.parameters = root.integer("parameters", *value, 0, most_parameters);
  }
  if (const json* value = root.find("bytes_per_pixel")) {
    if (!value->is_number() || value->get<double>() < 0) {
      root.fail("has \"bytes_per_pixel\": " + value->dump() + ", expected a number of at least 0");
    }
    info.bytes_per_pixel = value->get<double>();
  }
  info.shapes = {.min = info.multiple, .max = max_side / info.multiple * info.multiple, .fixed = {}};
  info.tile_default = std::max(info.tile_default / info.multiple, 1) * info.multiple;
  if (const json* tile = root.find("tile")) read_tile(Reader(*tile, where + ": \"tile\""), info);
}

}  // namespace hdrtile
