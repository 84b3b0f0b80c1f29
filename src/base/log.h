// base/log.h - what the program says to its operator: one line per event on stderr, never a secret.
#pragma once
#include <fmt/format.h>

#include <string>
#include <utility>

namespace argosy {

enum class LogLevel { debug, info, warning, error, none };

/// Lines below this level are dropped. Default: info.
void set_log_level(LogLevel level);
/// Thread-safe. Written before return, on one line: whatever the text is made of, what would end it or move
/// a terminal's cursor is escaped.
void log_line(LogLevel level, std::string const& line);

template <class... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::info, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::warning, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_error(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::error, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace argosy
