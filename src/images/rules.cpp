// images/rules.cpp - see rules.h.
#include "images/rules.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"

namespace argosy::images {
namespace {

constexpr int kVirtualNames = 24;
/// Longer than any of an organization or one of its units.
constexpr std::size_t kMaxArnBytes = 256;

bool is_account(std::string_view text) {
  return text.size() == 12 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// arn:PARTITION:organizations::ACCOUNT:KIND/o-…
bool is_organizations_arn(std::string_view text, std::string_view kind) {
  if (text.size() > kMaxArnBytes || !text.starts_with("arn:aws")) return false;
  auto service = text.find(":organizations::");
  if (service == std::string_view::npos) return false;
  auto rest = text.substr(service + 16);
  return rest.size() > 13 && is_account(rest.substr(0, 12)) && rest[12] == ':' &&
         rest.substr(13).starts_with(kind);
}

}  // namespace

std::string_view to_text(ImageState state) {
  return std::ranges::find(kImageStates, state, &std::pair<ImageState, std::string_view>::first)->second;
}
ImageState image_state_of(std::string_view text) {
  return std::ranges::find(kImageStates, text, &std::pair<ImageState, std::string_view>::second)->first;
}
std::string_view to_text(SnapshotState state) {
  return state == SnapshotState::pending     ? "pending"
         : state == SnapshotState::completed ? "completed"
                                             : "error";
}
SnapshotState snapshot_state_of(std::string_view text) {
  return text == "pending"     ? SnapshotState::pending
         : text == "completed" ? SnapshotState::completed
                               : SnapshotState::error;
}

Result<void> check_name(std::string_view name) {
  auto allowed = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("()[] ./-'@_").contains(c);
  };
  if (name.size() < 3 || name.size() > 128 || !std::ranges::all_of(name, allowed))
    return fail(Fault::invalid, "InvalidAMIName.Malformed",
                "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, '(', "
                "')', '[', ']', "
                "' ', '.', '/', '-', ''', '@' and '_'");
  return {};
}

Result<void> check_description(std::string_view description) {
  if (count_characters(description) > 255)
    return invalid_parameter_value("The description is longer than 255 characters");
  return {};
}

Result<void> check_tag(Tag const& tag) {
  if (tag.key.empty() || count_characters(tag.key) > 128)
    return invalid_parameter_value("Tag key '" + std::string(first_characters(tag.key, 200)) +
                                   "' must have 1 to 128 characters");
  if (tag.key.starts_with("aws:"))
    return invalid_parameter_value("Tag keys starting with 'aws:' are reserved for internal use");
  if (count_characters(tag.value) > 256)
    return invalid_parameter_value("The value of tag '" + tag.key + "' is longer than 256 characters");
  return {};
}

Result<void> check_tags(std::span<Tag const> tags) {
  if (tags.size() > kMaxTags)
    return fail(Fault::limit, "TagLimitExceeded", "A resource can have at most 50 tags");
  for (auto const& tag : tags) {
    TRY(check_tag(tag));
    if (std::ranges::count(tags, tag.key, &Tag::key) > 1)
      return invalid_parameter_value("Duplicate tag key '" + tag.key + "' specified.");
  }
  return {};
}

Result<void> check_mapping_count(std::size_t count) {
  if (count > kMaxMappings) return invalid_mapping("An image can have at most 100 block devices");
  return {};
}

bool is_virtual_name(std::string_view name) {
  for (int number = 0; number < kVirtualNames; ++number)
    if (name == "ephemeral" + std::to_string(number)) return true;
  return false;
}

Result<Permission> parse_launch_permission(PrincipalKind kind, std::string const& value) {
  switch (kind) {
    case PrincipalKind::account:
      if (!is_account(value)) return invalid_attribute_item(value, "userId");
      break;
    case PrincipalKind::group:
      if (value != "all") return invalid_attribute_item(value, "userGroup");
      break;
    case PrincipalKind::organization:
      if (!is_organizations_arn(value, "organization/o-"))
        return invalid_attribute_item(value, "organizationArn");
      break;
    case PrincipalKind::organizational_unit:
      if (!is_organizations_arn(value, "ou/o-"))
        return invalid_attribute_item(value, "organizationalUnitArn");
      break;
  }
  return Permission{kind, value};
}

bool is_visible(Image const& image, std::string_view account, Sharing const& sharing) {
  if (image.state == ImageState::deregistered) return false;
  return image.owner == account || sharing.everybody || sharing.explicitly;
}

bool may_use(Snapshot const& snapshot, std::string_view account, Sharing const& sharing) {
  return snapshot.owner == account || sharing.everybody || sharing.explicitly;
}

Result<void> check_owner(Image const& image, std::string_view account, Sharing const& sharing) {
  if (image.owner == account) {
    if (image.state == ImageState::deregistered) return image_unavailable(image.id);
    return {};
  }
  return is_visible(image, account, sharing) ? Result<void>(not_authorized_for_image(image.id))
                                             : Result<void>(image_not_found({image.id}));
}

Result<void> check_owner(Snapshot const& snapshot, std::string_view account, Sharing const& sharing) {
  if (snapshot.owner == account) return {};
  return may_use(snapshot, account, sharing) ? Result<void>(not_authorized_for_snapshot(snapshot.id))
                                             : Result<void>(snapshot_not_found(snapshot.id));
}

Result<void> check_modifiable(Image const& image) {
  if (image.state != ImageState::available) return image_unavailable(image.id);
  return {};
}

Result<Image> disable(Image image) {
  if (image.state != ImageState::available && image.state != ImageState::disabled)
    return image_unavailable(image.id);
  image.state = ImageState::disabled;
  return image;
}

Result<Image> enable(Image image) {
  if (image.state != ImageState::available && image.state != ImageState::disabled)
    return image_unavailable(image.id);
  image.state = ImageState::available;
  return image;
}

Result<void> check_copyable(Image const& image, std::string_view account) {
  bool own_disabled = image.state == ImageState::disabled && image.owner == account;
  if (image.state != ImageState::available && !own_disabled) return image_unavailable(image.id);
  return {};
}

Result<void> check_completion_duration(std::int64_t minutes, std::string_view parameter) {
  if (minutes < 15 || minutes > 2'880 || minutes % 15 != 0)
    return invalid_parameter_value(std::string(parameter) +
                                   " must be from 15 to 2880 minutes in steps of 15");
  return {};
}

}  // namespace argosy::images
