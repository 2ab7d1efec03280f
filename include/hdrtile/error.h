#pragma once

#include <stdexcept>
#include <string>

namespace hdrtile {

/// What kind of fault it was; the command line maps each kind to an exit code.
enum class ErrorCode {
  usage,          ///< the caller asked for something that cannot be (exit 2)
  input,          ///< a photo cannot be read: missing, no rights, empty, truncated, no image
  unsupported,    ///< a photo is whole, but of a kind hdrtile does not handle
  limit,          ///< a photo is larger than the limits allow
  output,         ///< a result cannot be written: rights, full disk, name taken
  model,          ///< a model is missing, is none, or returned what its contract forbids (exit 3)
  device,         ///< a device is missing or failed (exit 3)
  out_of_memory,  ///< memory was refused; the caller may try with less
  cancelled,      ///< the run was interrupted (exit 130)
};

/// The one exception type of hdrtile. The message names the file, what is wrong and what to do.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  [[nodiscard]] ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

}  // namespace hdrtile
