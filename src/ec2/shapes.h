// ec2/shapes.h - our nouns <-> EC2's shapes, where more than one operation needs it.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "catalogue/listing.h"
#include "images/rules.h"
#include "messages/ec2/types.h"

namespace argosy::ec2 {

std::vector<messages::ec2::Tag> to_shape(std::vector<images::Tag> const& tags);
messages::ec2::BlockDeviceMapping to_shape(images::Mapping const& mapping);
std::vector<catalogue::Filter> to_filters(std::vector<messages::ec2::Filter> const& filters);
/// For what is no row of the catalogue: regions and zones. True if a value of the filter matches.
bool matches_any(messages::ec2::Filter const& filter, std::string_view text);

/// What a list is asked for by id or by account, each once and in the caller's order. Fails with
/// InvalidParameterValue on more than 1,000, as `parameter` by name.
Result<std::vector<std::string>> to_selector(std::vector<std::string> const& given,
                                             std::string_view parameter);

/// The tags of a TagSpecification for one type of resource. Fails with InvalidParameterValue on a type that
/// is not in `allowed`, and as images::check_tags does.
Result<std::vector<images::Tag>> tags_for(std::vector<messages::ec2::TagSpecification> const& specifications,
                                          std::string_view type,
                                          std::vector<std::string_view> const& allowed);
/// A tag without a value has an empty one. Fails as images::check_tag does.
Result<images::Tag> to_tag(messages::ec2::Tag const& tag);

/// An account id, or "self" for the caller's; fails with InvalidUserID.Malformed.
Result<std::string> to_account(std::string_view text, std::string_view caller);
bool is_owner_alias(std::string_view text);

}  // namespace argosy::ec2
