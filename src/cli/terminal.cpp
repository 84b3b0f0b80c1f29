// cli/terminal.cpp - see terminal.h.
#include "cli/terminal.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>

#include "cli/format.h"

namespace argosy::cli {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kRedrawEvery{100};
constexpr std::chrono::seconds kLineEvery{30};
constexpr std::size_t kBarColumns = 24;
constexpr std::size_t kDefaultColumns = 80;

std::size_t terminal_columns() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kDefaultColumns;
  return size.ws_col;
}

std::optional<std::uint64_t> percent_of(Status const& status) {
  if (status.total_bytes > 0)
    return std::min<std::uint64_t>(100, status.done_bytes * 100 / status.total_bytes);
  if (status.percent) return static_cast<std::uint64_t>(std::clamp(*status.percent, 0, 100));
  return std::nullopt;
}

/// At most `columns` characters of UTF-8 text.
std::string_view cut(std::string_view text, std::size_t columns) {
  std::size_t end = 0;
  for (std::size_t seen = 0; end < text.size(); ++end)
    if ((static_cast<unsigned char>(text[end]) & 0xc0U) != 0x80U && ++seen > columns) break;
  return text.substr(0, end);
}

/// To stderr. What cannot be shown there is left out: neither the work ends because a terminal, or whoever
/// reads a pipe, is gone, nor what cleans up after it.
void show_or_lose(std::string_view text) {
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &broken_pipe, &before);
  std::fwrite(text.data(), 1, text.size(), stderr);
  timespec const now{};
  while (sigtimedwait(&broken_pipe, nullptr, &now) == SIGPIPE) {
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace

ProgressStyle choose_progress_style(Flags const& flags, Environment const& environment, bool is_terminal) {
  if (flags.quiet || flags.no_progress) return ProgressStyle::none;
  auto term = environment.find("TERM");
  bool dumb = term == environment.end() || term->second.empty() || term->second == "dumb";
  return is_terminal && !dumb && !environment.contains("CI") ? ProgressStyle::bars : ProgressStyle::lines;
}

std::string show_status(std::string_view label, Status const& status, milliseconds elapsed,
                        std::size_t bar_columns) {
  auto percent = percent_of(status);
  std::string line(label);
  if (bar_columns > 0) {
    auto filled = static_cast<std::size_t>(percent.value_or(0)) * bar_columns / 100;
    line += "  [" + std::string(filled, '#') + std::string(bar_columns - filled, '-') + "]";
  }
  if (percent) line += fmt::format("  {:3} %", *percent);
  line += "  " + status.state;  // before what a narrow terminal cuts off
  if (status.done_bytes > 0 || status.total_bytes > 0) {
    line += "  " + show_bytes(status.done_bytes);
    if (status.total_bytes > 0) line += " of " + show_bytes(status.total_bytes);
  }
  if (status.done_bytes > 0 && elapsed.count() >= 1000) {
    auto per_second = status.done_bytes * 1000 / static_cast<std::uint64_t>(elapsed.count());
    line += "  " + show_bytes(per_second) + "/s";
    if (per_second > 0 && status.total_bytes > status.done_bytes) {
      auto left = std::chrono::seconds((status.total_bytes - status.done_bytes) / per_second);
      line += "  " + show_duration(left) + " left";
    }
  }
  return line;
}

Terminal::Terminal(Format format, ProgressStyle style, bool quiet)
    : format_(format), style_(style), quiet_(quiet) {}

void Terminal::print(std::string_view text) {
  std::lock_guard lock(mutex_);
  erase_bars();  // they would be drawn over it
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);  // what is done is said, also if Ctrl-C comes next
  draw_bars();
}
void Terminal::print(boost::json::value const& value) { print(show_json(value)); }

void Terminal::note(std::string_view text) {
  if (!quiet_) complain(text);
}

void Terminal::complain(std::string_view text) {
  std::lock_guard lock(mutex_);
  erase_bars();
  write_line(text);
  draw_bars();
}

Terminal::Line Terminal::begin(std::string label) {
  std::lock_guard lock(mutex_);
  work_.push_back({std::move(label), {}, steady_clock::now(), {}, false});
  return work_.size() - 1;
}

void Terminal::update(Line line, Status const& status) {
  std::lock_guard lock(mutex_);
  auto& work = work_[line];
  auto now = steady_clock::now();
  bool changed = work.status.state != status.state;
  work.status = status;
  if (style_ == ProgressStyle::lines && (changed || now - work.shown >= kLineEvery)) {
    work.shown = now;
    write_line(show_status(work.label, status, duration_cast<milliseconds>(now - work.began), 0));
  }
  if (style_ == ProgressStyle::bars && (changed || now - drawn_ >= kRedrawEvery)) {
    erase_bars();
    draw_bars();
  }
}

void Terminal::end(Line line) {
  std::lock_guard lock(mutex_);
  work_[line].ended = true;
  erase_bars();
  draw_bars();
}

Outcome<void> Terminal::finish() {
  if (std::ferror(stdout) != 0) return stop(Exit::failed, "cannot write to stdout");
  return {};
}

void Terminal::write_line(std::string_view text) { show_or_lose(fmt::format("{}\n", text)); }

void Terminal::erase_bars() {
  if (bars_drawn_ > 0) show_or_lose(fmt::format("\x1b[{}A\x1b[J", bars_drawn_));
  bars_drawn_ = 0;
}

void Terminal::draw_bars() {
  if (style_ != ProgressStyle::bars) return;
  drawn_ = steady_clock::now();
  auto columns = terminal_columns();
  for (auto const& work : work_) {
    if (work.ended) continue;
    auto elapsed = duration_cast<milliseconds>(drawn_ - work.began);
    write_line(cut(show_status(work.label, work.status, elapsed, kBarColumns), columns - 1));
    ++bars_drawn_;
  }
}

}  // namespace argosy::cli
