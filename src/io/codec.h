#pragma once

#include "decoded.h"

namespace hdrtile {

/// What an encoder is given: samples that its format can hold, metadata as it is to be written (see edit_metadata).
struct EncodeInput {
  const Image& pixels;  ///< one (grey) or three channels
  const Image& alpha;   ///< one channel, size and depth of the pixels; empty: none
  const Metadata& metadata;
  int quality;  ///< of lossy formats, 1..100
  Chroma chroma = Chroma::full;
  Spread spread = in_turn;
};

/// One format: how its files are known, read and written. Null where this build cannot.
struct Codec {
  FormatFacts facts;
  MetadataPlaces places;
  bool (*recognises)(ByteView file);  ///< from the file's first bytes
  FileHead (*read_head)(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits);
  DecodedFile (*decode)(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits);
  Bytes (*encode)(const EncodeInput& input, Warnings& warnings);
};

[[nodiscard]] const Codec& codec_of(Format format);

}  // namespace hdrtile
