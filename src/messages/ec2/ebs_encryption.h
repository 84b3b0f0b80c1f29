// messages/ec2/ebs_encryption.h - what the six operations about an account's EBS encryption settings say and
// hear. Source: EC2 API Reference, API_GetEbsEncryptionByDefault and its neighbours.
#pragma once
#include "messages/ec2/types.h"

namespace argosy::messages::ec2 {

struct GetEbsEncryptionByDefaultRequest {
  bool dry_run = false;
};
BOOST_DESCRIBE_STRUCT(GetEbsEncryptionByDefaultRequest, (), (dry_run))
struct GetEbsEncryptionByDefaultResponse {
  bool ebs_encryption_by_default = false;
  std::string sse_type;  ///< sse-kms, or none
};
BOOST_DESCRIBE_STRUCT(GetEbsEncryptionByDefaultResponse, (), (ebs_encryption_by_default, sse_type))

struct EnableEbsEncryptionByDefaultRequest {
  bool dry_run = false;
};
BOOST_DESCRIBE_STRUCT(EnableEbsEncryptionByDefaultRequest, (), (dry_run))
struct EnableEbsEncryptionByDefaultResponse {
  bool ebs_encryption_by_default = true;
};
BOOST_DESCRIBE_STRUCT(EnableEbsEncryptionByDefaultResponse, (), (ebs_encryption_by_default))

struct DisableEbsEncryptionByDefaultRequest {
  bool dry_run = false;
};
BOOST_DESCRIBE_STRUCT(DisableEbsEncryptionByDefaultRequest, (), (dry_run))
struct DisableEbsEncryptionByDefaultResponse {
  bool ebs_encryption_by_default = false;
};
BOOST_DESCRIBE_STRUCT(DisableEbsEncryptionByDefaultResponse, (), (ebs_encryption_by_default))

struct GetEbsDefaultKmsKeyIdRequest {
  bool dry_run = false;
};
BOOST_DESCRIBE_STRUCT(GetEbsDefaultKmsKeyIdRequest, (), (dry_run))
struct GetEbsDefaultKmsKeyIdResponse {
  std::string kms_key_id;  ///< ARN, or alias/aws/ebs
};
BOOST_DESCRIBE_STRUCT(GetEbsDefaultKmsKeyIdResponse, (), (kms_key_id))

struct ModifyEbsDefaultKmsKeyIdRequest {
  std::string kms_key_id;
  bool dry_run = false;
};
BOOST_DESCRIBE_STRUCT(ModifyEbsDefaultKmsKeyIdRequest, (), (kms_key_id, dry_run))
struct ModifyEbsDefaultKmsKeyIdResponse {
  std::string kms_key_id;
};
BOOST_DESCRIBE_STRUCT(ModifyEbsDefaultKmsKeyIdResponse, (), (kms_key_id))

struct ResetEbsDefaultKmsKeyIdRequest {
  bool dry_run = false;
};
BOOST_DESCRIBE_STRUCT(ResetEbsDefaultKmsKeyIdRequest, (), (dry_run))
struct ResetEbsDefaultKmsKeyIdResponse {
  std::string kms_key_id;
};
BOOST_DESCRIBE_STRUCT(ResetEbsDefaultKmsKeyIdResponse, (), (kms_key_id))

}  // namespace argosy::messages::ec2
