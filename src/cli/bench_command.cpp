#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>

#include "bench_modes.h"
#include "bench_print.h"
#include "commands.h"
#include "hdrtile/compare.h"
#include "hdrtile/cores.h"
#include "hdrtile/machine_peak.h"
#include "interrupt.h"
#include "session.h"

namespace hdrtile::cli {
namespace {

constexpr double least_psnr_db = 40;    // of a mode that may be advised
constexpr double worth_setting = 1.05;  // times as fast, below which a tile size is noise
constexpr std::array tile_sides{256, 512, 768, 1024, 1536, 2048};
constexpr double peak_seconds = 1;

using Clock = std::chrono::steady_clock;
double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// 7.2 MP with gradients, edges and noise, so that codecs have about as much to do as with a photo.
Photo synthetic_photo() {
  Photo photo;
  photo.pixels = Image({.width = 3296, .height = 2192}, Depth::u8);
  std::minstd_rand dice(1);  // NOLINT(cert-msc51-cpp,bugprone-random-generator-seed): the same photo each time
  for (int y = 0; y < photo.pixels.height(); ++y) {
    auto* const row = photo.pixels.row<std::uint8_t>(y);
    for (int x = 0; x < photo.pixels.width(); ++x) {
      const int edge = (x / 143 + y / 127) % 2 == 0 ? 40 : 0;
      for (int channel = 0; channel < 3; ++channel) {
        row[3 * x + channel] =
            static_cast<std::uint8_t>(20 + edge + (x + channel * y) * 150 / 8000 + static_cast<int>(dice() % 12));
      }
    }
  }
  return photo;
}

/// As much of a photo as the first mode computes in so many seconds, by what one of its tiles takes; a tile at least.
Size affordable(const Image& photo, const std::string& name, const ModelFlags& first, double seconds,
                const CancelFlag& cancel) {
  Session session(first);
  const TilePlan tiles = session.plan(name, photo.size(), photo.depth()).tiles;
  const Size tile{std::min(tiles.x.side, photo.width()), std::min(tiles.y.side, photo.height())};
  const Image piece = middle_of(photo, tile);
  const auto pass = [&] {
    return enhance_image(piece, session.engine(), {.request = session.tiling()}, cancel).tiles_ms;
  };
  (void)pass();
  const double share = 1000 * seconds / std::max(pass(), 1e-3) / tiles.overhead() * tile.width * tile.height /
                       (static_cast<double>(photo.width()) * photo.height());
  const double scale = std::sqrt(std::min(share, 1.0));
  return {std::clamp(static_cast<int>(photo.width() * scale), tile.width, photo.width()),
          std::clamp(static_cast<int>(photo.height() * scale), tile.height, photo.height())};
}

/// Times of one way through the photo's own format.
void measure_codec(const Photo& photo, BenchFindings& found) {
  const Format format = usual_output(photo.format);
  found.format = facts_of(format).id;
  std::vector<std::string> warnings;
  const auto encoding = Clock::now();
  const auto file = encode_photo(photo, {.format = format}, warnings);
  found.encode_ms = ms_since(encoding);
  const auto decoding = Clock::now();
  (void)decode_photo(file, found.photo);
  found.decode_ms = ms_since(decoding);
}

/// A mode beside the first, whose faults are told and end nothing.
BenchRow try_mode(const ModelFlags& flags, const Image& photo, double seconds, const Photo& reference,
                  const CancelFlag& cancel) {
  BenchRow row{.flags = flags};
  try {
    row.figures = measure_mode(flags, photo, seconds, cancel);
    row.psnr_db = compare_photos(reference, row.figures.result).psnr_db;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::cancelled) throw;
    row.why_not = error.what();
  }
  row.figures.result = {};
  return row;
}

const BenchRow& fastest(const std::vector<BenchRow>& rows) {
  const auto time = [](const BenchRow& row) {
    const bool counts = row.why_not.empty() && row.psnr_db >= least_psnr_db;
    return counts ? row.figures.tiles_ms : std::numeric_limits<double>::infinity();
  };
  return *std::ranges::min_element(rows, {}, time);
}

/// The mode with other tiles, where these cut the photo otherwise.
std::vector<BenchRow> try_tiles(const BenchRow& mode, const Image& photo, double seconds, const Photo& reference,
                                const CancelFlag& cancel) {
  std::vector<BenchRow> rows;
  const auto same = [](const TilePlan& a, const TilePlan& b) { return a.x.side == b.x.side && a.y.side == b.y.side; };
  for (const int side : tile_sides) {
    if (side >= std::max(photo.width(), photo.height())) break;
    ModelFlags flags = mode.flags;
    flags.tiling.tile = side;
    BenchRow row = try_mode(flags, photo, seconds, reference, cancel);
    if (row.why_not.empty() && !same(row.figures.plan.tiles, mode.figures.plan.tiles)) rows.push_back(std::move(row));
  }
  return rows;
}

/// Decoders, and as many encoders, that keep up with the network.
int jobs_for(const BenchFindings& found, const ModeFigures& mode) {
  const double needed = std::max(found.decode_ms, found.encode_ms) / std::max(mode.network_ms(), 1e-3);
  return static_cast<int>(std::clamp(std::ceil(needed), 1.0, static_cast<double>(usable_cores())));
}

std::string quoted(const std::string& word) {
  constexpr auto plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string(R"('\'')") : std::string(1, c);
  return text + "'";
}

std::string command_of(const BenchRow& best, int jobs) {
  const ModelFlags& flags = best.flags;
  std::string text = fmt::format("hdrtile enhance PHOTOS --model {} --device {} --precision {} --engine {}",
                                 quoted(flags.model), flags.device, flags.precision, to_string(flags.engine));
  const auto add = [&](const char* flag, const std::optional<int>& value) {
    if (value)
      text += *value == TileSpec::whole_image ? fmt::format(" {} whole", flag) : fmt::format(" {} {}", flag, *value);
  };
  if (flags.preset != nullptr) text += fmt::format(" --preset {}", flags.preset->name);
  add("--tile", flags.tiling.tile);
  add("--overlap", flags.tiling.overlap);
  add("--batch", flags.tiling.batch);
  if (flags.tiling.max_memory > 0) text += fmt::format(" --max-memory {}", flags.tiling.max_memory);
  return text + fmt::format(" --jobs {}", jobs);
}

}  // namespace

ExitCode run_bench(const BenchFlags& flags) {
  outlive_readers();
  const CancelFlag& cancel = catch_interrupts();
  Photo photo = flags.photo.empty() ? synthetic_photo() : decode_photo(read_file(flags.photo), flags.photo);
  BenchFindings found{.photo = flags.photo.empty() ? "synthetic" : flags.photo.string()};
  {
    ModelFlags first = flags.model;
    first.precision = "fp32";
    first.engine = EngineChoice::torchscript;
    photo.pixels = middle_of(photo.pixels, affordable(photo.pixels, found.photo, first, flags.seconds, cancel));
    photo.alpha = {};
    Session session(first);
    found.model = session.model().name;
    found.engine = session.engine().info();
  }
  found.size = photo.pixels.size();
  measure_codec(photo, found);

  const std::vector<ModelFlags> modes = modes_of(flags.model, found.engine);
  spdlog::info("measuring {} ways, {:g} s each", modes.size(), flags.seconds);
  ModeFigures first = measure_mode(modes.front(), photo.pixels, flags.seconds, cancel);
  const Photo reference = std::move(first.result);
  found.modes.push_back({.flags = modes.front(), .figures = std::move(first), .psnr_db = HUGE_VAL});
  for (std::size_t i = 1; i < modes.size(); ++i) {
    found.modes.push_back(try_mode(modes[i], photo.pixels, flags.seconds, reference, cancel));
  }

  const BenchRow* best = &fastest(found.modes);
  const bool tiles_given = flags.model.preset != nullptr || flags.model.given.tile;
  if (!tiles_given) {
    found.tiles = try_tiles(*best, photo.pixels, flags.seconds / 2, reference, cancel);
    if (!found.tiles.empty()) {
      const BenchRow& other = fastest(found.tiles);
      const bool counts = other.psnr_db >= least_psnr_db;
      if (counts && other.figures.tiles_ms * worth_setting < best->figures.tiles_ms) best = &other;
    }
  }
  found.command = command_of(*best, jobs_for(found, best->figures));

  for (const ModelFlags& mode : modes) {
    const auto known = [&](const auto& peak) { return peak.first == mode.precision; };
    if (std::ranges::any_of(found.peak_flop_per_s, known)) continue;
    const Precision precision = mode.precision == "fp32"   ? Precision::fp32
                                : mode.precision == "fp16" ? Precision::fp16
                                                           : Precision::bf16;
    const double seconds = std::min(flags.seconds, peak_seconds);
    found.peak_flop_per_s.emplace_back(mode.precision, peak_flop_per_s(found.engine.device, precision, seconds));
  }
  found.peak_copy_bytes_per_s = peak_copy_bytes_per_s(found.engine.device, std::min(flags.seconds, peak_seconds));
  if (flags.json) {
    fmt::print("{}\n", dump(to_json(found), 2));
  } else {
    print(found);
  }
  return ExitCode::ok;
}

}  // namespace hdrtile::cli
