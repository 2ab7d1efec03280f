#include "printable.h"

#include <cstddef>

namespace hdrtile::cli {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

/// U+0080 to U+009F in UTF-8: some terminals take U+009B for what ESC [ begins.
bool is_long_control(char first, char second) {
  return first == '\xC2' && static_cast<unsigned char>(second) >= 0x80 && static_cast<unsigned char>(second) < 0xA0;
}

}  // namespace

std::string printable(std::string text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_control(text[i])) {
      text[i] = text[i] == '\n' || text[i] == '\t' ? ' ' : '?';
    } else if (i + 1 < text.size() && is_long_control(text[i], text[i + 1])) {
      text.replace(i, 2, "?");
    }
  }
  return text;
}

}  // namespace hdrtile::cli
