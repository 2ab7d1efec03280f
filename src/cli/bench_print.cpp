#include "bench_print.h"

#include <spdlog/fmt/fmt.h>

#include <cmath>
#include <cstdio>

#include "printable.h"
#include "quantity.h"

namespace hdrtile::cli {
namespace {

double megapixels(Size size) { return static_cast<double>(size.width) * size.height / 1e6; }

std::string describe(const BenchRow& row) {
  return fmt::format("{} {}", row.flags.precision, to_string(row.flags.engine));
}

void print_rows(const BenchFindings& found, const std::vector<BenchRow>& rows, const char* title) {
  fmt::print("\n{:<20} {:>9} {:>10} {:>8} {:>10} {:>9}  {}\n", title, "prepare", "tiles", "MP/s", "memory", "to fp32",
             "cut into");
  for (const BenchRow& row : rows) {
    if (!row.why_not.empty()) {
      fmt::print("{:<20} does not run here: {}\n", describe(row), row.why_not);
      continue;
    }
    const ModeFigures& figures = row.figures;
    fmt::print("{:<20} {:>9} {:>10} {:>8.2f} {:>10} {:>9}  {}\n", describe(row), format_duration(figures.prepare_ms),
               format_duration(figures.tiles_ms), 1000 * megapixels(found.size) / figures.tiles_ms,
               figures.peak_bytes ? format_bytes(*figures.peak_bytes) : "-",
               std::isfinite(row.psnr_db) ? fmt::format("{:.1f} dB", row.psnr_db) : "same",
               cli::describe(figures.plan));
  }
}

Json rows_json(const BenchFindings& found, const std::vector<BenchRow>& rows) {
  Json list = Json::array();
  for (const BenchRow& row : rows) {
    Json json = {{"precision", row.flags.precision}, {"engine", to_string(row.flags.engine)}};
    if (!row.why_not.empty()) {
      json["why_not"] = row.why_not;
    } else {
      const ModeFigures& figures = row.figures;
      json["runs"] = figures.runs;
      json["ms"] = {{"prepare", figures.prepare_ms}, {"tiles", figures.tiles_ms}};
      json["megapixels_per_s"] = 1000 * megapixels(found.size) / figures.tiles_ms;
      json["peak_bytes"] = figures.peak_bytes ? Json(*figures.peak_bytes) : Json(nullptr);
      json["psnr_db"] = std::isfinite(row.psnr_db) ? Json(row.psnr_db) : Json(nullptr);
      json["package"] = figures.engine.package.empty() ? Json(nullptr) : Json(figures.engine.package);
      json["plan"] = to_json(figures.plan);
    }
    list.push_back(std::move(json));
  }
  return list;
}

}  // namespace

void print(const BenchFindings& found) {
  fmt::print("{}, {}\n", found.engine.device_name, found.engine.library);
  for (const auto& [precision, flop_per_s] : found.peak_flop_per_s) {
    fmt::print("  a large matrix product in {}: {:.0f} GFLOP/s\n", precision, flop_per_s / 1e9);
  }
  fmt::print("  a large copy, read and written: {:.1f} GB/s\n", found.peak_copy_bytes_per_s / 1e9);
  fmt::print("photo: {}, {} ({:.1f} MP); model {}\n", printable(found.photo), cli::describe(found.size),
             megapixels(found.size), printable(found.model));
  fmt::print("  as {}: decoding {}, encoding {}\n", found.format, format_duration(found.decode_ms),
             format_duration(found.encode_ms));
  print_rows(found, found.modes, "mode");
  if (!found.tiles.empty()) print_rows(found, found.tiles, "other tiles");
  fmt::print("\nfastest of those within 40 dB of fp32:\n  {}\n", found.command);
}

Json to_json(const BenchFindings& found) {
  Json peaks = Json::object();
  for (const auto& [precision, flop_per_s] : found.peak_flop_per_s) peaks[precision] = flop_per_s;
  return {{"version", HDRTILE_VERSION},
          {"device", found.engine.device},
          {"device_name", found.engine.device_name},
          {"library", found.engine.library},
          {"peak", {{"flop_per_s", std::move(peaks)}, {"copy_bytes_per_s", found.peak_copy_bytes_per_s}}},
          {"photo", {{"name", found.photo}, {"size", to_json(found.size)}, {"format", found.format}}},
          {"model", found.model},
          {"ms", {{"decode", found.decode_ms}, {"encode", found.encode_ms}}},
          {"modes", rows_json(found, found.modes)},
          {"tiles", rows_json(found, found.tiles)},
          {"command", found.command}};
}

}  // namespace hdrtile::cli
