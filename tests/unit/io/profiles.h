#pragma once

#include "bytes.h"

namespace hdrtile::test {

/// The bytes of a profile of lcms (a cmsHPROFILE), which is closed.
Bytes save_profile(void* profile);

/// ICC profiles, made by lcms.
Bytes srgb_profile(std::size_t description_characters = 0);
Bytes display_p3_profile();
Bytes adobe_rgb_profile();
Bytes pro_photo_profile();
Bytes rec2020_profile();
/// RGB to Lab and back by tables, as printers have.
Bytes table_rgb_profile();
Bytes grey_profile(double gamma);
/// CMYK with a table for both directions: paper less ink.
Bytes cmyk_profile();
/// RGB to Lab by a table, with no way back: a scanner's.
Bytes one_way_profile();

/// A JPEG's APP2 payloads for a profile.
std::vector<Bytes> icc_segments(const Bytes& icc, std::size_t part_bytes = 60'000);

}  // namespace hdrtile::test
