#pragma once

#include "metadata_budget.h"

namespace hdrtile {

/// EXIF (as a block, without what describes the file's own pictures), IPTC records and XMP of a file.
struct TiffMetadata {
  Bytes exif;
  Bytes iptc;
  std::string xmp;
};
/// By exiv2, for TIFFs and raw files, most of which are TIFFs inside. What cannot be read is a warning.
[[nodiscard]] TiffMetadata read_metadata_of_tiff(ByteView file, MetadataBudget& budget, Warnings& warnings);

/// A TIFF that libtiff has appended to an EXIF block (which is a TIFF structure itself): its first directory becomes
/// the picture's with the block's tags in it. The block stays where it was, at the start, so that every offset in it,
/// those in maker notes too, still leads where it led.
[[nodiscard]] Bytes join_directories(Bytes tiff);

}  // namespace hdrtile
