#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "exit_codes.h"
#include "hdrtile/memory_plan.h"
#include "hdrtile/photo.h"
#include "hdrtile/pipeline.h"
#include "presets.h"

namespace hdrtile::cli {

/// What to run a photo through: shared by enhance and info.
struct ModelFlags {
  std::string model = "small";
  std::string device = "auto";
  std::string precision = "auto";
  PackageUse engine = PackageUse::automatic;
  const Preset* preset = nullptr;
  TileRequest tiling;  ///< as given; Session::tiling() is what to use
  GivenFlags given;
};

enum class ProgressMode : std::uint8_t { automatic, bar, json, none };
enum class ListSeparator : char { newline = '\n', nul = '\0' };

struct EnhanceFlags {
  std::vector<std::string> inputs;
  bool recursive = false;
  bool brackets = false;
  ListSeparator separator = ListSeparator::newline;
  std::string output;
  OnExist on_exist = OnExist::skip;
  bool reprocess = false;
  std::optional<Format> format;
  int quality = EncodeOptions{}.quality;
  std::optional<Chroma> chroma;
  MetadataPolicy metadata = MetadataPolicy::keep;
  bool to_srgb = false;
  std::optional<int> max_side;
  bool dither = false;
  float strength = 1.0F;
  ModelFlags model;
  std::int64_t max_pixels = DecodeLimits{}.max_pixels;
  std::optional<Shard> shard;
  std::optional<int> jobs;
  bool dry_run = false;
  ProgressMode progress = ProgressMode::automatic;
  std::filesystem::path report;
};

struct InfoFlags {
  std::vector<std::string> photos;
  ModelFlags model;
  bool json = false;
};

struct CompareFlags {
  std::filesystem::path a;
  std::filesystem::path b;
  std::optional<double> min_psnr;
  std::optional<double> min_ssim;
  std::optional<double> max_delta_e;
  std::optional<double> max_delta_e_max;
  std::optional<double> max_difference;  ///< in steps of 1/255
  bool json = false;
};

struct MergeFlags {
  std::vector<std::filesystem::path> reports;
  std::filesystem::path output;  ///< empty: stdout
};

struct Options {
  std::variant<EnhanceFlags, InfoFlags, CompareFlags, MergeFlags> command;
  int verbosity = 0;  ///< -1 and below: quiet, 0: usual, 1: plans and reasons
};

/// Options, or the exit code of a command line that ends here (--help, --version, a mistake); texts are printed.
[[nodiscard]] std::variant<Options, ExitCode> parse_options(int argc, const char* const* argv);

}  // namespace hdrtile::cli
