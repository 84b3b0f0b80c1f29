// instances/errors.h - EC2's failures about instances and volumes: one constructor per code. Source:
// ec2-semantics A3, B19.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "images/errors.h"
#include "images/ids.h"

namespace argosy::instances {

inline std::unexpected<Error> instance_not_found(std::vector<std::string> const& ids) {
  return fail(Fault::not_found, "InvalidInstanceID.NotFound",
              ids.size() == 1 ? "The instance ID '" + ids.front() + "' does not exist"
                              : "The instance IDs '" + images::join(ids) + "' do not exist");
}
inline Result<void> check_instance_id(std::string_view id) {
  if (images::has_id_form(id, "i-")) return {};
  return fail(Fault::invalid, "InvalidInstanceID.Malformed",
              "Invalid id: \"" + std::string(id) + "\" (expecting \"i-...\")");
}
inline std::unexpected<Error> volume_not_found(std::string_view id) {
  return fail(Fault::not_found, "InvalidVolume.NotFound",
              "The volume '" + std::string(id) + "' does not exist.");
}
inline Result<void> check_volume_id(std::string_view id) {
  if (images::has_id_form(id, "vol-")) return {};
  return fail(Fault::invalid, "InvalidVolumeID.Malformed",
              "Invalid id: \"" + std::string(id) + "\" (expecting \"vol-...\")");
}
inline std::unexpected<Error> incorrect_instance_state(std::string_view id, std::string_view why) {
  return fail(Fault::conflict, "IncorrectInstanceState",
              "The instance '" + std::string(id) + "' " + std::string(why));
}
inline std::unexpected<Error> volume_in_use(std::string_view id, std::string_view instance) {
  return fail(Fault::conflict, "VolumeInUse",
              "Volume " + std::string(id) + " is currently attached to " + std::string(instance));
}
/// The launch is refused because the host, not the account, has no room.
inline std::unexpected<Error> insufficient_capacity(std::string message) {
  return fail(Fault::unavailable, "InsufficientInstanceCapacity", std::move(message));
}
/// What EC2 answers when an account's limit of instances is reached.
inline std::unexpected<Error> instance_limit_exceeded(std::string message) {
  return fail(Fault::limit, "InstanceLimitExceeded", std::move(message));
}

}  // namespace argosy::instances
