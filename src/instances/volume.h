// instances/volume.h - what a volume is: a disk that a machine writes to, over the content of a snapshot.
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

/// Source: API_Volume. A deleted one has no row.
enum class VolumeState { creating, available, in_use, deleting, error };
inline constexpr std::array<std::pair<VolumeState, std::string_view>, 5> kVolumeStates{{
    {VolumeState::creating, "creating"},
    {VolumeState::available, "available"},
    {VolumeState::in_use, "in-use"},
    {VolumeState::deleting, "deleting"},  // a snapshot of it is being read
    {VolumeState::error, "error"},
}};
std::string_view to_text(VolumeState state);
VolumeState volume_state_of(std::string_view text);

/// The content below a volume: what its snapshot held when the volume was made. The volume keeps it, whatever
/// becomes of the snapshot.
struct VolumeBase {
  std::string snapshot_id;  ///< empty: a disk of zeros
  std::string account;      ///< whose content it is
  Bytes root;               ///< as the snapshot's row had it; empty: a disk of zeros
  bool encrypted = false;   ///< the content is sealed
  std::int64_t size_gib = 1;
  std::string lineage;
  Bytes envelope;  ///< the snapshot's, until the volume's own holds the root's key
};

/// What the host holds of the changes that machines have made.
enum class Overlay {
  none,      ///< no machine was started with it
  possible,  ///< one was about to be: if it is not there, nothing was written
  there,     ///< one has run: if it is not there, what was written is lost
};

struct Volume {
  std::string id;
  std::string account;
  VolumeState state = VolumeState::creating;
  std::int64_t size_gib = 1;
  std::string type;  ///< gp2, gp3, …: remembered, not enforced
  std::optional<std::int64_t> iops;
  std::optional<std::int64_t> throughput;
  Time created{};
  bool encrypted = false;
  std::string kms_key;  ///< ARN
  /// Under the KMS key, bound to the volume's id: the key of what the host writes, and the base's root
  /// secret. Empty: not encrypted, or not made yet.
  Bytes envelope;
  VolumeBase base;
  Overlay overlay = Overlay::none;

  // Attached:
  std::string instance_id;  ///< empty: it is not
  std::string device_name;
  bool delete_on_termination = false;
  std::optional<Time> attached;
  /// What the disk server of a running machine was given: access key id and session token, sealed for this
  /// region.
  std::string session;
};

}  // namespace argosy::instances
