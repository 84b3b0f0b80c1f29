// ec2/facts.h - EC2's filters over what is no row of the catalogue: a thing's facts by the name of the
// filter.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "images/image.h"
#include "messages/ec2/types.h"

namespace argosy::ec2 {

/// What there is to filter by; no value: the filter is known, and this thing never matches it.
using Facts = std::map<std::string, std::vector<std::string>, std::less<>>;

/// Whether a value of each filter matches one of the facts of that name. Fails with InvalidParameterValue on
/// a filter that is not among the facts, except "tag:…"; FilterLimitExceeded.
Result<bool> holds(std::vector<messages::ec2::Filter> const& filters, Facts const& facts);
/// Adds what tags are filtered by: "tag-key" and "tag:KEY".
void add_tags(Facts& facts, std::vector<images::Tag> const& tags);

/// Whether an id or a name is among those that were asked for; none: all are.
bool is_asked(std::vector<std::string> const& asked, std::string_view name);

}  // namespace argosy::ec2
