// metadata/tree.h - from a path to its text: the tree of metadata, the same under every version's name.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "metadata/facts.h"

namespace argosy::metadata {

struct Leaf {
  std::string text;
  std::string content_type = "text/plain";
};

/// A path as it is asked for: "/latest/meta-data/placement/region". A folder's text is the list of what is in
/// it, a line each, folders with a slash at their end. Empty segments of the path count for nothing. Nothing:
/// there is no such path.
std::optional<Leaf> look_up(Facts const& facts, std::string_view path);

}  // namespace argosy::metadata
