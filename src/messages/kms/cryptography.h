// messages/kms/cryptography.h - what the operations that encrypt and decrypt say and hear. See types.h.
#pragma once
#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "messages/kms/types.h"

namespace argosy::messages::kms {

/// For enclaves, which there are none of here.
struct RecipientInfo {
  std::optional<std::string> key_encryption_algorithm;
  std::optional<Bytes> attestation_document;
};
BOOST_DESCRIBE_STRUCT(RecipientInfo, (), (key_encryption_algorithm, attestation_document))

struct EncryptRequest {
  std::string key_id;
  std::optional<Bytes> plaintext;  ///< required
  Context encryption_context;
  std::vector<std::string> grant_tokens;
  std::optional<std::string> encryption_algorithm;
  std::optional<bool> dry_run;
};
BOOST_DESCRIBE_STRUCT(EncryptRequest, (),
                      (key_id, plaintext, encryption_context, grant_tokens, encryption_algorithm, dry_run))
struct EncryptResponse {
  Bytes ciphertext_blob;
  std::string key_id;
  std::string encryption_algorithm;
};
BOOST_DESCRIBE_STRUCT(EncryptResponse, (), (ciphertext_blob, key_id, encryption_algorithm))

struct DecryptRequest {
  std::optional<Bytes> ciphertext_blob;  ///< required, unless it is ignored
  Context encryption_context;
  std::vector<std::string> grant_tokens;
  std::optional<std::string> key_id;
  std::optional<std::string> encryption_algorithm;
  std::optional<RecipientInfo> recipient;
  std::optional<bool> dry_run;
  std::vector<std::string> dry_run_modifiers;
};
BOOST_DESCRIBE_STRUCT(DecryptRequest, (),
                      (ciphertext_blob, encryption_context, grant_tokens, key_id, encryption_algorithm,
                       recipient, dry_run, dry_run_modifiers))
struct DecryptResponse {
  std::string key_id;
  Bytes plaintext;
  std::string encryption_algorithm;
  std::optional<Bytes> ciphertext_for_recipient;
  std::string key_material_id;
};
BOOST_DESCRIBE_STRUCT(DecryptResponse, (),
                      (key_id, plaintext, encryption_algorithm, ciphertext_for_recipient, key_material_id))

struct ReEncryptRequest {
  std::optional<Bytes> ciphertext_blob;  ///< required, unless it is ignored
  Context source_encryption_context;
  std::optional<std::string> source_key_id;
  std::string destination_key_id;
  Context destination_encryption_context;
  std::optional<std::string> source_encryption_algorithm;
  std::optional<std::string> destination_encryption_algorithm;
  std::vector<std::string> grant_tokens;
  std::optional<bool> dry_run;
  std::vector<std::string> dry_run_modifiers;
};
BOOST_DESCRIBE_STRUCT(ReEncryptRequest, (),
                      (ciphertext_blob, source_encryption_context, source_key_id, destination_key_id,
                       destination_encryption_context, source_encryption_algorithm,
                       destination_encryption_algorithm, grant_tokens, dry_run, dry_run_modifiers))
struct ReEncryptResponse {
  Bytes ciphertext_blob;
  std::string source_key_id;
  std::string key_id;
  std::string source_encryption_algorithm;
  std::string destination_encryption_algorithm;
  std::string source_key_material_id;
  std::string destination_key_material_id;
};
BOOST_DESCRIBE_STRUCT(ReEncryptResponse, (),
                      (ciphertext_blob, source_key_id, key_id, source_encryption_algorithm,
                       destination_encryption_algorithm, source_key_material_id, destination_key_material_id))

struct GenerateDataKeyRequest {
  std::string key_id;
  Context encryption_context;
  std::optional<std::int32_t> number_of_bytes;
  std::optional<std::string> key_spec;
  std::vector<std::string> grant_tokens;
  std::optional<RecipientInfo> recipient;
  std::optional<bool> dry_run;
};
BOOST_DESCRIBE_STRUCT(GenerateDataKeyRequest, (),
                      (key_id, encryption_context, number_of_bytes, key_spec, grant_tokens, recipient,
                       dry_run))
struct GenerateDataKeyResponse {
  Bytes ciphertext_blob;
  Bytes plaintext;
  std::string key_id;
  std::optional<Bytes> ciphertext_for_recipient;
  std::string key_material_id;
};
BOOST_DESCRIBE_STRUCT(GenerateDataKeyResponse, (),
                      (ciphertext_blob, plaintext, key_id, ciphertext_for_recipient, key_material_id))

struct GenerateDataKeyWithoutPlaintextRequest {
  std::string key_id;
  Context encryption_context;
  std::optional<std::string> key_spec;
  std::optional<std::int32_t> number_of_bytes;
  std::vector<std::string> grant_tokens;
  std::optional<bool> dry_run;
};
BOOST_DESCRIBE_STRUCT(GenerateDataKeyWithoutPlaintextRequest, (),
                      (key_id, encryption_context, key_spec, number_of_bytes, grant_tokens, dry_run))
struct GenerateDataKeyWithoutPlaintextResponse {
  Bytes ciphertext_blob;
  std::string key_id;
  std::string key_material_id;
};
BOOST_DESCRIBE_STRUCT(GenerateDataKeyWithoutPlaintextResponse, (), (ciphertext_blob, key_id, key_material_id))

}  // namespace argosy::messages::kms
