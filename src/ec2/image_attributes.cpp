// ec2/image_attributes.cpp - see image_attributes.h.
#include "ec2/image_attributes.h"

#include <algorithm>
#include <array>

#include "catalogue/images.h"
#include "catalogue/permissions.h"
#include "catalogue/snapshots.h"
#include "ec2/dry_run.h"
#include "ec2/limits.h"
#include "ec2/shapes.h"

namespace argosy::ec2 {
namespace {

namespace m = messages::ec2;
using images::Permission;
using images::PrincipalKind;

/// A public image is deprecated two years after its creation at the latest. Source: ec2-semantics E3.
constexpr auto kPublicAge = std::chrono::days(730);

m::LaunchPermission to_shape(Permission const& permission) {
  m::LaunchPermission out;
  switch (permission.kind) {
    case PrincipalKind::account:
      out.user_id = permission.value;
      break;
    case PrincipalKind::group:
      out.group = permission.value;
      break;
    case PrincipalKind::organization:
      out.organization_arn = permission.value;
      break;
    case PrincipalKind::organizational_unit:
      out.organizational_unit_arn = permission.value;
      break;
  }
  return out;
}

Result<Permission> to_permission(m::LaunchPermission const& given) {
  std::array<std::pair<PrincipalKind, std::optional<std::string> const*>, 4> const members{{
      {PrincipalKind::account, &given.user_id},
      {PrincipalKind::group, &given.group},
      {PrincipalKind::organization, &given.organization_arn},
      {PrincipalKind::organizational_unit, &given.organizational_unit_arn},
  }};
  if (std::ranges::count_if(members, [](auto const& member) { return member.second->has_value(); }) != 1)
    return images::invalid_parameter_combination(
        "Each launch permission has exactly one of UserId, Group, OrganizationArn and "
        "OrganizationalUnitArn.");
  for (auto const& [kind, value] : members)
    if (*value) return images::parse_launch_permission(kind, **value);
  return images::missing_parameter("UserId");
}

struct Modifications {
  std::vector<Permission> add;
  std::vector<Permission> remove;
};

Result<Modifications> to_modifications(m::LaunchPermissionModifications const& given) {
  Modifications out;
  for (auto const& item : given.add) out.add.push_back(TRY(to_permission(item)));
  for (auto const& item : given.remove) out.remove.push_back(TRY(to_permission(item)));
  if (out.add.empty() && out.remove.empty())
    return images::missing_parameter("LaunchPermission.Add or LaunchPermission.Remove");
  return out;
}

/// The older form: OperationType and lists of names.
Result<Modifications> to_modifications(m::ModifyImageAttributeRequest const& request) {
  Modifications out;
  if (!request.operation_type) return images::missing_parameter("OperationType");
  if (*request.operation_type != "add" && *request.operation_type != "remove")
    return images::invalid_parameter_value(
        "Value (" + *request.operation_type +
        ") for parameter operationType is invalid. Expected add or remove.");
  auto& list = *request.operation_type == "add" ? out.add : out.remove;
  auto take = [&](PrincipalKind kind, std::vector<std::string> const& values) -> Result<void> {
    for (auto const& value : values) list.push_back(TRY(images::parse_launch_permission(kind, value)));
    return {};
  };
  TRY(take(PrincipalKind::account, request.user_id));
  TRY(take(PrincipalKind::group, request.user_group));
  TRY(take(PrincipalKind::organization, request.organization_arn));
  TRY(take(PrincipalKind::organizational_unit, request.organizational_unit_arn));
  if (list.empty())
    return images::missing_parameter("UserId, UserGroup, OrganizationArn or OrganizationalUnitArn");
  return out;
}

/// Exactly one of these.
struct Change {
  std::optional<Modifications> permissions;
  std::optional<std::string> description;
  bool imds_v2 = false;
};

Result<Change> to_change(m::ModifyImageAttributeRequest const& request) {
  if (!request.product_code.empty()) return images::unsupported("Product codes cannot be added to an image.");
  auto const attribute = request.attribute.value_or("");
  if (!attribute.empty() && attribute != "launchPermission" && attribute != "description" &&
      attribute != "imdsSupport")
    return images::invalid_parameter_value("Value (" + attribute + ") for parameter attribute is invalid.");
  bool const lists = !request.user_id.empty() || !request.user_group.empty() ||
                     !request.organization_arn.empty() || !request.organizational_unit_arn.empty();
  // Packer sends both forms; without OperationType the lists say nothing.
  bool const legacy_permissions = request.operation_type || (lists && !request.launch_permission);
  bool const permissions = request.launch_permission || legacy_permissions || attribute == "launchPermission";
  bool const description = request.description || attribute == "description";
  bool const imds = request.imds_support || attribute == "imdsSupport";
  if (permissions + description + imds > 1 || (request.launch_permission && legacy_permissions))
    return images::invalid_parameter_combination("Only one attribute can be modified in a call.");
  Change out;
  if (permissions) {
    out.permissions = request.launch_permission ? TRY(to_modifications(*request.launch_permission))
                                                : TRY(to_modifications(request));
  } else if (description) {
    out.description = request.description ? request.description->value : request.value;
    if (!out.description) return images::missing_parameter("Description.Value");
    TRY(images::check_description(*out.description));
  } else if (imds) {
    auto value = request.imds_support ? request.imds_support->value : request.value;
    if (!value) return images::missing_parameter("ImdsSupport.Value");
    if (*value != "v2.0")
      return images::invalid_parameter_value("Value (" + *value +
                                             ") for parameter imdsSupport is invalid. Expected v2.0.");
    out.imds_v2 = true;
  } else {
    return images::missing_parameter("Attribute");
  }
  return out;
}

Result<void> apply(catalogue::Transaction& tx, images::Image& image, Modifications const& modifications) {
  for (auto const& permission : modifications.remove)
    TRY(catalogue::remove_permission(tx, image.id, permission));
  for (auto const& permission : modifications.add) {
    TRY(catalogue::add_permission(tx, image.id, image.created, permission));
    if (permission != images::kEverybody) continue;
    Time const latest = std::chrono::floor<std::chrono::minutes>(image.created + kPublicAge);
    if (!image.deprecation || *image.deprecation > latest) image.deprecation = latest;
    TRY(catalogue::save_image(tx, image));
  }
  return {};
}

/// Whether all that the image consists of may be shared with them.
Result<void> check_sharing(catalogue::Transaction& tx, keystore::EbsKeys const& keys,
                           images::Image const& image, std::vector<Permission> const& with) {
  for (auto const& mapping : image.mappings) {
    if (!mapping.encrypted || with.empty()) continue;
    auto snapshot = TRY(catalogue::find_snapshot(tx, mapping.snapshot_id));
    auto const encryption = TRY(keys.encryption_of(tx, snapshot));
    for (auto const& permission : with) TRY(images::check_image_sharing(encryption, permission));
  }
  return {};
}

Result<void> expect_launch_permission(std::string const& attribute) {
  if (attribute != "launchPermission")
    return images::invalid_parameter_value(
        "Value (" + attribute + ") for parameter attribute is invalid. Expected launchPermission.");
  return {};
}

}  // namespace

Result<m::DescribeImageAttributeResponse> describe_image_attribute(
    catalogue::Transaction& tx, access::Caller const& caller,
    m::DescribeImageAttributeRequest const& request) {
  auto id = TRY(images::ImageId::parse(request.image_id));
  static constexpr std::array<std::string_view, 13> kAttributes{"description",
                                                                "kernel",
                                                                "ramdisk",
                                                                "launchPermission",
                                                                "productCodes",
                                                                "blockDeviceMapping",
                                                                "sriovNetSupport",
                                                                "bootMode",
                                                                "tpmSupport",
                                                                "uefiData",
                                                                "lastLaunchedTime",
                                                                "imdsSupport",
                                                                "deregistrationProtection"};
  if (std::ranges::find(kAttributes, request.attribute) == kAttributes.end())
    return images::invalid_parameter_value("Value (" + request.attribute +
                                           ") for parameter attribute is invalid.");
  TRY(stop_if_dry_run(request.dry_run));
  auto image = TRY(catalogue::find_owned_image(tx, caller.account, id));
  auto const& attribute = request.attribute;
  m::DescribeImageAttributeResponse out;
  out.image_id = image.id;
  using Value = m::AttributeValue;
  if (attribute == "blockDeviceMapping")
    return fail(Fault::denied, "AuthFailure", "Unauthorized attempt to access restricted resource");
  if (attribute == "description")
    out.description = Value{image.description.empty() ? std::nullopt : std::optional(image.description)};
  if (attribute == "kernel") out.kernel = Value{image.kernel_id};
  if (attribute == "ramdisk") out.ramdisk = Value{image.ramdisk_id};
  if (attribute == "productCodes") out.product_codes.emplace();
  if (attribute == "sriovNetSupport") out.sriov_net_support = Value{image.sriov_net_support};
  if (attribute == "bootMode") out.boot_mode = Value{image.boot_mode};
  if (attribute == "tpmSupport") out.tpm_support = Value{image.tpm_support};
  if (attribute == "uefiData") out.uefi_data = Value{image.uefi_data};
  if (attribute == "lastLaunchedTime") out.last_launched_time = Value{};
  if (attribute == "imdsSupport") out.imds_support = Value{image.imds_support};
  if (attribute == "deregistrationProtection") out.deregistration_protection = Value{"disabled"};
  if (attribute == "launchPermission") {
    auto& list = out.launch_permission.emplace();
    auto permissions = TRY(catalogue::list_permissions(tx, image.id));
    for (auto const& permission : permissions) list.push_back(to_shape(permission));
  }
  return out;
}

Result<m::ModifyImageAttributeResponse> modify_image_attribute(
    catalogue::Transaction& tx, access::Caller const& caller, keystore::EbsKeys const& keys,
    m::ModifyImageAttributeRequest const& request) {
  auto id = TRY(images::ImageId::parse(request.image_id));
  auto change = TRY(to_change(request));
  TRY(stop_if_dry_run(request.dry_run));
  auto image = TRY(catalogue::find_owned_image(tx, caller.account, id));
  TRY(images::check_modifiable(image));
  if (change.permissions) {
    TRY(check_sharing(tx, keys, image, change.permissions->add));
    TRY(apply(tx, image, *change.permissions));
    if (!change.permissions->add.empty()) TRY(check_permission_limit(tx, caller, image.id));
  }
  if (change.description) image.description = *change.description;
  if (change.imds_v2) image.imds_support = "v2.0";
  if (change.description || change.imds_v2) TRY(catalogue::save_image(tx, image));
  return m::ModifyImageAttributeResponse{};
}

Result<m::ResetImageAttributeResponse> reset_image_attribute(catalogue::Transaction& tx,
                                                             access::Caller const& caller,
                                                             m::ResetImageAttributeRequest const& request) {
  auto id = TRY(images::ImageId::parse(request.image_id));
  TRY(expect_launch_permission(request.attribute));
  TRY(stop_if_dry_run(request.dry_run));
  auto image = TRY(catalogue::find_owned_image(tx, caller.account, id));
  TRY(images::check_modifiable(image));
  TRY(catalogue::remove_all_permissions(tx, image.id));
  return m::ResetImageAttributeResponse{};
}

Result<m::CancelImageLaunchPermissionResponse> cancel_image_launch_permission(
    catalogue::Transaction& tx, access::Caller const& caller,
    m::CancelImageLaunchPermissionRequest const& request) {
  auto id = TRY(images::ImageId::parse(request.image_id));
  TRY(stop_if_dry_run(request.dry_run));
  auto image = TRY(catalogue::find_visible_image(tx, caller.account, id));
  bool removed = image.owner != caller.account &&
                 TRY(catalogue::remove_permission(tx, image.id, {PrincipalKind::account, caller.account}));
  if (!removed)
    return images::invalid_parameter_value("The image " + image.id + " is not shared with account " +
                                           caller.account +
                                           " by name, so there is no launch permission to cancel.");
  return m::CancelImageLaunchPermissionResponse{true};
}

}  // namespace argosy::ec2
