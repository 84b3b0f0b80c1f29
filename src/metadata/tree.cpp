// metadata/tree.cpp - see tree.h.
#include "metadata/tree.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <set>

namespace argosy::metadata {
namespace {

/// By path below a version. All that there is hangs on leaves: a folder is what several begin with.
using Leaves = std::map<std::string, Leaf, std::less<>>;

/// Those that EC2 has answered to over the years, as far as clients ask for them.
constexpr std::array<std::string_view, 20> kVersions{
    "1.0",        "2007-01-19", "2007-03-01", "2007-08-29", "2007-10-10", "2007-12-15", "2008-02-01",
    "2008-09-01", "2009-04-04", "2011-01-01", "2012-01-12", "2014-02-25", "2014-11-05", "2016-06-30",
    "2016-09-02", "2018-03-28", "2018-09-24", "2020-10-27", "2021-03-23", "latest"};

constexpr std::string_view kKeys = "meta-data/public-keys";

std::string document(Facts const& facts) {
  boost::json::object const out{{"accountId", facts.account},
                                {"architecture", facts.architecture},
                                {"availabilityZone", facts.availability_zone},
                                {"billingProducts", nullptr},
                                {"devpayProductCodes", nullptr},
                                {"imageId", facts.image_id},
                                {"instanceId", facts.instance_id},
                                {"instanceType", facts.instance_type},
                                {"kernelId", nullptr},
                                {"marketplaceProductCodes", nullptr},
                                {"pendingTime", to_iso8601(facts.launched)},
                                {"privateIp", facts.local_ipv4},
                                {"ramdiskId", nullptr},
                                {"region", facts.region},
                                {"version", "2017-09-30"}};
  return boost::json::serialize(out);
}

template <class List>
std::string join(List const& parts, std::string_view between) {
  std::string out;
  for (auto const& part : parts) {
    if (&part != &*parts.begin()) out += between;
    out += part;
  }
  return out;
}

std::string lines(std::vector<Group> const& groups, std::string Group::*member) {
  std::vector<std::string> out;
  for (auto const& group : groups) out.push_back(group.*member);
  return join(out, "\n");
}

void add_interface(Leaves& leaves, Facts const& facts) {
  auto const folder = "meta-data/network/interfaces/macs/" + facts.mac + "/";
  auto add = [&](std::string const& name, std::string text) { leaves[folder + name] = {std::move(text)}; };
  add("device-number", "0");
  add("interface-id", facts.interface_id);
  add("local-hostname", facts.local_hostname);
  add("local-ipv4s", facts.local_ipv4);
  add("mac", facts.mac);
  add("owner-id", facts.account);
  add("security-group-ids", lines(facts.security_groups, &Group::id));
  add("security-groups", lines(facts.security_groups, &Group::name));
  add("subnet-id", facts.subnet_id);
  add("subnet-ipv4-cidr-block", facts.subnet_cidr_block);
  add("vpc-id", facts.vpc_id);
  add("vpc-ipv4-cidr-block", facts.vpc_cidr_block);
  add("vpc-ipv4-cidr-blocks", facts.vpc_cidr_block);
}

Leaves leaves_of(Facts const& facts) {
  Leaves leaves;
  auto add = [&](std::string const& name, std::string text) {
    leaves["meta-data/" + name] = {std::move(text)};
  };
  add("ami-id", facts.image_id);
  add("ami-launch-index", std::to_string(facts.launch_index));
  add("ami-manifest-path", "(unknown)");
  for (auto const& [name, device] : facts.block_devices) add("block-device-mapping/" + name, device);
  add("hostname", facts.local_hostname);
  add("instance-action", "none");
  add("instance-id", facts.instance_id);
  add("instance-life-cycle", "on-demand");
  add("instance-type", facts.instance_type);
  add("local-hostname", facts.local_hostname);
  add("local-ipv4", facts.local_ipv4);
  add("mac", facts.mac);
  add("placement/availability-zone", facts.availability_zone);
  add("placement/availability-zone-id", facts.availability_zone_id);
  add("placement/region", facts.region);
  add("profile", "default-hvm");
  if (!facts.public_key.empty()) add("public-keys/0/openssh-key", facts.public_key);
  add("reservation-id", facts.reservation_id);
  add("security-groups", lines(facts.security_groups, &Group::name));
  add("services/domain", "amazonaws.com");
  add("services/partition", "aws");
  if (facts.tags)
    for (auto const& [key, value] : *facts.tags) add("tags/instance/" + key, value);
  add_interface(leaves, facts);
  leaves["dynamic/instance-identity/document"] = {document(facts)};
  if (!facts.user_data.empty())
    leaves["user-data"] = {std::string(as_text(facts.user_data)), "application/octet-stream"};
  return leaves;
}

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> out;
  while (!path.empty()) {
    auto const segment = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), segment.size() + 1));
    if (!segment.empty()) out.push_back(segment);
  }
  return out;
}

std::optional<Leaf> list_folder(Leaves const& leaves, Facts const& facts, std::string const& folder) {
  if (folder == kKeys && !facts.public_key.empty()) return Leaf{"0=" + facts.key_name};
  auto const prefix = folder.empty() ? std::string() : folder + "/";
  std::set<std::string> names;
  for (auto const& [path, leaf] : leaves) {
    if (!path.starts_with(prefix)) continue;
    auto const rest = std::string_view(path).substr(prefix.size());
    auto const slash = rest.find('/');
    bool const is_folder = slash != std::string_view::npos && !folder.empty();  // the uppermost have none
    names.insert(std::string(rest.substr(0, slash)) + (is_folder ? "/" : ""));
  }
  if (names.empty()) return std::nullopt;
  return Leaf{join(names, "\n")};
}

}  // namespace

std::optional<Leaf> look_up(Facts const& facts, std::string_view path) {
  auto segments = segments_of(path);
  if (segments.empty()) return Leaf{join(kVersions, "\n")};
  if (std::ranges::find(kVersions, segments.front()) == kVersions.end()) return std::nullopt;
  segments.erase(segments.begin());
  auto const leaves = leaves_of(facts);
  auto const below = join(segments, "/");
  auto const found = leaves.find(below);
  if (found != leaves.end()) return found->second;
  return list_folder(leaves, facts, below);
}

}  // namespace argosy::metadata
