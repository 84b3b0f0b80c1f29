// kms/cryptography.h - Encrypt, Decrypt, ReEncrypt, GenerateDataKey, GenerateDataKeyWithoutPlaintext. Source:
// ec2-semantics F2.
#pragma once
#include "keystore/keystore.h"
#include "messages/kms/cryptography.h"

namespace argosy::kms {

/// These read alone. They fail as keystore's functions do; with ValidationException, InvalidKeyUsageException
/// on another algorithm than SYMMETRIC_DEFAULT, UnsupportedOperationException on a Recipient.
Result<messages::kms::EncryptResponse> encrypt(catalogue::Transaction& tx, keystore::Vault const& vault,
                                               access::Caller const& caller,
                                               messages::kms::EncryptRequest const& request);
Result<messages::kms::DecryptResponse> decrypt(catalogue::Transaction& tx, keystore::Vault const& vault,
                                               access::Caller const& caller,
                                               messages::kms::DecryptRequest const& request);
/// The caller must be let by both keys, of each what it takes: ReEncryptFrom and ReEncryptTo.
Result<messages::kms::ReEncryptResponse> re_encrypt(catalogue::Transaction& tx, keystore::Vault const& vault,
                                                    access::Caller const& caller,
                                                    messages::kms::ReEncryptRequest const& request);
Result<messages::kms::GenerateDataKeyResponse> generate_data_key(
    catalogue::Transaction& tx, keystore::Vault const& vault, access::Caller const& caller,
    messages::kms::GenerateDataKeyRequest const& request);
Result<messages::kms::GenerateDataKeyWithoutPlaintextResponse> generate_data_key_without_plaintext(
    catalogue::Transaction& tx, keystore::Vault const& vault, access::Caller const& caller,
    messages::kms::GenerateDataKeyWithoutPlaintextRequest const& request);

}  // namespace argosy::kms
