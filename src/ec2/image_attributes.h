// ec2/image_attributes.h - DescribeImageAttribute, ModifyImageAttribute, ResetImageAttribute and
// CancelImageLaunchPermission. Source: ec2-semantics B3 to B5.
#pragma once
#include "access/caller.h"
#include "catalogue/schema.h"
#include "keystore/ebs_keys.h"
#include "messages/ec2/cancel_image_launch_permission.h"
#include "messages/ec2/describe_image_attribute.h"
#include "messages/ec2/modify_image_attribute.h"
#include "messages/ec2/reset_image_attribute.h"

namespace argosy::ec2 {

/// Owner only. Fails with InvalidAMIID.Malformed, .NotFound or .Unavailable, AuthFailure,
/// InvalidParameterValue.
Result<messages::ec2::DescribeImageAttributeResponse> describe_image_attribute(
    catalogue::Transaction& tx, access::Caller const& caller,
    messages::ec2::DescribeImageAttributeRequest const& request);

/// Owner only, one attribute a call. Fails also with InvalidParameterCombination, MissingParameter,
/// InvalidAMIAttributeItemValue, ResourceLimitExceeded; of what is encrypted with InvalidParameter,
/// UnsupportedOperation.
Result<messages::ec2::ModifyImageAttributeResponse> modify_image_attribute(
    catalogue::Transaction& tx, access::Caller const& caller, keystore::EbsKeys const& keys,
    messages::ec2::ModifyImageAttributeRequest const& request);

/// Owner only: removes everybody and every entity.
Result<messages::ec2::ResetImageAttributeResponse> reset_image_attribute(
    catalogue::Transaction& tx, access::Caller const& caller,
    messages::ec2::ResetImageAttributeRequest const& request);

/// By the recipient: takes his own account's entry away.
Result<messages::ec2::CancelImageLaunchPermissionResponse> cancel_image_launch_permission(
    catalogue::Transaction& tx, access::Caller const& caller,
    messages::ec2::CancelImageLaunchPermissionRequest const& request);

}  // namespace argosy::ec2
