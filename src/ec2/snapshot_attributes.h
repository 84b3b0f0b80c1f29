// ec2/snapshot_attributes.h - DescribeSnapshotAttribute, ModifySnapshotAttribute, ResetSnapshotAttribute.
// Source: ec2-semantics B14.
#pragma once
#include "access/caller.h"
#include "catalogue/schema.h"
#include "keystore/ebs_keys.h"
#include "messages/ec2/describe_snapshot_attribute.h"
#include "messages/ec2/modify_snapshot_attribute.h"
#include "messages/ec2/reset_snapshot_attribute.h"

namespace argosy::ec2 {

/// Changes of one call.
inline constexpr std::size_t kMaxSnapshotModifications = 500;

/// All three are for the owner only. They fail with InvalidSnapshotID.Malformed, InvalidSnapshot.NotFound,
/// AuthFailure, InvalidParameterValue; Modify also with InvalidParameterCombination (add and remove in one
/// call), MissingParameter, InvalidAMIAttributeItemValue, OperationNotPermitted (what is encrypted).
Result<messages::ec2::DescribeSnapshotAttributeResponse> describe_snapshot_attribute(
    catalogue::Transaction& tx, access::Caller const& caller,
    messages::ec2::DescribeSnapshotAttributeRequest const& request);
Result<messages::ec2::ModifySnapshotAttributeResponse> modify_snapshot_attribute(
    catalogue::Transaction& tx, access::Caller const& caller, keystore::EbsKeys const& keys,
    messages::ec2::ModifySnapshotAttributeRequest const& request);
Result<messages::ec2::ResetSnapshotAttributeResponse> reset_snapshot_attribute(
    catalogue::Transaction& tx, access::Caller const& caller,
    messages::ec2::ResetSnapshotAttributeRequest const& request);

}  // namespace argosy::ec2
