#pragma once

#include <csetjmp>
#include <cstdio>
#include <string>

// jpeglib.h needs cstdio before it, and jerror.h's list of codes depends on jpeglib.h.
// clang-format off
#include <jpeglib.h>
#include <jerror.h>
// clang-format on

namespace hdrtile {

/// libjpeg's way out of an error. An exception must not cross its C frames, so they are left by longjmp; guarded() is
/// the only place that is jumped to. Calls under guarded() hold nothing that needs a destructor.
struct JpegErrorManager {
  jpeg_error_mgr base{};  // first: libjpeg sees this part alone
  std::jmp_buf jump{};
  char message[JMSG_LENGTH_MAX] = {};
  int code = 0;

  JpegErrorManager() {
    jpeg_std_error(&base);
    base.error_exit = [](j_common_ptr info) { of(info).leave(info); };
    base.output_message = [](j_common_ptr) {};
    base.emit_message = [](j_common_ptr, int) {};
  }
  JpegErrorManager(const JpegErrorManager&) = delete;
  JpegErrorManager& operator=(const JpegErrorManager&) = delete;

  static JpegErrorManager& of(j_common_ptr info) { return *reinterpret_cast<JpegErrorManager*>(info->err); }

  [[noreturn]] void leave(j_common_ptr info) {
    base.format_message(info, message);
    code = base.msg_code;
    std::longjmp(jump, 1);
  }
};

/// Runs calls of libjpeg; false when they failed (then `errors` says why).
template <typename Calls>
[[nodiscard]] bool guarded(JpegErrorManager& errors, const Calls& calls) {
  if (setjmp(errors.jump) != 0) return false;
  calls();
  return true;
}

}  // namespace hdrtile
