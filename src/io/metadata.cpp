#include "metadata.h"

#include <algorithm>

#include "colour.h"
#include "exif_fit.h"
#include "exif_patch.h"
#include "maker_note.h"
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
  if (edits.to_srgb) patch->set_srgb();
  if (edits.policy == MetadataPolicy::no_gps) {
    patch->remove_gps();
    if (maker_note_tells_place(patch->bytes())) {
      patch->remove_maker_note();
      warnings.emplace_back("the maker note names a place, or cannot be read: it was removed");
    }
  }
  const std::size_t room = patch->thumbnail_room();
  const auto [thumbnail, size] = room > 0 ? edits.make_thumbnail(room) : std::pair<Bytes, Size>();
  if (thumbnail.empty()) {
    patch->drop_thumbnail();
  } else {
    patch->replace_thumbnail(thumbnail, size);
  }
  Bytes block = std::move(*patch).take();
  return block.size() <= edits.places.most_exif ? block : fit_exif(block, edits.places.most_exif, warnings);
}

/// Colour facts, and how samples are stored, are no matter of privacy; text is.
bool is_colour_chunk(const RawPart& chunk) {
  return chunk.kind == "gAMA" || chunk.kind == "cHRM" || chunk.kind == "sRGB";
}

Metadata colour_facts(const Metadata& source) {
  Metadata kept;
  kept.icc = source.icc;
  kept.chroma = source.chroma;
  kept.lossless = source.lossless;
  kept.premultiplied = source.premultiplied;
  for (const RawPart& chunk : source.png_chunks) {
    if (is_colour_chunk(chunk)) kept.png_chunks.push_back(chunk);
  }
  return kept;
}

/// Takes out what the format has no place for, and says so.
void leave_behind(Metadata& metadata, const MetadataEdits& edits, Warnings& warnings) {
  const auto drop = [&](auto& parts, const char* what) {
    if (!parts.empty()) {
      warnings.push_back(std::to_string(parts.size()) + " " + what + " have no place in a " +
                         std::string(edits.format) + " and were dropped");
    }
    parts.clear();
  };
  if (!edits.places.png_chunks) {
    std::erase_if(metadata.png_chunks, [](const RawPart& chunk) { return !chunk.kind.ends_with("Xt"); });
    drop(metadata.png_chunks, "PNG text entries");
  }
  if (!edits.places.jpeg_segments) drop(metadata.jpeg_segments, "JPEG segments of other programs");
  if (!edits.places.comments) drop(metadata.comments, "comments");
  if (!edits.places.photoshop) metadata.photoshop.clear();  // IPTC went into the XMP
}

Metadata edited(const Metadata& source, const MetadataEdits& edits, Warnings& warnings) {
  XmpEdits xmp_edits{.size = edits.size,
                     .to_srgb = edits.to_srgb,
                     .remove_gps = edits.policy == MetadataPolicy::no_gps,
                     .set_upright = !source.left_to_xmp,
                     .merge_extended = !edits.places.extended_xmp,
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
  result.photoshop = without_stale_resources(source.photoshop, warnings);
  if (!edits.places.photoshop) xmp_edits.iptc = iptc_of(result.photoshop);
  result.xmp = edit_xmp(source.xmp, xmp_edits, warnings);
  if (edits.policy == MetadataPolicy::no_gps) {
    std::size_t removed = 0;
    for (auto* parts : {&result.png_chunks, &result.jpeg_segments}) {
      removed += std::erase_if(*parts, [](const RawPart& part) { return names_position(as_text(part.data)); });
    }
    if (removed > 0) warnings.emplace_back("texts or segments of other programs name a place: they were removed");
  }
  leave_behind(result, edits, warnings);
  return result;
}

}  // namespace

Metadata edit_metadata(const Metadata& source, const MetadataEdits& edits, Warnings& warnings) {
  Metadata result = edited(source, edits, warnings);
  if (edits.to_srgb) {
    drop_profile(result);
    result.icc = icc_of(Primaries::srgb);
  }
  return result;
}

Bytes exif_block(ByteView stored) {
  constexpr std::string_view prefix("Exif\0\0", 6);
  if (starts_with(stored, prefix)) stored = stored.subspan(prefix.size());
  return {stored.begin(), stored.end()};
}

void take_colours_of_exif(Metadata& metadata) {
  if (!metadata.icc.empty()) return;
  const auto exif = ExifPatch::open(metadata.exif);
  if (exif && exif->is_adobe_rgb()) metadata.icc = icc_of(Primaries::adobe_rgb);
}

void drop_profile(Metadata& metadata) {
  metadata.icc.clear();
  std::erase_if(metadata.png_chunks, is_colour_chunk);
}

int orientation_of(const Metadata& metadata) {
  const auto exif = ExifPatch::open(metadata.exif);
  return exif ? exif->orientation() : 1;
}

int take_orientation(Metadata& metadata) {
  const auto exif = ExifPatch::open(metadata.exif);
  metadata.left_to_xmp = !exif || !exif->states_orientation();
  return orientation_of(metadata);
}

}  // namespace hdrtile
