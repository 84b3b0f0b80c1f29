// ec2/snapshot_attributes.cpp - see snapshot_attributes.h.
#include "ec2/snapshot_attributes.h"

#include "catalogue/permissions.h"
#include "catalogue/snapshots.h"
#include "ec2/dry_run.h"
#include "ec2/limits.h"

namespace argosy::ec2 {
namespace {

namespace m = messages::ec2;
using images::Permission;
using images::PrincipalKind;

Result<void> expect_attribute(std::string const& attribute) {
  if (attribute != "createVolumePermission")
    return images::invalid_parameter_value(
        "Value (" + attribute + ") for parameter attribute is invalid. Expected createVolumePermission.");
  return {};
}

Result<std::vector<Permission>> to_permissions(std::vector<m::CreateVolumePermission> const& given) {
  std::vector<Permission> out;
  for (auto const& item : given) {
    if (item.user_id.has_value() == item.group.has_value())
      return images::invalid_parameter_combination(
          "Each create volume permission has exactly one of UserId and Group.");
    out.push_back(item.user_id ? TRY(images::parse_launch_permission(PrincipalKind::account, *item.user_id))
                               : TRY(images::parse_launch_permission(PrincipalKind::group, *item.group)));
  }
  return out;
}

struct Modifications {
  std::vector<Permission> add;
  std::vector<Permission> remove;
};

Result<Modifications> to_modifications(m::ModifySnapshotAttributeRequest const& request) {
  if (request.attribute) TRY(expect_attribute(*request.attribute));
  Modifications out;
  if (request.create_volume_permission) {
    if (request.operation_type)  // without which lists say nothing: Packer sends both forms
      return images::invalid_parameter_combination(
          "CreateVolumePermission cannot be combined with OperationType.");
    out.add = TRY(to_permissions(request.create_volume_permission->add));
    out.remove = TRY(to_permissions(request.create_volume_permission->remove));
  } else {
    if (!request.operation_type) return images::missing_parameter("CreateVolumePermission or OperationType");
    if (*request.operation_type != "add" && *request.operation_type != "remove")
      return images::invalid_parameter_value(
          "Value (" + *request.operation_type +
          ") for parameter operationType is invalid. Expected add or remove.");
    auto& list = *request.operation_type == "add" ? out.add : out.remove;
    for (auto const& user : request.user_id)
      list.push_back(TRY(images::parse_launch_permission(PrincipalKind::account, user)));
    for (auto const& group : request.user_group)
      list.push_back(TRY(images::parse_launch_permission(PrincipalKind::group, group)));
  }
  if (!out.add.empty() && !out.remove.empty())
    return images::invalid_parameter_combination(
        "A call can either add or remove create volume permissions, not both.");
  if (out.add.empty() && out.remove.empty()) return images::missing_parameter("UserId or Group");
  if (out.add.size() + out.remove.size() > kMaxSnapshotModifications)
    return images::invalid_parameter_value("A call can make at most 500 modifications");
  return out;
}

}  // namespace

Result<m::DescribeSnapshotAttributeResponse> describe_snapshot_attribute(
    catalogue::Transaction& tx, access::Caller const& caller,
    m::DescribeSnapshotAttributeRequest const& request) {
  auto id = TRY(images::SnapshotId::parse(request.snapshot_id));
  if (request.attribute != "productCodes") TRY(expect_attribute(request.attribute));
  TRY(stop_if_dry_run(request.dry_run));
  auto snapshot = TRY(catalogue::find_owned_snapshot(tx, caller.account, id));
  m::DescribeSnapshotAttributeResponse out;
  out.snapshot_id = snapshot.id;
  if (request.attribute == "productCodes") {
    out.product_codes.emplace();
    return out;
  }
  auto& list = out.create_volume_permission.emplace();
  auto permissions = TRY(catalogue::list_permissions(tx, snapshot.id));
  for (auto const& permission : permissions) {
    auto& item = list.emplace_back();
    (permission.kind == PrincipalKind::group ? item.group : item.user_id) = permission.value;
  }
  return out;
}

Result<m::ModifySnapshotAttributeResponse> modify_snapshot_attribute(
    catalogue::Transaction& tx, access::Caller const& caller, keystore::EbsKeys const& keys,
    m::ModifySnapshotAttributeRequest const& request) {
  auto id = TRY(images::SnapshotId::parse(request.snapshot_id));
  auto modifications = TRY(to_modifications(request));
  TRY(stop_if_dry_run(request.dry_run));
  auto snapshot = TRY(catalogue::find_owned_snapshot(tx, caller.account, id));
  auto const encryption = TRY(keys.encryption_of(tx, snapshot));
  for (auto const& permission : modifications.add) {
    TRY(images::check_snapshot_sharing(encryption, permission));
    TRY(catalogue::add_permission(tx, snapshot.id, snapshot.start_time, permission));
  }
  for (auto const& permission : modifications.remove)
    TRY(catalogue::remove_permission(tx, snapshot.id, permission));
  if (!modifications.add.empty()) TRY(check_permission_limit(tx, caller, snapshot.id));
  return m::ModifySnapshotAttributeResponse{};
}

Result<m::ResetSnapshotAttributeResponse> reset_snapshot_attribute(
    catalogue::Transaction& tx, access::Caller const& caller,
    m::ResetSnapshotAttributeRequest const& request) {
  auto id = TRY(images::SnapshotId::parse(request.snapshot_id));
  TRY(expect_attribute(request.attribute));
  TRY(stop_if_dry_run(request.dry_run));
  auto snapshot = TRY(catalogue::find_owned_snapshot(tx, caller.account, id));
  TRY(catalogue::remove_all_permissions(tx, snapshot.id));
  return m::ResetSnapshotAttributeResponse{};
}

}  // namespace argosy::ec2
