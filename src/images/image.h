// images/image.h - what an image is.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace argosy::images {

/// Source: ec2-semantics C1. `deregistered` is kept for a while so that its id is not mistaken for one that
/// never was.
enum class ImageState { pending, available, failed, disabled, deregistered };

inline constexpr std::array<std::pair<ImageState, std::string_view>, 5> kImageStates{{
    {ImageState::pending, "pending"},
    {ImageState::available, "available"},
    {ImageState::failed, "failed"},
    {ImageState::disabled, "disabled"},
    {ImageState::deregistered, "deregistered"},
}};
std::string_view to_text(ImageState state);
ImageState image_state_of(std::string_view text);

struct Mapping {
  std::string device_name;
  std::optional<std::string> virtual_name;  ///< ephemeralN; then no snapshot
  std::string snapshot_id;                  ///< empty: an empty volume
  std::int64_t volume_size_gib = 0;
  std::string volume_type;
  std::optional<std::int64_t> iops;
  std::optional<std::int64_t> throughput;
  bool delete_on_termination = true;
  bool encrypted = false;  ///< the snapshot is
};

struct Image {
  std::string id;
  std::string owner;
  std::string name;
  std::string description;
  ImageState state = ImageState::available;
  std::string state_reason_code;
  std::string state_reason;
  Time created{};
  std::string architecture;
  std::string virtualization_type;
  std::string root_device_name;
  std::optional<std::string> kernel_id;
  std::optional<std::string> ramdisk_id;
  std::optional<bool> ena_support;
  std::optional<std::string> sriov_net_support;
  std::optional<std::string> boot_mode;
  std::optional<std::string> tpm_support;
  std::optional<std::string> uefi_data;
  std::optional<std::string> imds_support;
  std::optional<std::string> platform;  ///< "Windows" or nothing
  std::optional<std::string> source_image_id;
  std::optional<std::string> source_image_region;
  std::optional<std::string> source_instance_id;  ///< of one that CreateImage made
  std::optional<Time> deprecation;  ///< to the minute; from then on only its owner finds it in lists
  std::vector<Mapping> mappings;
};

/// With whom something is shared: one of an account, a group ("all"), an organization or an organizational
/// unit.
enum class PrincipalKind { account, group, organization, organizational_unit };
struct Permission {
  PrincipalKind kind = PrincipalKind::account;
  std::string value;  ///< account id, "all", or ARN
  auto operator<=>(Permission const&) const = default;
};
inline Permission const kEverybody{PrincipalKind::group, "all"};

struct Tag {
  std::string key;
  std::string value;
  auto operator<=>(Tag const&) const = default;
};

}  // namespace argosy::images
