// Whole files of every format: decoded, and now and then written again.
#include <cstdint>
#include <span>

#include "hdrtile/error.h"
#include "hdrtile/photo.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hdrtile;
  const std::span file(data, size);
  const DecodeLimits limits{.max_pixels = 1 << 18, .max_metadata_bytes = 1 << 20};
  try {
    const Photo photo = decode_photo(file, "photo", limits);
    // Encoders of HEIC, AVIF and JPEG XL take too long to be asked each time.
    const bool slow = photo.format == Format::heic || photo.format == Format::avif || photo.format == Format::jxl;
    if (size % (slow ? 64 : 4) != 0) return 0;
    std::vector<std::string> warnings;
    const EncodeOptions options{.metadata = MetadataPolicy::no_gps, .max_side = 64};
    (void)encode_photo(photo, options, warnings);
  } catch (const Error&) {  // whatever else is thrown is a finding
  }
  return 0;
}
