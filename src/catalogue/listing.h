// catalogue/listing.h - which images, snapshots and tags a caller lists: selectors, filters as data, and
// pages.
//
// A list comes in order of creation, then id. Each branch of a selection is driven by an index of its own.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "catalogue/schema.h"
#include "images/image.h"

namespace argosy::catalogue {

/// Values within one filter are alternatives, filters must all hold; * and ? are wildcards, \ escapes.
struct Filter {
  std::string name;
  std::vector<std::string> values;
};
/// All values of all filters of a call together.
inline constexpr std::size_t kMaxFilterValues = 200;
/// Longer than anything that can be filtered by.
inline constexpr std::size_t kMaxFilterValueBytes = 1'024;
/// Adds a filter's values to those of the call; one without any counts as one. Fails with
/// FilterLimitExceeded, InvalidParameterValue.
Result<void> count_values(std::vector<std::string> const& values, std::size_t& counted);

/// Where a page begins: behind this entry.
struct Position {
  std::string created;  ///< as shown: 2026-05-09T14:22:31.000Z
  std::string id;
  auto operator<=>(Position const&) const = default;
};

/// Where a resource may come from, as seen by the caller.
enum class Branch {
  own,        ///< the caller owns it
  shared,     ///< another account shared it with the caller by name
  everybody,  ///< shared with everybody
};

struct Selection {
  std::string account;                   ///< the caller
  std::vector<Branch> branches;          ///< none: nothing
  std::vector<std::string> owners;       ///< not empty: only those accounts'
  std::vector<std::string> shared_with;  ///< not empty: only what is shared with one of these by name
  std::vector<std::string> ids;          ///< not empty: only those
  bool with_disabled = false;            ///< images only
  bool only_running = false;             ///< instances only
  std::string
      deprecated_before;  ///< images only; not empty: others' whose deprecation is earlier are left out
  std::string region;     ///< instances and volumes only: where they are
  std::vector<Filter> filters;
};

/// Positions behind `after`, at most `limit`. Fails with InvalidParameterValue on an unknown filter,
/// FilterLimitExceeded.
Result<std::vector<Position>> list_images(Transaction& tx, Selection const& selection, Position const& after,
                                          std::size_t limit);
Result<std::vector<Position>> list_snapshots(Transaction& tx, Selection const& selection,
                                             Position const& after, std::size_t limit);

/// The account's own: `branches`, `owners` and what follows them say nothing here.
Result<std::vector<Position>> list_instances(Transaction& tx, Selection const& selection,
                                             Position const& after, std::size_t limit);
/// The same instances, by what DescribeInstanceStatus filters by.
Result<std::vector<Position>> list_instance_statuses(Transaction& tx, Selection const& selection,
                                                     Position const& after, std::size_t limit);
Result<std::vector<Position>> list_volumes(Transaction& tx, Selection const& selection, Position const& after,
                                           std::size_t limit);

struct TagRow {
  std::string resource;
  images::Tag tag;
};
/// The caller's tags in order of resource and key, behind the given ones.
Result<std::vector<TagRow>> list_tags(Transaction& tx, std::string_view account,
                                      std::vector<Filter> const& filters, std::string_view after_resource,
                                      std::string_view after_key, std::size_t limit);

/// "image", "snapshot", …: from an id's prefix; empty if unknown.
std::string_view resource_type_of(std::string_view id);

}  // namespace argosy::catalogue
