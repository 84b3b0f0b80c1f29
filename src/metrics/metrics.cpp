// metrics/metrics.cpp - see metrics.h. Source: prometheus.io, "Exposition formats".
#include "metrics/metrics.h"

#include <fmt/format.h>

#include <algorithm>

namespace argosy::metrics {
namespace {

std::string_view to_text(Kind kind) {
  switch (kind) {
    case Kind::counter:
      return "counter";
    case Kind::gauge:
      return "gauge";
    case Kind::histogram:
      return "histogram";
  }
  return {};
}

std::string escape(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string seconds(std::uint64_t microseconds) {
  return fmt::format("{}", static_cast<double>(microseconds) / 1e6);
}

}  // namespace

void Page::begin(Metric const& metric) {
  name_ = metric.name;
  text_ += fmt::format("# HELP {} {}.\n# TYPE {} {}\n", metric.name, metric.help, metric.name,
                       to_text(metric.kind));
}

void Page::line(std::string_view suffix, Labels labels, std::string_view value) {
  text_.append(name_).append(suffix);
  char separator = '{';
  for (auto const& [label, text] : labels) {
    text_ += fmt::format("{}{}=\"{}\"", separator, label, escape(text));
    separator = ',';
  }
  if (labels.size() > 0) text_ += '}';
  text_.append(" ").append(value).append("\n");
}

Requests::Row& Requests::row(std::string_view service, std::string_view operation) {
  std::lock_guard lock(mutex_);
  auto& row = rows_[Name(service, operation)];
  if (!row) row = std::make_unique<Row>();
  return *row;
}

void Requests::declare(std::string_view service, std::string_view operation) { row(service, operation); }

void Requests::count(std::string_view service, std::string_view operation, int status,
                     std::chrono::microseconds took) {
  auto& counted = row(service, operation);
  auto const time = static_cast<std::uint64_t>(std::max<std::int64_t>(0, took.count()));
  auto const bucket = std::ranges::lower_bound(kBounds, time) - kBounds.begin();
  ++counted.by_class[static_cast<std::size_t>(std::clamp(status / 100, 1, 5) - 1)];
  ++counted.by_time[static_cast<std::size_t>(bucket)];
  counted.microseconds += time;
}

void Requests::count_throttled(std::string_view service) {
  std::lock_guard lock(mutex_);
  auto found = throttled_.find(service);
  if (found == throttled_.end()) found = throttled_.emplace(service, 0).first;
  ++found->second;
}

void Requests::write(Page& page) const {
  std::lock_guard lock(mutex_);
  page.begin(table::kRequests);
  for (auto const& [name, row] : rows_)
    for (std::size_t i = 0; i < row->by_class.size(); ++i)
      if (auto const count = row->by_class[i].load(); count > 0 || i == 1)
        page.sample(
            {{"service", name.first}, {"operation", name.second}, {"code", fmt::format("{}xx", i + 1)}},
            count);
  page.begin(table::kRequestSeconds);
  for (auto const& [name, row] : rows_) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < row->by_time.size(); ++i) {
      sum += row->by_time[i];
      auto const bound = i < kBounds.size() ? seconds(kBounds[i]) : "+Inf";
      page.line("_bucket", {{"service", name.first}, {"operation", name.second}, {"le", bound}},
                std::to_string(sum));
    }
    page.line("_sum", {{"service", name.first}, {"operation", name.second}}, seconds(row->microseconds));
    page.line("_count", {{"service", name.first}, {"operation", name.second}}, std::to_string(sum));
  }
  page.begin(table::kThrottled);
  for (auto const& [service, count] : throttled_) page.sample({{"service", service}}, count);
}

}  // namespace argosy::metrics
