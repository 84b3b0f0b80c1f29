// server/upkeep.h - what operators ask a running server about its storage: collect, scrub, repair, usage.
#pragma once
#include <memory>
#include <vector>

#include "server/operator.h"
#include "server/region.h"

namespace argosy::server {

/// POST /gc, /scrub and /repair, GET /usage; each takes ?region=NAME (default: all). The first three stream a
/// line of JSON now and then, and one with "done": true for each region.
void add_upkeep_routes(OperatorDoor& door, std::vector<std::unique_ptr<Region>>& regions);

}  // namespace argosy::server
