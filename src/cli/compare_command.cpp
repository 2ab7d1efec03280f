#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include <cmath>
#include <cstdio>

#include "commands.h"
#include "hdrtile/compare.h"
#include "json.h"

namespace hdrtile::cli {
namespace {

constexpr double steps = 255;  // --max-diff counts steps of an 8-bit photo

std::vector<std::string> missed_limits(const Comparison& found, const CompareFlags& flags) {
  std::vector<std::string> missed;
  const auto check = [&](bool met, const char* flag, double value, double limit) {
    if (!met) missed.push_back(fmt::format("{} {:g} is missed: it is {:.4f}", flag, limit, value));
  };
  const auto at_least = [&](const char* flag, double value, const std::optional<double>& limit) {
    if (limit) check(value >= *limit, flag, value, *limit);
  };
  const auto at_most = [&](const char* flag, double value, const std::optional<double>& limit) {
    if (limit) check(value <= *limit, flag, value, *limit);
  };
  at_least("--min-psnr", found.psnr_db, flags.min_psnr);
  at_least("--min-ssim", found.ssim, flags.min_ssim);
  at_most("--max-delta-e", found.delta_e_mean, flags.max_delta_e);
  at_most("--max-delta-e-max", found.delta_e_max, flags.max_delta_e_max);
  // A 16-bit step is 1/257 of an 8-bit one: what floating point adds must not miss a limit.
  at_most("--max-diff", std::round(found.max_difference * steps * 1e6) / 1e6, flags.max_difference);
  return missed;
}

Photo load(const std::filesystem::path& path) { return decode_photo(read_file(path), path); }

}  // namespace

ExitCode run_compare(const CompareFlags& flags) {
  const Comparison found = compare_photos(load(flags.a), load(flags.b));
  const auto missed = missed_limits(found, flags);
  if (flags.json) {
    const Json json = {{"a", flags.a.string()},
                       {"b", flags.b.string()},
                       {"psnr_db", std::isfinite(found.psnr_db) ? Json(found.psnr_db) : Json(nullptr)},
                       {"equal", found.max_difference == 0},
                       {"ssim", found.ssim},
                       {"delta_e_mean", found.delta_e_mean},
                       {"delta_e_max", found.delta_e_max},
                       {"max_difference", found.max_difference},
                       {"missed", missed}};
    fmt::print("{}\n", dump(json, 2));
  } else {
    fmt::print("PSNR            {:.2f} dB\n", found.psnr_db);
    fmt::print("SSIM            {:.5f}\n", found.ssim);
    fmt::print("CIEDE2000       mean {:.3f}, largest {:.2f}\n", found.delta_e_mean, found.delta_e_max);
    fmt::print("max difference  {:.3f} / 255\n", found.max_difference * steps);
  }
  for (const auto& limit : missed) spdlog::error("{}", limit);
  return missed.empty() ? ExitCode::ok : ExitCode::failed;
}

}  // namespace hdrtile::cli
