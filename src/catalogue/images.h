// catalogue/images.h - images and their block device mappings.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "catalogue/schema.h"
#include "images/rules.h"

namespace argosy::catalogue {

/// Also deregistered ones. Fails with InvalidAMIID.NotFound.
Result<images::Image> find_image(Transaction& tx, std::string_view id);
/// The caller's own, with the right refusal for all others (images::check_owner).
Result<images::Image> find_owned_image(Transaction& tx, std::string_view account, images::ImageId const& id);
/// One that the caller may see, else InvalidAMIID.NotFound.
Result<images::Image> find_visible_image(Transaction& tx, std::string_view account,
                                         images::ImageId const& id);

/// Fails with InvalidAMIName.Duplicate if an image of that owner has the name.
Result<void> check_name_free(Transaction& tx, std::string_view owner, std::string_view name);
Result<void> insert_image(Transaction& tx, images::Image const& image);
/// What may change of an image: description, state and its reason, IMDS support, deprecation.
Result<void> save_image(Transaction& tx, images::Image const& image);

/// How many deregistered images of an owner are kept, so that their ids are not mistaken for some that never
/// were.
inline constexpr std::int64_t kMaxDeregistered = 1'000;
/// Drops what nobody asks a deregistered image for any more: disks and UEFI variables. Of its owner's
/// deregistered ones the newest stay, and those that an instance names.
Result<void> shrink_deregistered(Transaction& tx, images::Image const& image);

/// Pending ones that no copy makes and that have the snapshot, taken of a volume, in a mapping.
Result<std::vector<std::string>> list_images_waiting_for(Transaction& tx, std::string_view snapshot);

/// Images that are not deregistered, of one owner.
Result<std::int64_t> count_images(Transaction& tx, std::string_view owner);
/// Id and name of each image, not deregistered, that has the snapshot in a mapping.
Result<std::vector<std::pair<std::string, std::string>>> list_images_using(Transaction& tx,
                                                                           std::string_view snapshot);
/// One of these other than `except`; nothing if there is none.
Result<std::optional<std::string>> find_image_using(Transaction& tx, std::string_view snapshot,
                                                    std::string_view except);

}  // namespace argosy::catalogue
