// images/rules.h - who may see, share and copy what, and which names and texts are allowed: pure.
// Source: ec2-semantics B, E and I2.
#pragma once
#include <span>

#include "images/errors.h"
#include "images/ids.h"
#include "images/image.h"
#include "images/snapshot.h"

namespace argosy::images {

inline constexpr std::size_t kMaxTags = 50;  ///< a resource and account
inline constexpr std::int64_t kMaxVolumeSizeGib = 65'536;
inline constexpr std::size_t kMaxMappings = 100;  ///< of an image
/// Of what names a device, a kernel or a RAM disk.
inline constexpr std::size_t kMaxShortNameBytes = 64;

/// 3 to 128 of A-Za-z0-9 ( ) [ ] space . / - ' @ _. Fails with InvalidAMIName.Malformed.
Result<void> check_name(std::string_view name);
/// At most 255 characters. Fails with InvalidParameterValue.
Result<void> check_description(std::string_view description);
/// Key 1 to 128 characters without the prefix aws:, value at most 256. Fails with InvalidParameterValue.
Result<void> check_tag(Tag const& tag);
/// Fails as check_tag does, with TagLimitExceeded beyond kMaxTags, and on a key that is given twice.
Result<void> check_tags(std::span<Tag const> tags);

/// Fails with InvalidBlockDeviceMapping beyond kMaxMappings.
Result<void> check_mapping_count(std::size_t count);
/// ephemeral0 to ephemeral23. Source: EC2 User Guide, "Instance store volumes".
bool is_virtual_name(std::string_view name);

/// Fails with InvalidAMIAttributeItemValue unless the value fits the kind.
Result<Permission> parse_launch_permission(PrincipalKind kind, std::string const& value);

/// What the rules of visibility ask of a catalogue.
struct Sharing {
  bool everybody = false;   ///< Group=all
  bool explicitly = false;  ///< the caller's account is named (or, later, its organization)
};
bool is_visible(Image const& image, std::string_view account, Sharing const& sharing);
/// Whether the caller may read a snapshot's storage: CopySnapshot, RegisterImage, CopyImage.
bool may_use(Snapshot const& snapshot, std::string_view account, Sharing const& sharing);

/// The caller's own image, or the right refusal: NotFound for what he may not see, AuthFailure for what he
/// may only see, InvalidAMIID.Unavailable for what is deregistered.
Result<void> check_owner(Image const& image, std::string_view account, Sharing const& sharing);
Result<void> check_owner(Snapshot const& snapshot, std::string_view account, Sharing const& sharing);

/// Whether the image may be shared or its attributes changed now. Fails with InvalidAMIID.Unavailable.
Result<void> check_modifiable(Image const& image);
/// Available to disabled and back; one that is so already stays so. Fails with InvalidAMIID.Unavailable in
/// every other state. Who disables an image also takes its launch permissions away. Source: ec2-semantics B9,
/// C1.
Result<Image> disable(Image image);
Result<Image> enable(Image image);
/// Whether the source of a CopyImage is in a state to be copied by that account. Fails with
/// InvalidAMIID.Unavailable.
Result<void> check_copyable(Image const& image, std::string_view account);

/// Seconds and milliseconds of completion: 15 to 2,880 minutes in steps of 15. Fails with
/// InvalidParameterValue.
Result<void> check_completion_duration(std::int64_t minutes, std::string_view parameter);

}  // namespace argosy::images
