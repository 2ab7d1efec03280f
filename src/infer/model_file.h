#pragma once

#include <c10/core/Device.h>
#include <torch/csrc/jit/api/module.h>

#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>

#include "hdrtile/engine.h"

namespace hdrtile {

/// An open model file. It stays open, so that copies loaded later come from the same file even when its name is given
/// to another one meanwhile.
class ModelFile {
 public:
  /// Throws Error{model}: missing, no rights, empty, no TorchScript, contract broken, with `sha256` weights other than
  /// stated.
  explicit ModelFile(const std::filesystem::path& path, const Sha256& sha256 = {});

  [[nodiscard]] const ModelInfo& info() const noexcept { return info_; }
  /// "model 'path'", for messages.
  [[nodiscard]] std::string subject() const { return "model '" + info_.path.string() + "'"; }

  /// A fresh copy in evaluation mode, its weights in FP32 whatever they are stored in. Thread-safe.
  [[nodiscard]] torch::jit::Module load(c10::Device device);

 private:
  void open();
  void describe(const torch::jit::Module& module, const std::string& description);
  void check_weights(const torch::jit::Module& module, const Sha256& sha256);

  ModelInfo info_;
  std::mutex loading_;  // guards the next two
  std::ifstream file_;
  std::optional<torch::jit::Module> parsed_;  // what it was described from: the first to ask gets it
};

}  // namespace hdrtile
