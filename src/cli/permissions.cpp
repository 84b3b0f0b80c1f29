// cli/permissions.cpp - see permissions.h.
#include "cli/permissions.h"

#include "cli/format.h"

namespace argosy::cli {
namespace {

constexpr char const* kEverybody = "all";

bool is_account(std::string_view word) {
  return word.size() == 12 && word.find_first_not_of("0123456789") == word.npos;
}
bool is_arn_of(std::string_view word, std::string_view kind) {
  return word.starts_with("arn:") && word.contains(":organizations::") && word.contains(kind);
}

std::vector<ec2::LaunchPermission> to_launch_permissions(Audience const& audience) {
  std::vector<ec2::LaunchPermission> out;
  for (auto const& account : audience.accounts) out.emplace_back().user_id = account;
  for (auto const& arn : audience.organizations) out.emplace_back().organization_arn = arn;
  for (auto const& arn : audience.units) out.emplace_back().organizational_unit_arn = arn;
  if (audience.everybody) out.emplace_back().group = kEverybody;
  return out;
}

}  // namespace

Outcome<Audience> parse_audience(std::vector<std::string> const& words) {
  Audience audience;
  for (auto const& word : without_repeats(words)) {
    if (is_account(word)) {
      audience.accounts.push_back(word);
    } else if (is_arn_of(word, ":organization/")) {
      audience.organizations.push_back(word);
    } else if (is_arn_of(word, ":ou/")) {
      audience.units.push_back(word);
    } else {
      return stop(Exit::usage, "\"" + word +
                                   "\" is neither an account (12 digits) nor the ARN of an organization or "
                                   "organizational unit");
    }
  }
  return audience;
}

Audience to_audience(std::vector<ec2::LaunchPermission> const& permissions) {
  Audience audience;
  for (auto const& permission : permissions) {
    if (permission.user_id) audience.accounts.push_back(*permission.user_id);
    if (permission.organization_arn) audience.organizations.push_back(*permission.organization_arn);
    if (permission.organizational_unit_arn) audience.units.push_back(*permission.organizational_unit_arn);
    if (permission.group == kEverybody) audience.everybody = true;
  }
  return audience;
}

Audience to_audience(std::vector<ec2::CreateVolumePermission> const& permissions) {
  Audience audience;
  for (auto const& permission : permissions) {
    if (permission.user_id) audience.accounts.push_back(*permission.user_id);
    if (permission.group == kEverybody) audience.everybody = true;
  }
  return audience;
}

std::string show_audience(Audience const& audience) {
  std::string out;
  auto add = [&](std::string const& part) { (out += out.empty() ? "" : ", ") += part; };
  if (audience.everybody) add("public");
  if (!audience.accounts.empty()) add(show_count(audience.accounts.size(), "account"));
  if (!audience.organizations.empty()) add(show_count(audience.organizations.size(), "organization"));
  if (!audience.units.empty()) add(show_count(audience.units.size(), "unit"));
  return out.empty() ? "-" : out;
}

std::string list_audience(Audience const& audience) {
  std::string out = audience.everybody ? "everybody" : "";
  for (auto const* names : {&audience.accounts, &audience.organizations, &audience.units})
    for (auto const& name : *names) (out += out.empty() ? "" : ", ") += name;
  return out.empty() ? "nobody else" : out;
}

boost::json::object to_json(Audience const& audience) {
  return {{"public", audience.everybody},
          {"accounts", boost::json::value_from(audience.accounts)},
          {"organizations", boost::json::value_from(audience.organizations)},
          {"units", boost::json::value_from(audience.units)}};
}

Outcome<void> check_snapshot_audience(Audience const& audience) {
  if (!audience.organizations.empty() || !audience.units.empty())
    return stop(Exit::usage, "snapshots can be shared with accounts, not with organizations");
  return {};
}

Outcome<void> change_launch_permissions(Session& session, std::string const& image_id, Change change,
                                        Audience const& audience) {
  ec2::ModifyImageAttributeRequest request;
  request.image_id = image_id;
  auto& modifications = request.launch_permission.emplace();
  (change == Change::grant ? modifications.add : modifications.remove) = to_launch_permissions(audience);
  return modify_image_attribute(session, request);
}

Outcome<void> change_snapshot_permissions(Session& session, std::vector<std::string> const& snapshot_ids,
                                          Change change, Audience const& audience) {
  std::vector<ec2::CreateVolumePermission> permissions;
  for (auto const& account : audience.accounts) permissions.emplace_back().user_id = account;
  if (audience.everybody) permissions.emplace_back().group = kEverybody;
  if (permissions.empty()) return {};
  return try_each(snapshot_ids, [&](std::string const& id) {
    ec2::ModifySnapshotAttributeRequest request;
    request.snapshot_id = id;
    auto& modifications = request.create_volume_permission.emplace();
    (change == Change::grant ? modifications.add : modifications.remove) = permissions;
    return modify_snapshot_attribute(session, request);
  });
}

}  // namespace argosy::cli
