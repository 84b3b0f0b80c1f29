// cli/endpoints.cpp - see endpoints.h.
#include "cli/endpoints.h"

#include <algorithm>

#include "http/url.h"

namespace argosy::cli {

std::optional<EndpointUrls> follow_endpoints(EndpointUrls const& given, std::string const& region,
                                             messages::ec2::DescribeRegionsResponse const& regions) {
  auto const ec2 = given.find("ec2");
  if (ec2 == given.end()) return std::nullopt;
  auto const asked = http::parse_endpoint(ec2->second);
  if (!asked) return std::nullopt;
  bool const lists_itself = std::ranges::any_of(
      regions.region_info, [&](auto const& entry) { return entry.region_endpoint == asked->authority(); });
  auto const wanted = std::ranges::find_if(regions.region_info,
                                           [&](auto const& entry) { return entry.region_name == region; });
  if (!lists_itself || wanted == regions.region_info.end() || !wanted->region_endpoint ||
      *wanted->region_endpoint == asked->authority())
    return std::nullopt;
  auto const url = std::string(asked->tls ? "https://" : "http://") + *wanted->region_endpoint;
  if (!http::parse_endpoint(url)) return std::nullopt;
  auto out = given;
  for (auto& [service, other] : out) {
    auto const endpoint = http::parse_endpoint(other);
    if (endpoint && endpoint->authority() == asked->authority()) other = url;
  }
  return out;
}

}  // namespace argosy::cli
