#include "format.h"

#include <algorithm>
#include <array>

#include "codec.h"
#include "hdrtile/error.h"
#include "tiff_structure.h"

namespace hdrtile {
namespace {

using namespace std::string_view_literals;

struct Signature {
  std::size_t offset;
  std::string_view magic;
  const char* name;
};

/// Photos hdrtile knows by name and does not read. The first that fits counts.
constexpr std::array unsupported_kinds = {
    Signature{0, "\0\0\0\x0CjP  \r\n\x87\n"sv, "a JPEG 2000"},
    Signature{0, "GIF8"sv, "a GIF"},
    Signature{0, "BM"sv, "a BMP"},
    Signature{0, "8BPS"sv, "a Photoshop file"},
    Signature{0, "v/1\x01"sv, "an OpenEXR"},
    Signature{0, "#?RADIANCE"sv, "a Radiance HDR"},
};

bool fits(ByteView file, const Signature& signature) {
  return file.size() >= signature.offset && starts_with(file.subspan(signature.offset), signature.magic);
}

/// Raw files by their makers' signatures.
constexpr std::array raw_kinds = {
    Signature{8, "CR\x02"sv, "Canon CR2"},
    Signature{4, "ftypcrx "sv, "Canon CR3"},
    Signature{0, "IIU\0"sv, "Panasonic RW2"},
    Signature{0, "IIRO"sv, "Olympus ORF"},
    Signature{0, "IIRS"sv, "Olympus ORF"},
    Signature{0, "MMOR"sv, "Olympus ORF"},
    Signature{0, "FUJIFILMCCD-RAW"sv, "Fujifilm RAF"},
};

std::string beginning(ByteView file) {
  std::string text;
  for (const std::uint8_t byte : file.first(std::min<std::size_t>(file.size(), 12))) {
    text += byte >= 0x20 && byte < 0x7F ? static_cast<char>(byte) : '.';
  }
  return text;
}

}  // namespace

bool is_raw(ByteView file) {
  if (std::ranges::any_of(raw_kinds, [&](const auto& signature) { return fits(file, signature); })) return true;
  constexpr std::size_t head = 1U << 20U;  // the first directory lies near the start
  const ByteView start = file.first(std::min(file.size(), head));
  const auto tiff = TiffStructure::open(Bytes(start.begin(), start.end()));
  if (!tiff) return false;
  enum Tag : std::uint32_t { kind = 0x00FE, photometric = 0x0106, sub_pictures = 0x014A, dng_version = 0xC612 };
  constexpr std::uint32_t reduced = 1;
  constexpr std::uint32_t colour_filters = 32803;
  const std::size_t first = tiff->first_directory();
  return tiff->find(first, dng_version) != 0 || tiff->number(first, photometric) == colour_filters ||
         (tiff->number(first, kind) == reduced &&
          tiff->find(first, sub_pictures) != 0);  // NEF, ARW: a preview comes first
}

Format require_format(ByteView file, const std::filesystem::path& path) {
  if (const auto format = detect_format(file)) {
    const FormatFacts& facts = facts_of(*format);
    if (facts.reads) return *format;
    throw Error(ErrorCode::unsupported, path.string() + ": is " + std::string(facts.name) +
                                            ", which this hdrtile cannot read: it was built without " +
                                            std::string(facts.library) + "; convert it to JPEG or TIFF");
  }
  if (file.empty()) throw Error(ErrorCode::input, path.string() + ": is empty; copy the photo again");
  const auto* const kind = std::ranges::find_if(unsupported_kinds, [&](const auto& s) { return fits(file, s); });
  if (kind != unsupported_kinds.end()) {
    throw Error(ErrorCode::unsupported,
                path.string() + ": is " + kind->name + ", which hdrtile does not read; convert it to JPEG or TIFF");
  }
  throw Error(ErrorCode::input, path.string() + ": is no photo that hdrtile knows (it starts like \"" +
                                    beginning(file) + "\"); leave it out");
}

}  // namespace hdrtile
