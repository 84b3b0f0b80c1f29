// server/metrics_page.cpp - see metrics_page.h.
#include "server/metrics_page.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/log.h"
#include "catalogue/usage.h"
#include "server/health.h"

namespace argosy::server {
namespace {

namespace table = metrics::table;
using metrics::Page;

std::uint64_t resident_bytes() {
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::uint64_t open_files() {
  std::error_code error;
  std::uint64_t count = 0;
  for (std::filesystem::directory_iterator at("/proc/self/fd", error), end; !error && at != end;
       at.increment(error))
    ++count;
  return count;
}

void write_process(Page& page, MetricSources const& sources) {
  page.begin(table::kReady);
  bool const ready =
      find_unready(sources.regions, sources.data_directory, sources.free_disk_floor_bytes).empty();
  page.sample({}, ready ? 1 : 0);
  page.begin(table::kFreeBytes);
  std::error_code error;
  auto const space = std::filesystem::space(sources.data_directory, error);
  if (!error) page.sample({}, space.available);
  page.begin(table::kMemoryBytes);
  page.sample({}, resident_bytes());
  page.begin(table::kOpenFiles);
  page.sample({}, open_files());
  page.begin(table::kStartTime);
  page.line({}, {}, fmt::format("{:.3f}", static_cast<double>(to_milliseconds(sources.started)) / 1'000));
}

void write_endpoints(Page& page, MetricSources const& sources) {
  auto const each = [&](metrics::Metric const& metric, auto value_of) {
    page.begin(metric);
    for (auto const& [name, server] : sources.endpoints)
      page.sample({{"endpoint", name}}, value_of(server.load()));
  };
  each(table::kConnections, [](http::Load const& load) { return load.connections; });
  each(table::kRequestsUnderWay, [](http::Load const& load) { return load.requests; });
  each(table::kWaitingRequests, [](http::Load const& load) { return load.waiting_requests; });
  each(table::kBodiesBytes, [](http::Load const& load) { return load.bodies_bytes; });
  each(table::kReceivedBytes, [](http::Load const& load) { return load.received_bytes; });
  each(table::kSentBytes, [](http::Load const& load) { return load.sent_bytes; });
  page.begin(table::kCertificateExpiry);
  for (auto const& [name, server] : sources.endpoints)
    if (auto const expires = server.load().certificate_expires)
      page.sample({{"endpoint", name}}, static_cast<std::uint64_t>(to_milliseconds(*expires) / 1'000));
  page.begin(table::kRefusals);
  for (auto const& [name, server] : sources.endpoints) {
    auto const load = server.load();
    for (std::size_t i = 0; i < load.refusals.size(); ++i)
      page.sample({{"endpoint", name}, {"reason", http::kRefusalReasons[i]}}, load.refusals[i]);
  }
}

/// What a region's catalogue counts; a region that does not answer is left out, and readiness says so.
void write_catalogues(Page& page, MetricSources const& sources) {
  std::vector<std::pair<std::string_view, catalogue::RegionCounts>> counted;
  for (auto const& region : sources.regions) {
    if (auto counts = region->count()) {
      counted.emplace_back(region->name(), *std::move(counts));
    } else {
      log_error("{}: cannot be counted: {}", region->name(), counts.error().message);
    }
  }
  page.begin(table::kImages);
  for (auto const& [name, counts] : counted)
    page.sample({{"region", name}}, static_cast<std::uint64_t>(counts.images));
  page.begin(table::kSnapshots);
  for (auto const& [name, counts] : counted)
    for (auto const& [state, count] : counts.snapshots)
      page.sample({{"region", name}, {"state", state}}, static_cast<std::uint64_t>(count));
  page.begin(table::kPendingUploads);
  for (auto const& [name, counts] : counted) {
    page.sample({{"region", name}, {"phase", "open"}}, static_cast<std::uint64_t>(counts.open_uploads));
    page.sample({{"region", name}, {"phase", "completing"}},
                static_cast<std::uint64_t>(counts.completing_uploads));
  }
  page.begin(table::kCopies);
  for (auto const& [name, counts] : counted)
    page.sample({{"region", name}}, static_cast<std::uint64_t>(counts.copies));
  page.begin(table::kInstances);
  for (auto const& [name, counts] : counted)
    for (auto const& [state, count] : counts.instances)
      page.sample({{"region", name}, {"state", state}}, static_cast<std::uint64_t>(count));
  page.begin(table::kVolumes);
  for (auto const& [name, counts] : counted)
    page.sample({{"region", name}}, static_cast<std::uint64_t>(counts.volumes));
}

void write_stores(Page& page, MetricSources const& sources) {
  std::vector<std::pair<std::string_view, store::Store::PackTotals>> counted;
  for (auto const& region : sources.regions)
    if (auto totals = region->store().pack_totals()) counted.emplace_back(region->name(), *totals);
  auto const each = [&](metrics::Metric const& metric, auto value_of) {
    page.begin(metric);
    for (auto const& [name, totals] : counted)
      page.sample({{"region", name}}, static_cast<std::uint64_t>(value_of(totals)));
  };
  each(table::kPacks, [](auto const& totals) { return totals.packs; });
  each(table::kStoredBytes, [](auto const& totals) { return totals.stored_bytes; });
  each(table::kWaitingBytes, [](auto const& totals) { return totals.waiting_bytes; });
  each(table::kDamagedChunks, [](auto const& totals) { return totals.damaged_chunks; });
}

void write_background(Page& page, MetricSources const& sources) {
  page.begin(table::kCopiedBytes);
  for (auto const& region : sources.regions)
    page.sample({{"region", region->name()}}, region->copied_bytes());
  page.begin(table::kBackgroundSteps);
  std::map<std::pair<std::string, std::string>, Pulse> together;  // several threads do the same work
  for (auto const& region : sources.regions)
    for (auto const& pulse : region->pulses()) {
      auto& sum = together[{region->name(), pulse.name.substr(region->name().size() + 2)}];
      sum.steps += pulse.steps;
      sum.failures += pulse.failures;
    }
  for (auto const& [name, pulse] : together) {
    page.sample({{"region", name.first}, {"work", name.second}, {"result", "ok"}},
                pulse.steps - pulse.failures);
    page.sample({{"region", name.first}, {"work", name.second}, {"result", "failed"}}, pulse.failures);
  }
}

}  // namespace

http::Response answer_metrics(MetricSources const& sources) {
  Page page;
  sources.requests.write(page);
  write_endpoints(page, sources);
  write_catalogues(page, sources);
  write_stores(page, sources);
  write_background(page, sources);
  write_process(page, sources);
  http::Response response;
  response.headers = {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}};
  response.body = to_bytes(as_bytes(page.text()));
  return response;
}

}  // namespace argosy::server
