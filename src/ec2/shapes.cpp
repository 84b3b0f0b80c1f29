// ec2/shapes.cpp - see shapes.h.
#include "ec2/shapes.h"

#include <algorithm>
#include <set>

#include "access/caller.h"
#include "base/text.h"

namespace argosy::ec2 {

namespace m = messages::ec2;

namespace {
/// As many as a page of a list holds.
constexpr std::size_t kMostSelected = 1'000;
}  // namespace

std::vector<m::Tag> to_shape(std::vector<images::Tag> const& tags) {
  std::vector<m::Tag> out;
  for (auto const& tag : tags) out.push_back({tag.key, tag.value});
  return out;
}

m::BlockDeviceMapping to_shape(images::Mapping const& mapping) {
  m::BlockDeviceMapping out;
  out.device_name = mapping.device_name;
  out.virtual_name = mapping.virtual_name;
  if (mapping.virtual_name) return out;
  auto& ebs = out.ebs.emplace();
  ebs.delete_on_termination = mapping.delete_on_termination;
  if (mapping.iops) ebs.iops = static_cast<std::int32_t>(*mapping.iops);
  if (mapping.throughput) ebs.throughput = static_cast<std::int32_t>(*mapping.throughput);
  if (!mapping.snapshot_id.empty()) ebs.snapshot_id = mapping.snapshot_id;
  ebs.volume_size = static_cast<std::int32_t>(mapping.volume_size_gib);
  ebs.volume_type = mapping.volume_type;
  ebs.encrypted = mapping.encrypted;
  return out;
}

std::vector<catalogue::Filter> to_filters(std::vector<m::Filter> const& filters) {
  std::vector<catalogue::Filter> out;
  for (auto const& filter : filters) out.push_back({filter.name.value_or(""), filter.value});
  return out;
}

bool matches_any(m::Filter const& filter, std::string_view text) {
  return std::ranges::any_of(
      filter.value, [&](auto const& value) { return matches_wildcard(value, text, Escape::backslash); });
}

Result<std::vector<std::string>> to_selector(std::vector<std::string> const& given,
                                             std::string_view parameter) {
  if (given.size() > kMostSelected)
    return images::invalid_parameter_value("A call can name at most 1000 values of " +
                                           std::string(parameter));
  std::vector<std::string> out;
  std::set<std::string_view> seen;
  for (auto const& text : given)
    if (seen.insert(text).second) out.push_back(text);
  return out;
}

Result<images::Tag> to_tag(m::Tag const& tag) {
  images::Tag out{tag.key.value_or(""), tag.value.value_or("")};
  TRY(images::check_tag(out));
  return out;
}

Result<std::vector<images::Tag>> tags_for(std::vector<m::TagSpecification> const& specifications,
                                          std::string_view type,
                                          std::vector<std::string_view> const& allowed) {
  std::vector<images::Tag> out;
  for (auto const& specification : specifications) {
    auto const& given = specification.resource_type;
    if (!given) return images::missing_parameter("TagSpecification.ResourceType");
    if (std::ranges::find(allowed, *given) == allowed.end())
      return images::invalid_parameter_value("'" + *given +
                                             "' is not a valid taggable resource type for this operation.");
    if (*given != type) continue;
    for (auto const& tag : specification.tag) out.push_back(TRY(to_tag(tag)));
  }
  TRY(images::check_tags(out));
  return out;
}

Result<std::string> to_account(std::string_view text, std::string_view caller) {
  if (text == "self") return std::string(caller);
  if (!access::is_account_id(text)) return images::invalid_user_id(text);
  return std::string(text);
}

bool is_owner_alias(std::string_view text) {
  return text == "amazon" || text == "aws-marketplace" || text == "aws-backup-vault";
}

}  // namespace argosy::ec2
