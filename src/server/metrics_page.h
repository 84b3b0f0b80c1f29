// server/metrics_page.h - what GET /metrics answers: counters as they stand, and what is counted when asked.
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "http/server.h"
#include "metrics/metrics.h"
#include "server/region.h"

namespace argosy::server {

/// What the page is made from; all of it belongs to the process.
struct MetricSources {
  std::vector<std::unique_ptr<Region>> const& regions;
  std::vector<std::pair<std::string_view, http::Server const&>> endpoints;
  metrics::Requests const& requests;
  std::string const& data_directory;
  std::uint64_t free_disk_floor_bytes;
  Time started;
};

http::Response answer_metrics(MetricSources const& sources);

}  // namespace argosy::server
