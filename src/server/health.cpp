// server/health.cpp - see health.h.
#include "server/health.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/json.hpp>
#include <filesystem>

#include "server/operator.h"

namespace argosy::server {
namespace {

/// Longer than any bounded step takes, also that which builds the manifest of the largest disk.
constexpr Duration kStuck{900'000};

}  // namespace

bool is_stuck(Pulse const& pulse) { return pulse.waits_for == WaitsFor::nobody && pulse.in_step > kStuck; }

std::vector<std::string> find_unready(std::vector<std::unique_ptr<Region>> const& regions,
                                      std::string const& data_directory, std::uint64_t floor_bytes) {
  std::vector<std::string> out;
  for (auto const& region : regions) {
    if (auto checked = region->check(); !checked)
      out.push_back(
          fmt::format("{}: the catalogue does not answer: {}", region->name(), checked.error().message));
    for (auto const& pulse : region->pulses())
      if (is_stuck(pulse))
        out.push_back(
            fmt::format("{}: in one step for {} seconds", pulse.name, pulse.in_step.count() / 1'000));
  }
  std::error_code error;
  auto const space = std::filesystem::space(data_directory, error);
  if (error) {
    out.push_back(fmt::format("{}: {}", data_directory, error.message()));
  } else if (space.available < floor_bytes) {
    out.push_back(fmt::format("{} has {} MiB of free space, less than operations.free_disk_mib ({})",
                              data_directory, space.available >> 20U, floor_bytes >> 20U));
  }
  return out;
}

http::Response answer_ready(std::vector<std::unique_ptr<Region>> const& regions,
                            std::string const& data_directory, std::uint64_t floor_bytes) {
  auto const reasons = find_unready(regions, data_directory, floor_bytes);
  auto response = json_response(boost::json::object{{"ready", true}});
  if (reasons.empty()) return response;
  response = error_response({Fault::unavailable, {}, fmt::format("{}", fmt::join(reasons, "; "))});
  return response;
}

}  // namespace argosy::server
