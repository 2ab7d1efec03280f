#pragma once

#include <c10/core/Device.h>
#include <torch/csrc/jit/api/module.h>

#include <filesystem>
#include <fstream>

#include "hdrtile/engine.h"

namespace hdrtile {

/// An open model file. It stays open, so that copies loaded later come from the same file even when its name is given
/// to another one meanwhile.
class ModelFile {
 public:
  /// Throws Error{model}: missing, no rights, empty, no TorchScript, contract broken.
  explicit ModelFile(const std::filesystem::path& path);

  [[nodiscard]] const ModelInfo& info() const noexcept { return info_; }
  /// "model 'path'", for messages.
  [[nodiscard]] std::string subject() const { return "model '" + info_.path.string() + "'"; }

  /// A fresh copy in evaluation mode, weights as stored.
  [[nodiscard]] torch::jit::Module load(c10::Device device);

 private:
  void open();
  void describe(const torch::jit::Module& module, const std::string& description);

  ModelInfo info_;
  std::ifstream file_;
};

}  // namespace hdrtile
