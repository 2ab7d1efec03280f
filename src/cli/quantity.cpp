#include "quantity.h"

#include <spdlog/fmt/fmt.h>

#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <string_view>

#include "hdrtile/error.h"

namespace hdrtile::cli {

std::int64_t parse_quantity(const std::string& text, int base) {
  const auto refuse = [&]() -> Error {
    return {ErrorCode::usage, "'" + text + "' is no size: write a number above 0 with K, M or G behind it, e.g. 1.5G"};
  };
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, fault] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (fault != std::errc() || !std::isfinite(number)) throw refuse();

  std::string unit;
  for (const char c : std::string_view(rest, end)) {
    if (c != ' ') unit += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  int power = 0;
  if (!unit.empty() && unit != "B") {
    const auto found = std::string_view("KMG").find(unit.front());
    const std::string_view tail = std::string_view(unit).substr(1);
    if (found == std::string_view::npos || !(tail.empty() || tail == "B" || tail == "IB" || tail == "P"))
      throw refuse();
    power = static_cast<int>(found) + 1;
  }
  const double value = number * std::pow(base, power);
  if (value < 1 || value >= 9e18) throw refuse();
  return static_cast<std::int64_t>(value);
}

std::string format_bytes(std::int64_t bytes) {
  constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < units.size(); ++unit) value /= 1024;
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, units.at(unit));
}

std::string format_duration(double milliseconds) {
  if (milliseconds < 999.5) return fmt::format("{:.0f} ms", milliseconds);
  if (milliseconds < 59'950) return fmt::format("{:.1f} s", milliseconds / 1000);
  const auto seconds = static_cast<long>(std::lround(milliseconds / 1000));
  if (seconds < 3600) return fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
  return fmt::format("{} h {:02} min", seconds / 3600, seconds % 3600 / 60);
}

}  // namespace hdrtile::cli
