// base/log.cpp - see log.h; spdlog does the writing.
#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/assert.h"
#include "base/text.h"

namespace argosy {
namespace {

spdlog::logger& logger() {
  static std::shared_ptr<spdlog::logger> const instance = [] {
    auto made = std::make_shared<spdlog::logger>("argosy", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    made->flush_on(spdlog::level::debug);
    return made;
  }();
  return *instance;
}

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::none:
      return spdlog::level::off;
  }
  return spdlog::level::err;
}

}  // namespace

void set_log_level(LogLevel level) { logger().set_level(to_spdlog(level)); }

void log_line(LogLevel level, std::string const& line) {
  logger().log(to_spdlog(level), escape_controls(line));
}

void assertion_failed(char const* expression, char const* file, int line) {
  set_log_level(LogLevel::error);
  log_error("assertion failed: {} at {}:{}", expression, file, line);
  std::abort();
}

}  // namespace argosy
