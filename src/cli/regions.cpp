// cli/regions.cpp - see regions.h.
#include "cli/regions.h"

#include <algorithm>

#include "cli/ec2.h"
#include "cli/follow.h"
#include "cli/format.h"
#include "cli/parallel.h"

namespace argosy::cli {
namespace {

constexpr std::size_t kRegionsAtOnce = 32;
/// AWS's own: asked which others there are when none is named.
constexpr char const* kFirstRegion = "us-east-1";

}  // namespace

Outcome<std::vector<std::string>> choose_regions(Settings const& settings, bool all) {
  if (!all) {
    if (settings.regions.empty()) TRY(settings.region());
    return settings.regions;
  }
  auto session =
      TRY(Session::open(settings, settings.regions.empty() ? kFirstRegion : settings.regions.front()));
  auto regions = TRY(describe_regions(*session));
  std::ranges::sort(regions);
  return regions;
}

Outcome<Exit> print_lists(Settings const& settings, std::vector<std::string> const& regions,
                          std::vector<std::string> const& head, std::string const& nothing,
                          std::function<Outcome<Listing>(Session&)> const& list, Terminal& terminal) {
  std::vector<Outcome<Listing>> lists(regions.size());
  run_each(kRegionsAtOnce, regions.size(), [&](std::size_t i) {
    lists[i] = [&]() -> Outcome<Listing> { return list(*TRY(Session::open(settings, regions[i]))); }();
  });
  if (lists.size() == 1 && !lists[0]) return std::unexpected(lists[0].error());
  std::vector<std::vector<std::string>> rows{head};
  boost::json::array items;
  std::vector<std::optional<Failure>> failures(regions.size());
  for (std::size_t i = 0; i < regions.size(); ++i) {
    if (!lists[i]) {
      failures[i] = lists[i].error();
      terminal.complain(regions[i] + ": " + explain(lists[i].error()));
      items.push_back(boost::json::object{{"region", regions[i]}, {"error", to_json(lists[i].error())}});
      continue;
    }
    std::ranges::move(lists[i]->rows, std::back_inserter(rows));
    std::ranges::move(lists[i]->items, std::back_inserter(items));
  }
  if (terminal.format() == Format::json) {
    terminal.print(items);
  } else if (rows.size() > 1) {
    terminal.print(show_table(rows));
  } else {
    terminal.note(nothing);
  }
  return combine(failures);
}

}  // namespace argosy::cli
