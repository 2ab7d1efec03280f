#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bench_modes.h"
#include "json.h"

namespace hdrtile::cli {

/// A mode, and how its result differs from the first's; or why it does not run here.
struct BenchRow {
  ModelFlags flags;
  std::string why_not = {};
  ModeFigures figures = {};
  double psnr_db = 0;  ///< infinity when equal
};

/// All that `hdrtile bench` has found out.
struct BenchFindings {
  std::string photo;  ///< its name, or "synthetic"
  Size size = {};     ///< of the part that was measured
  std::string model = {};
  EngineInfo engine = {};                                            ///< of the first mode
  std::vector<std::pair<std::string, double>> peak_flop_per_s = {};  ///< by precision
  double peak_copy_bytes_per_s = 0;
  std::string format = {};
  double decode_ms = 0;
  double encode_ms = 0;
  std::vector<BenchRow> modes = {};
  std::vector<BenchRow> tiles = {};  ///< the fastest mode with other tiles
  std::string command = {};          ///< what to set
};

void print(const BenchFindings& found);
[[nodiscard]] Json to_json(const BenchFindings& found);

}  // namespace hdrtile::cli
