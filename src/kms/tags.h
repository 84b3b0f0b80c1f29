// kms/tags.h - TagResource, UntagResource, ListResourceTags. Source: ec2-semantics F2.
#pragma once
#include "keystore/keystore.h"
#include "messages/kms/tags.h"

namespace argosy::kms {

/// Overwrites by name. Fails with TagException, LimitExceededException beyond 50 tags.
Result<void> tag_resource(catalogue::Transaction& tx, keystore::Vault const& vault,
                          access::Caller const& caller, messages::kms::TagResourceRequest const& request);
/// What is not there is no failure.
Result<void> untag_resource(catalogue::Transaction& tx, keystore::Vault const& vault,
                            access::Caller const& caller, messages::kms::UntagResourceRequest const& request);
Result<messages::kms::ListResourceTagsResponse> list_resource_tags(
    catalogue::Transaction& tx, keystore::Vault const& vault, access::Caller const& caller,
    messages::kms::ListResourceTagsRequest const& request);

}  // namespace argosy::kms
