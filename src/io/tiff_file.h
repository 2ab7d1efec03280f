#pragma once

#include <tiffio.h>

#include <string>

#include "bytes.h"

namespace hdrtile {

/// A TIFF in memory, opened by libtiff. Its messages are kept, not printed.
class TiffFile {
 public:
  explicit TiffFile(ByteView file);
  /// For writing; `mode` is libtiff's: "wl" or "wb" for either byte order, with 8 for BigTIFF, "a" after what is there.
  TiffFile(Bytes& out, const char* mode);
  TiffFile(const TiffFile&) = delete;
  TiffFile& operator=(const TiffFile&) = delete;
  ~TiffFile();

  /// Null when it could not be opened.
  [[nodiscard]] TIFF* get() const noexcept { return tiff_; }
  [[nodiscard]] const std::string& error() const noexcept { return error_; }

  /// A tag's value, or `missing`.
  template <typename T>
  [[nodiscard]] T value(ttag_t tag, T missing) const noexcept {
    T found{};
    return TIFFGetFieldDefaulted(tiff_, tag, &found) == 1 ? found : missing;
  }
  /// The bytes of a tag that holds a block of them; empty when there is none.
  [[nodiscard]] ByteView block(ttag_t tag) const noexcept;

 private:
  void open(const char* mode);

  ByteView in_;
  Bytes* out_ = nullptr;  // null: reading
  toff_t position_ = 0;
  std::string error_;
  TIFF* tiff_ = nullptr;
};

}  // namespace hdrtile
