// images/errors.h - EC2's failures about images and snapshots: one constructor per code. Source:
// ec2-semantics A3.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace argosy::images {

inline std::string join(std::vector<std::string> const& parts) {
  std::string out;
  for (auto const& part : parts) (out += out.empty() ? "" : ", ") += part;
  return out;
}

inline std::unexpected<Error> image_not_found(std::vector<std::string> const& ids) {
  return fail(Fault::not_found, "InvalidAMIID.NotFound",
              ids.size() == 1 ? "The image id '[" + ids.front() + "]' does not exist"
                              : "The image ids '[" + join(ids) + "]' do not exist");
}
inline std::unexpected<Error> image_unavailable(std::string_view id) {
  return fail(Fault::conflict, "InvalidAMIID.Unavailable",
              "The image ID '" + std::string(id) + "' is no longer available");
}
inline std::unexpected<Error> not_authorized_for_image(std::string_view id) {
  return fail(Fault::denied, "AuthFailure", "Not authorized for image:" + std::string(id));
}
inline std::unexpected<Error> snapshot_not_found(std::string_view id) {
  return fail(Fault::not_found, "InvalidSnapshot.NotFound",
              "The snapshot '" + std::string(id) + "' does not exist.");
}
inline std::unexpected<Error> not_authorized_for_snapshot(std::string_view id) {
  return fail(Fault::denied, "AuthFailure", "Not authorized for snapshot:" + std::string(id));
}
inline std::unexpected<Error> snapshot_in_use(std::string_view id, std::string_view image) {
  return fail(Fault::conflict, "InvalidSnapshot.InUse",
              "The snapshot " + std::string(id) + " is currently in use by " + std::string(image));
}
inline std::unexpected<Error> name_taken(std::string_view name, std::string_view image) {
  return fail(Fault::conflict, "InvalidAMIName.Duplicate",
              "AMI name " + std::string(name) + " is already in use by AMI " + std::string(image));
}
inline std::unexpected<Error> incorrect_state(std::string message) {
  return fail(Fault::conflict, "IncorrectState", std::move(message));
}
inline std::unexpected<Error> invalid_parameter_value(std::string message) {
  return fail(Fault::invalid, "InvalidParameterValue", std::move(message));
}
inline std::unexpected<Error> invalid_parameter_combination(std::string message) {
  return fail(Fault::invalid, "InvalidParameterCombination", std::move(message));
}
inline std::unexpected<Error> missing_parameter(std::string_view name) {
  return fail(Fault::invalid, "MissingParameter",
              "The request must contain the parameter " + std::string(name));
}
inline std::unexpected<Error> invalid_attribute_item(std::string_view value, std::string_view type) {
  return fail(
      Fault::invalid, "InvalidAMIAttributeItemValue",
      "Invalid attribute item value \"" + std::string(value) + "\" for " + std::string(type) + " item type.");
}
inline std::unexpected<Error> invalid_user_id(std::string_view value) {
  return fail(Fault::invalid, "InvalidUserID.Malformed", "Invalid user id: \"" + std::string(value) + "\"");
}
inline std::unexpected<Error> invalid_mapping(std::string message) {
  return fail(Fault::invalid, "InvalidBlockDeviceMapping", std::move(message));
}
/// CopyImage's refusals about access. Source: ec2-semantics B1.
inline std::unexpected<Error> invalid_request(std::string message) {
  return fail(Fault::denied, "InvalidRequest", std::move(message));
}
inline std::unexpected<Error> unsupported(std::string message) {
  return fail(Fault::invalid, "UnsupportedOperation", std::move(message));
}
inline std::unexpected<Error> limit_exceeded(std::string message) {
  return fail(Fault::limit, "ResourceLimitExceeded", std::move(message));
}

}  // namespace argosy::images
