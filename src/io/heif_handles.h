#pragma once

#include <libheif/heif.h>

#include <memory>

namespace hdrtile {

template <auto release>
struct Release {
  template <typename T>
  void operator()(T* handle) const noexcept {
    release(handle);
  }
};

using HeifContext = std::unique_ptr<heif_context, Release<heif_context_free>>;
using HeifHandle = std::unique_ptr<heif_image_handle, Release<heif_image_handle_release>>;
using HeifImage = std::unique_ptr<heif_image, Release<heif_image_release>>;

/// How libheif names interleaved samples.
[[nodiscard]] inline heif_chroma heif_samples(bool wide, bool alpha) {
  if (wide) return alpha ? heif_chroma_interleaved_RRGGBBAA_LE : heif_chroma_interleaved_RRGGBB_LE;
  return alpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB;
}

}  // namespace hdrtile
