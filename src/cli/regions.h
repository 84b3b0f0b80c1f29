// cli/regions.h - the same list from several regions at once, as one table or one array.
#pragma once
#include <boost/json.hpp>
#include <functional>
#include <string>
#include <vector>

#include "cli/session.h"
#include "cli/terminal.h"

namespace argosy::cli {

/// Those of the settings or, with `all`, every region that the service names, sorted. Fails with
/// `configuration` if there is none.
Outcome<std::vector<std::string>> choose_regions(Settings const& settings, bool all);

/// What one region holds: the same things for people and for scripts.
struct Listing {
  std::vector<std::vector<std::string>> rows;
  boost::json::array items;
};

/// Prints the lists of all regions under `head`; a note if they are empty. A region that fails is told, and
/// in the array an item {region, error}.
Outcome<Exit> print_lists(Settings const& settings, std::vector<std::string> const& regions,
                          std::vector<std::string> const& head, std::string const& nothing,
                          std::function<Outcome<Listing>(Session&)> const& list, Terminal& terminal);

}  // namespace argosy::cli
