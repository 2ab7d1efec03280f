#include "metadata.h"

#include <algorithm>

#include "exif_patch.h"
#include "photoshop.h"

namespace hdrtile {
namespace {

Bytes edit_exif(const Bytes& source, const MetadataEdits& edits, Warnings& warnings) {
  if (source.empty()) return {};
  auto patch = ExifPatch::open(source);
  if (!patch) {
    warnings.emplace_back("EXIF is damaged and was dropped");
    return {};
  }
  patch->set_upright();
  patch->set_size(edits.size);
  if (edits.policy == MetadataPolicy::no_gps) patch->remove_gps();
  const std::size_t room = patch->thumbnail_room();
  const auto [thumbnail, size] = room > 0 ? edits.make_thumbnail(room) : std::pair<Bytes, Size>();
  if (thumbnail.empty()) {
    patch->drop_thumbnail();
  } else {
    patch->replace_thumbnail(thumbnail, size);
  }
  return std::move(*patch).take();
}

/// Colour facts are no matter of privacy; text is.
bool is_colour_chunk(const RawPart& chunk) {
  return chunk.kind == "gAMA" || chunk.kind == "cHRM" || chunk.kind == "sRGB";
}

Metadata colour_facts(const Metadata& source) {
  Metadata kept;
  kept.icc = source.icc;
  for (const RawPart& chunk : source.png_chunks) {
    if (is_colour_chunk(chunk)) kept.png_chunks.push_back(chunk);
  }
  return kept;
}

void tell_what_stays_behind(const Metadata& source, Format format, Warnings& warnings) {
  const auto is_text = [](const RawPart& chunk) { return chunk.kind.ends_with("Xt"); };
  const auto lost = std::ranges::count_if(source.png_chunks, is_text);
  if (format == Format::jpeg && lost > 0)
    warnings.push_back(std::to_string(lost) + " PNG text entries have no place in a JPEG and were dropped");
  if (format == Format::png && !source.jpeg_segments.empty()) {
    warnings.push_back(std::to_string(source.jpeg_segments.size()) +
                       " JPEG segments of other programs have no place in a PNG and were dropped");
  }
}

}  // namespace

Metadata edit_metadata(const Metadata& source, const MetadataEdits& edits, Warnings& warnings) {
  XmpEdits xmp_edits{.size = edits.size,
                     .remove_gps = edits.policy == MetadataPolicy::no_gps,
                     .merge_extended = edits.format == Format::png,
                     .stamp = edits.stamp};
  if (edits.policy == MetadataPolicy::none) {
    Metadata result = colour_facts(source);
    // A stamp is no fact about people: without it the photo would be enhanced again.
    if (!xmp_edits.stamp) xmp_edits.stamp = read_stamp(source.xmp.packet);
    result.xmp = edit_xmp({}, xmp_edits, warnings);
    return result;
  }
  Metadata result = source;
  result.exif = edit_exif(source.exif, edits, warnings);
  result.xmp = edit_xmp(source.xmp, xmp_edits, warnings);
  result.photoshop = without_stale_resources(source.photoshop, warnings);
  tell_what_stays_behind(source, edits.format, warnings);
  return result;
}

int orientation_of(const Metadata& metadata) {
  const auto exif = ExifPatch::open(metadata.exif);
  return exif ? exif->orientation() : 1;
}

}  // namespace hdrtile
