// ec2/tags.h - CreateTags, DeleteTags, DescribeTags. Source: ec2-semantics B15.
#pragma once
#include "access/caller.h"
#include "catalogue/schema.h"
#include "crypto/crypto.h"
#include "messages/ec2/create_tags.h"
#include "messages/ec2/delete_tags.h"
#include "messages/ec2/describe_tags.h"

namespace argosy::ec2 {

inline constexpr std::size_t kMaxTaggedResources = 1'000;

/// All or nothing. Create and Delete fail with InvalidAMIID.NotFound, InvalidSnapshot.NotFound, InvalidID,
/// MissingParameter, InvalidParameterValue, TagLimitExceeded.
Result<messages::ec2::CreateTagsResponse> create_tags(catalogue::Transaction& tx,
                                                      access::Caller const& caller,
                                                      messages::ec2::CreateTagsRequest const& request);
Result<messages::ec2::DeleteTagsResponse> delete_tags(catalogue::Transaction& tx,
                                                      access::Caller const& caller,
                                                      messages::ec2::DeleteTagsRequest const& request);
/// One page.
Result<messages::ec2::DescribeTagsResponse> describe_tags(catalogue::Transaction& tx,
                                                          access::Caller const& caller,
                                                          crypto::Key const& token_key,
                                                          messages::ec2::DescribeTagsRequest const& request);

}  // namespace argosy::ec2
