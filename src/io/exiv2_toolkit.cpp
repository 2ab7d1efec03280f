#include "exiv2_toolkit.h"

namespace hdrtile {
namespace {

std::mutex& mutex() {
  static std::mutex global;
  return global;
}

}  // namespace

Exiv2Toolkit::Exiv2Toolkit() : lock_(mutex()) {
  static const bool ready = [] {
    Exiv2::LogMsg::setLevel(Exiv2::LogMsg::mute);  // a library of ours prints nothing
    Exiv2::XmpParser::initialize();
    Exiv2::XmpProperties::registerNs(stamp_namespace, "hdrtile");
    Exiv2::XmpProperties::registerNs("http://ns.adobe.com/xmp/note/", "xmpNote");
    return true;
  }();
  (void)ready;
}

Bytes encode_exif(Exiv2::ExifData& data, Exiv2::ByteOrder order) {
  Exiv2::MemIo io;
  Exiv2::IptcData no_iptc;
  Exiv2::XmpData no_xmp;
  const auto stated = order == Exiv2::bigEndian ? Exiv2::bigEndian : Exiv2::littleEndian;
  Exiv2::TiffParser::encode(io, nullptr, 0, stated, data, no_iptc, no_xmp);
  const auto* const block = io.mmap();
  return {block, block + io.size()};
}

}  // namespace hdrtile
