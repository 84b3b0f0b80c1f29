// ec2/ebs_encryption.h - an account's EBS encryption settings, and which key a copy takes by them. Source:
// ec2-semantics B16, D1.
#pragma once
#include "access/caller.h"
#include "catalogue/schema.h"
#include "images/encryption.h"
#include "keystore/ebs_keys.h"
#include "messages/ec2/ebs_encryption.h"

namespace argosy::ec2 {

Result<messages::ec2::GetEbsEncryptionByDefaultResponse> get_ebs_encryption_by_default(
    catalogue::Transaction& tx, access::Caller const& caller,
    messages::ec2::GetEbsEncryptionByDefaultRequest const& request);
Result<messages::ec2::EnableEbsEncryptionByDefaultResponse> enable_ebs_encryption_by_default(
    catalogue::Transaction& tx, access::Caller const& caller,
    messages::ec2::EnableEbsEncryptionByDefaultRequest const& request);
Result<messages::ec2::DisableEbsEncryptionByDefaultResponse> disable_ebs_encryption_by_default(
    catalogue::Transaction& tx, access::Caller const& caller,
    messages::ec2::DisableEbsEncryptionByDefaultRequest const& request);

/// The key's ARN, or alias/aws/ebs as long as none is set.
Result<messages::ec2::GetEbsDefaultKmsKeyIdResponse> get_ebs_default_kms_key_id(
    catalogue::Transaction& tx, access::Caller const& caller,
    messages::ec2::GetEbsDefaultKmsKeyIdRequest const& request);
/// Fails with InvalidParameterValue unless the caller can use the key now.
Result<messages::ec2::ModifyEbsDefaultKmsKeyIdResponse> modify_ebs_default_kms_key_id(
    catalogue::Transaction& tx, access::Caller const& caller, keystore::EbsKeys const& keys,
    messages::ec2::ModifyEbsDefaultKmsKeyIdRequest const& request);
Result<messages::ec2::ResetEbsDefaultKmsKeyIdResponse> reset_ebs_default_kms_key_id(
    catalogue::Transaction& tx, access::Caller const& caller,
    messages::ec2::ResetEbsDefaultKmsKeyIdRequest const& request);

/// How a copy is encrypted. `source_key` is the ARN of the source's key, empty if it has none. The key is the
/// ARN if it can be found now, else what names it: the copy finds out. Nothing: not encrypted. Fails as
/// images::choose_for_copy does.
Result<std::optional<std::string>> choose_key(catalogue::Transaction& tx, access::Caller const& caller,
                                              keystore::EbsKeys const& keys, images::CopySource const& source,
                                              std::string const& source_key,
                                              images::EncryptionWish const& wish);

}  // namespace argosy::ec2
