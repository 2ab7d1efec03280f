#pragma once

#include <memory>
#include <optional>
#include <string>

#include "bytes.h"
#include "hdrtile/image.h"

namespace hdrtile {

/// An embedded ICC profile against sRGB. Values are native samples in [0, 1]; sRGB is unbounded, so that colours
/// outside its gamut come back as they were. Immutable; conversions may run from several threads.
class ColourProfile {
 public:
  enum class Space : std::uint8_t { grey, rgb, cmyk, other };

  /// Null when the profile is damaged or says nothing about colours of a picture.
  [[nodiscard]] static std::shared_ptr<const ColourProfile> open(ByteView icc);
  virtual ~ColourProfile() = default;

  [[nodiscard]] virtual Space space() const noexcept = 0;
  [[nodiscard]] virtual std::string description() const = 0;
  /// Whether it is sRGB by its values, to a quarter of an 8-bit step: names are not to be trusted.
  [[nodiscard]] virtual bool is_srgb() const = 0;
  /// Whether samples are coded by PQ or HLG, as far as the profile tells by number or by its curves.
  [[nodiscard]] virtual bool is_hdr() const = 0;
  /// Native samples (channels as the space has) to three-channel f32. Throws Error{unsupported} when it cannot be done.
  [[nodiscard]] virtual Image to_srgb(const Image& native) const = 0;
  /// Three-channel f32 to native samples of `depth`, clamped to what the file can hold. Empty when the profile has no
  /// way back.
  [[nodiscard]] virtual Image from_srgb(const Image& srgb, Depth depth) const = 0;
};

/// Named colours with sRGB's curve; those of Adobe RGB (1998) with its own.
enum class Primaries : std::uint8_t { srgb, display_p3, bt2020, adobe_rgb };
[[nodiscard]] Bytes icc_of(Primaries primaries);
/// Primaries by their number in ITU-T H.273. Empty: those of sRGB, or a number that is not known.
[[nodiscard]] std::optional<Primaries> wide_primaries(int number) noexcept;

}  // namespace hdrtile
