// ec2/regions.cpp - see regions.h.
#include "ec2/regions.h"

#include <algorithm>

#include "ec2/dry_run.h"
#include "ec2/facts.h"
#include "ec2/shapes.h"

namespace argosy::ec2 {
namespace {

namespace m = messages::ec2;

Result<void> check_known(std::vector<std::string> const& asked, std::vector<std::string> const& known,
                         char const* what) {
  std::vector<std::string> unknown;
  for (auto const& name : asked)
    if (std::ranges::find(known, name) == known.end()) unknown.push_back(name);
  if (!unknown.empty())
    return images::invalid_parameter_value(std::string("Invalid ") + what + ": [" + images::join(unknown) +
                                           "]");
  return {};
}

}  // namespace

std::string zone_id_of(std::string const& region) {
  std::string out;
  bool word = true;
  for (std::size_t i = 0; i < region.size(); ++i) {
    if (region[i] == '-') {
      word = true;
    } else if (word || (region[i] >= '0' && region[i] <= '9')) {
      out.push_back(region[i]);
      word = out.size() == 1;  // the first part is kept to its second letter
    }
  }
  return out + "-az1";
}

Result<m::DescribeRegionsResponse> describe_regions(std::vector<RegionEndpoint> const& regions,
                                                    m::DescribeRegionsRequest const& request) {
  TRY(stop_if_dry_run(request.dry_run));
  std::vector<std::string> names;
  for (auto const& region : regions) names.push_back(region.name);
  TRY(check_known(request.region_name, names, "region names"));
  m::DescribeRegionsResponse response;
  for (auto const& [name, endpoint] : regions) {
    bool wanted = TRY(holds(
        request.filter,
        {{"region-name", {name}}, {"endpoint", {endpoint}}, {"opt-in-status", {"opt-in-not-required"}}}));
    if (!wanted || !is_asked(request.region_name, name)) continue;
    m::Region region;
    region.region_name = name;
    region.region_endpoint = endpoint;
    region.opt_in_status = "opt-in-not-required";
    response.region_info.push_back(std::move(region));
  }
  return response;
}

Result<m::DescribeAvailabilityZonesResponse> describe_availability_zones(
    std::string const& region, m::DescribeAvailabilityZonesRequest const& request) {
  TRY(stop_if_dry_run(request.dry_run));
  auto const name = region + "a";
  auto const id = zone_id_of(region);
  TRY(check_known(request.zone_name, {name}, "availability zones"));
  TRY(check_known(request.zone_id, {id}, "availability zone ids"));
  bool wanted = TRY(holds(request.filter, {{"region-name", {region}},
                                           {"zone-name", {name}},
                                           {"zone-id", {id}},
                                           {"state", {"available"}},
                                           {"zone-type", {"availability-zone"}},
                                           {"opt-in-status", {"opt-in-not-required"}},
                                           {"group-name", {region + "-zg-1"}},
                                           {"group-long-name", {region}},
                                           {"message", {""}},
                                           {"parent-zone-id", {""}},
                                           {"parent-zone-name", {""}}}));
  m::DescribeAvailabilityZonesResponse response;
  if (!wanted) return response;
  m::AvailabilityZone zone;
  zone.opt_in_status = "opt-in-not-required";
  zone.region_name = region;
  zone.zone_name = name;
  zone.zone_id = id;
  zone.group_name = region + "-zg-1";
  zone.network_border_group = region;
  zone.zone_type = "availability-zone";
  zone.group_long_name = region;
  zone.zone_state = "available";
  response.availability_zone_info.push_back(std::move(zone));
  return response;
}

}  // namespace argosy::ec2
