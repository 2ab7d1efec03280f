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

}  // namespace hdrtile
