#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "bytes.h"
#include "hdrtile/photo.h"

namespace hdrtile {

/// What is made true in an XMP packet.
struct XmpEdits {
  Size size;
  bool to_srgb = false;  ///< what it says of the colour space becomes sRGB
  bool remove_gps = false;
  bool set_upright = true;
  bool merge_extended = false;  ///< one packet holds all: for formats that know no extended XMP
  ByteView iptc = {};           ///< records that go on as XMP, where it does not say the same already
  std::optional<Stamp> stamp;   ///< empty: a stamp that is there stays
};

struct Xmp {
  std::string packet;
  std::string extended;  ///< JPEG: what did not fit into 64 KB; the packet names its MD5
};

/// Whether a text or a block names a position: by "gps", "latitude" or "longitude".
[[nodiscard]] bool names_position(std::string_view text);

/// hdrtile's stamp in a packet, if it carries one. Damaged packets carry none.
[[nodiscard]] std::optional<Stamp> read_stamp(const std::string& packet);

/// The packet after the edits; empty when there is nothing to say. A damaged one is dropped with a warning.
[[nodiscard]] Xmp edit_xmp(const Xmp& source, const XmpEdits& edits, Warnings& warnings);

/// The MD5 by which a packet names its extended part: 32 upper-case hex digits; empty when it names none.
[[nodiscard]] std::string extended_xmp_id(const std::string& packet);

}  // namespace hdrtile
