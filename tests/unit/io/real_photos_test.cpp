#include <algorithm>
#include <cstdlib>

#include "files.h"
#include "hdrtile/compare.h"
#include "metadata.h"

namespace hdrtile::test {
namespace {

namespace fs = std::filesystem;

/// Photographs that lie beside the project, not in it (HDRTILE_SHARED_DATA names the folder); none: nothing to test.
std::vector<fs::path> real_photos() {
  const char* named = std::getenv("HDRTILE_SHARED_DATA");
  const fs::path folder = fs::path(named != nullptr ? named : HDRTILE_SHARED_DATA_DEFAULT) / "photos";
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    if (entry.path().extension() == ".jpg") found.push_back(entry.path());
  }
  std::ranges::sort(found);
  return found;
}

class RealPhoto : public testing::TestWithParam<fs::path> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RealPhoto);
INSTANTIATE_TEST_SUITE_P(All, RealPhoto, testing::ValuesIn(real_photos()),
                         [](const auto& kind) { return kind.param.stem().string(); });

TEST_P(RealPhoto, ComesBackWithItsMetadata) {
  const Photo photo = decode_photo(read_file(GetParam()), GetParam());
  Warnings warnings;
  const Stamp stamp{"1", "m", "s", "h"};
  const Bytes file = encode(photo, {.quality = 95, .stamp = stamp}, &warnings);
  EXPECT_TRUE(warnings.empty()) << warnings.front();
  const PhotoHeader header = read_header(file, "again");
  EXPECT_EQ(header.size, photo.pixels.size());
  EXPECT_EQ(header.orientation, 1);
  EXPECT_EQ(header.stamp, stamp);
  EXPECT_EQ(header.profile, photo.profile);

  const Photo again = decode(file);
  EXPECT_TRUE(again.warnings.empty()) << again.warnings.front();
  EXPECT_GT(compare_photos(photo, again).psnr_db, 34);
  EXPECT_EQ(again.metadata->exif.size(), photo.metadata->exif.size());
  EXPECT_EQ(again.metadata->photoshop.empty(), photo.metadata->photoshop.empty());
  EXPECT_EQ(again.metadata->xmp.extended, photo.metadata->xmp.extended);
}

}  // namespace
}  // namespace hdrtile::test
