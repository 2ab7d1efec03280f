#include "logging.h"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <mutex>

namespace hdrtile::cli {
namespace {

class StatusLineSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit StatusLineSink(StatusLine& line) : line_(line) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const char* const kind = message.level >= spdlog::level::err    ? "error: "
                             : message.level == spdlog::level::warn ? "warning: "
                                                                    : "";
    line_.print(kind + std::string(message.payload.data(), message.payload.size()));
  }
  void flush_() override {}

 private:
  StatusLine& line_;
};

}  // namespace

void set_up_logging(int verbosity, StatusLine& line) {
  auto logger = std::make_shared<spdlog::logger>("hdrtile", std::make_shared<StatusLineSink>(line));
  logger->set_level(verbosity < 0 ? spdlog::level::warn : verbosity > 0 ? spdlog::level::debug : spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace hdrtile::cli
