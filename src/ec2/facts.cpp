// ec2/facts.cpp - see facts.h.
#include "ec2/facts.h"

#include <algorithm>

#include "catalogue/listing.h"
#include "ec2/shapes.h"

namespace argosy::ec2 {

Result<bool> holds(std::vector<messages::ec2::Filter> const& filters, Facts const& facts) {
  bool out = true;
  std::size_t values = 0;
  for (auto const& filter : filters) {
    TRY(catalogue::count_values(filter.value, values));
    auto const name = filter.name.value_or("");
    auto const fact = facts.find(name);
    if (fact == facts.end() && !name.starts_with("tag:"))
      return images::invalid_parameter_value("The filter '" + name + "' is invalid");
    out = out && fact != facts.end() &&
          std::ranges::any_of(fact->second, [&](auto const& text) { return matches_any(filter, text); });
  }
  return out;
}

void add_tags(Facts& facts, std::vector<images::Tag> const& tags) {
  auto& keys = facts["tag-key"];
  for (auto const& tag : tags) {
    keys.push_back(tag.key);
    facts["tag:" + tag.key].push_back(tag.value);
  }
}

bool is_asked(std::vector<std::string> const& asked, std::string_view name) {
  return asked.empty() || std::ranges::find(asked, name) != asked.end();
}

}  // namespace argosy::ec2
