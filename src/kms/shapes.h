// kms/shapes.h - what several operations read from requests and say in answers: metadata, tags, pages.
#pragma once
#include <string>
#include <vector>

#include "access/caller.h"
#include "catalogue/keys.h"
#include "keys/errors.h"
#include "messages/kms/keys.h"

namespace argosy::kms {

/// A replica's names its primary and itself: where its siblings are, the primary's says.
Result<messages::kms::KeyMetadata> to_metadata(catalogue::Transaction& tx, keys::Key const& key);

inline constexpr std::int64_t kMaxTags = 50;  ///< of a key. Source: AWS KMS quotas
/// Fails with TagException on a name or value that is too long, is reserved or comes twice, and on too many.
Result<catalogue::KeyTags> to_tags(std::vector<messages::kms::Tag> const& tags);
std::vector<messages::kms::Tag> to_shapes(catalogue::KeyTags const& tags);

/// The document, or the default policy of that account if there is none. Fails with
/// MalformedPolicyDocumentException also on one that would not let the caller change it again, unless he said
/// that he knows.
Result<std::string> to_policy(std::optional<std::string> const& document, access::Caller const& caller,
                              keys::Key const& key, std::optional<bool> bypass_lockout_check);

/// At most 8,192 bytes; fails with ValidationException.
Result<void> check_description(std::string_view description);

/// Tokens change nothing here, since grants are in force at once; but they must be tokens. Fails with
/// InvalidGrantTokenException.
Result<void> check_grant_tokens(std::vector<std::string> const& tokens);

/// Fails with DryRunOperationException: what comes before it would have let the request succeed.
Result<void> stop_if_dry_run(std::optional<bool> dry_run);

/// Where a page of a list begins, and how long it may be.
struct Page {
  std::string after;
  std::size_t limit = 0;
};
/// 1 to 1,000 entries; fails with ValidationException, InvalidMarkerException.
Result<Page> to_page(std::optional<std::int32_t> limit, std::optional<std::string> const& marker,
                     std::size_t limit_by_default = 100);
/// What the next page begins behind.
std::string to_marker(std::string_view last);

/// Cuts what was listed with one entry more than the page has; the marker is made of the last one's place.
template <class Item, class PlaceOf>
std::optional<std::string> cut(std::vector<Item>& items, Page const& page, PlaceOf place_of) {
  if (items.size() <= page.limit) return std::nullopt;
  items.resize(page.limit);
  return to_marker(place_of(items.back()));
}

}  // namespace argosy::kms
