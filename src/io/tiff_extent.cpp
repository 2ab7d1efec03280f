#include "tiff_extent.h"

#include <algorithm>
#include <array>
#include <limits>
#include <set>

namespace hdrtile {
namespace {

constexpr std::array<std::uint64_t, 19> type_bytes = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};
constexpr std::array<std::uint64_t, 4> directory_tags = {0x014A, 0x8769, 0x8825,
                                                         0xA005};  // SubIFDs, EXIF, GPS, interop
constexpr std::size_t most_directories = 1000;

class Walker {
 public:
  explicit Walker(ByteView tiff) : tiff_(tiff), little_endian_(starts_with(tiff, "II")) {
    const bool known = tiff.size() >= 16 && (little_endian_ || starts_with(tiff, "MM"));
    big_ = known && get(2, 2) == 43;
    if (known) open_.insert(big_ ? get(8, 8) : get(4, 4));
  }

  std::uint64_t sum() {
    while (!open_.empty()) {
      const std::uint64_t directory = *open_.begin();
      open_.erase(open_.begin());
      if (!seen_.insert(directory).second) continue;
      if (seen_.size() > most_directories) return std::numeric_limits<std::uint64_t>::max();
      read(directory);
    }
    return sum_;
  }

 private:
  [[nodiscard]] bool holds(std::uint64_t position, std::uint64_t size) const {
    return position <= tiff_.size() && size <= tiff_.size() - position;
  }

  [[nodiscard]] std::uint64_t get(std::uint64_t position, int bytes) const {
    std::uint64_t value = 0;
    if (!holds(position, bytes)) return 0;
    for (int i = 0; i < bytes; ++i) value = value << 8U | tiff_[position + (little_endian_ ? bytes - 1 - i : i)];
    return value;
  }

  void read(std::uint64_t directory) {
    const int number_bytes = big_ ? 8 : 4;
    const std::uint64_t entry_bytes = big_ ? 20 : 12;
    const std::uint64_t first = directory + (big_ ? 8 : 2);
    if (directory < 8 || !holds(directory, big_ ? 8 : 2)) return;
    const std::uint64_t count = std::min<std::uint64_t>(get(directory, big_ ? 8 : 2), tiff_.size() / entry_bytes);
    for (std::uint64_t i = 0; i < count; ++i) read_entry(first + i * entry_bytes, number_bytes);
    open_.insert(get(first + count * entry_bytes, number_bytes));
  }

  /// Tag 2, type 2, count, value or its offset.
  void read_entry(std::uint64_t entry, int number_bytes) {
    const std::uint64_t type = get(entry + 2, 2);
    const std::uint64_t count = get(entry + 4, number_bytes);
    const std::uint64_t value = entry + 4 + number_bytes;
    if (type >= type_bytes.size() || type_bytes[type] == 0 || count > tiff_.size()) return;
    const std::uint64_t size = type_bytes[type] * count;
    const bool apart = size > static_cast<std::uint64_t>(number_bytes);
    const std::uint64_t place = apart ? get(value, number_bytes) : value;
    if (!holds(place, size)) return;
    if (apart) sum_ += size;
    if (std::find(directory_tags.begin(), directory_tags.end(), get(entry, 2)) == directory_tags.end()) return;
    const int step = static_cast<int>(type_bytes[type]);
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(count, most_directories); ++i)
      open_.insert(get(place + i * step, step));
  }

  ByteView tiff_;
  bool little_endian_;
  bool big_ = false;
  std::set<std::uint64_t> open_;
  std::set<std::uint64_t> seen_;
  std::uint64_t sum_ = 0;
};

}  // namespace

std::uint64_t stated_bytes(ByteView tiff) { return Walker(tiff).sum(); }

bool overstates(ByteView tiff) {
  constexpr std::uint64_t some = 1U << 16U;  // a value or two may be named twice
  return stated_bytes(tiff) > 2 * tiff.size() + some;
}

}  // namespace hdrtile
