// cli/target.h - what a reference means: an id, and a session in its region with the credentials that see it.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/session.h"

namespace argosy::cli {

struct Target {
  std::unique_ptr<Session> session;
  std::string id;
  std::string profile;  ///< empty: none was named with it

  bool is_image() const { return id.starts_with("ami-"); }
  /// "us-west-2/ami-…", or "lab:us-west-2/ami-…".
  std::string text() const { return text_of(id); }
  /// The same of something else that is there.
  std::string text_of(std::string const& other_id) const;
};

/// A region that is not named is that of the settings or, with a profile, that of the profile. A call is made
/// only for a name: it is that of one of the caller's own images, because anybody may give that name to a
/// public one. Fails with `usage` as parse_reference, `configuration` without a region or credentials,
/// `refused` if there is no such image.
Outcome<Target> open_target(Settings const& settings, std::string_view reference,
                            std::vector<std::string_view> const& prefixes);
/// All or none.
Outcome<std::vector<Target>> open_targets(Settings const& settings,
                                          std::vector<std::string> const& references,
                                          std::vector<std::string_view> const& prefixes);

}  // namespace argosy::cli
