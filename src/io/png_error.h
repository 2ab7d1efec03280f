#pragma once

#include <png.h>

#include <csetjmp>
#include <string>

namespace hdrtile {

/// libpng's way out of an error, as in jpeg_error.h: by longjmp to guarded_png(), never by an exception through C.
struct PngErrors {
  std::string message;
  std::jmp_buf jump{};

  static void leave(png_structp png, png_const_charp message) {
    auto& errors = *static_cast<PngErrors*>(png_get_error_ptr(png));
    errors.message = message;
    std::longjmp(errors.jump, 1);
  }
  static void ignore(png_structp, png_const_charp) {}
};

/// Runs calls of libpng, which hold nothing that needs a destructor; false when they failed.
template <typename Calls>
[[nodiscard]] bool guarded_png(PngErrors& errors, const Calls& calls) {
  if (setjmp(errors.jump) != 0) return false;
  calls();
  return true;
}

}  // namespace hdrtile
