// instances/instance.h - what an instance is: a machine that was started from an image, as its owner sees it.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/clock.h"

namespace argosy::instances {

/// Source: ec2-semantics B19.
enum class InstanceState { pending, running, shutting_down, terminated, stopping, stopped };
inline constexpr std::array<std::pair<InstanceState, std::string_view>, 6> kInstanceStates{{
    {InstanceState::pending, "pending"},
    {InstanceState::running, "running"},
    {InstanceState::shutting_down, "shutting-down"},
    {InstanceState::terminated, "terminated"},
    {InstanceState::stopping, "stopping"},
    {InstanceState::stopped, "stopped"},
}};
std::string_view to_text(InstanceState state);
InstanceState instance_state_of(std::string_view text);
/// EC2's number for it: 0, 16, 32, 48, 64, 80.
std::int32_t code_of(InstanceState state);

/// What an instance may ask of its metadata service, and how. Source: API_InstanceMetadataOptionsResponse.
struct MetadataOptions {
  bool enabled = true;
  bool tokens_required = false;  ///< IMDSv2 alone
  std::int64_t hop_limit = 1;    ///< of an answer to a request for a token
  bool tags = false;             ///< the instance's own are shown
};

struct Instance {
  std::string id;
  std::string account;
  std::string reservation_id;
  std::string image_id;
  std::string instance_type;
  InstanceState state = InstanceState::pending;
  std::string state_reason_code;  ///< why it is in that state, if it is not simply the owner's wish
  std::string state_reason;
  std::string transition_reason;  ///< "User initiated (2026-05-09 14:22:31 GMT)"
  Time created{};
  Time launched{};  ///< when it was last started
  Time changed{};   ///< when the state was last changed
  std::int64_t launch_index = 0;
  std::string key_name;
  std::string public_key;  ///< of that pair, as it was at launch: the pair may be deleted
  Bytes user_data;
  std::string client_token;
  MetadataOptions metadata;
  bool termination_protected = false;
  bool stop_protected = false;
  bool terminates_on_shutdown = false;  ///< when the machine itself powers off; else it stops
  bool reboot_wanted = false;           ///< until the driver remembers it
  bool stop_at_once = false;            ///< the guest is not asked to shut down first

  // Of its image, which may be gone:
  std::string architecture;
  std::string virtualization_type;
  std::string root_device_name;
  std::string boot_mode;  ///< "legacy-bios" or "uefi": the one it is started with
  std::optional<bool> ena_support;
  std::optional<std::string> platform;

  std::string mac_address;
  std::string address;  ///< on the host's loopback: 127.x.y.z
};

/// The states that count against limits and use the host.
constexpr bool is_alive(InstanceState state) { return state != InstanceState::terminated; }

/// A terminated instance is shown for so long. Source: EC2 User Guide, "Terminate Amazon EC2 instances".
inline constexpr Duration kShownAfterTermination = std::chrono::hours(1);

/// A random address in 127.64.0.0/10, never its first or last; a random MAC address, locally administered.
std::string address_of(std::uint32_t random);
std::string mac_address_of(std::uint64_t random);
/// "ip-127-64-1-2.us-west-2.compute.internal", and in the first region "….ec2.internal". Source: EC2 User
/// Guide, "EC2 instance hostnames and domains".
std::string private_dns_name(std::string_view address, std::string_view region);

}  // namespace argosy::instances
