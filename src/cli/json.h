#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "hdrtile/pipeline.h"

namespace hdrtile::cli {

using Json = nlohmann::ordered_json;

/// As text; what is no UTF-8 is shown with replacement characters rather than refused. Indent -1: one line.
[[nodiscard]] std::string dump(const Json& json, int indent);

/// Puts a path under `key`. JSON is UTF-8 and names may hold any bytes: for one that is no UTF-8, `key`_bytes has them
/// all, percent-encoded (RFC 3986).
void put_path(Json& json, const std::string& key, const std::filesystem::path& path);

[[nodiscard]] Json to_json(Size size);
[[nodiscard]] Json to_json(const MemoryPlan& plan);
[[nodiscard]] Json to_json(const PhotoResult& result);
[[nodiscard]] Json to_json(const BatchSummary& summary);
/// Null where it could be told of no photo.
[[nodiscard]] Json to_json(const CoreSeconds& core_seconds);
[[nodiscard]] Json to_json(Shard shard);
[[nodiscard]] Json to_json(std::span<const std::filesystem::path> paths);
[[nodiscard]] Json to_json(const ModelInfo& model);

/// A plan for people: "6 x 4 tiles of 608 x 576, overlap 80, halo 32, batch 2".
[[nodiscard]] std::string describe(const MemoryPlan& plan);
[[nodiscard]] std::string describe(Size size);

}  // namespace hdrtile::cli
