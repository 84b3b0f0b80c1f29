// kms/cryptography.cpp - see cryptography.h.
#include "kms/cryptography.h"

#include "kms/shapes.h"

namespace argosy::kms {
namespace {

namespace m = messages::kms;
using catalogue::Transaction;
using keys::Action;
using keystore::Vault;

constexpr std::string_view kAlgorithm = "SYMMETRIC_DEFAULT";
constexpr std::size_t kMaxBlobBytes = 6'144;
constexpr std::int32_t kMaxDataKeyBytes = 1'024;

Result<void> check_algorithm(std::optional<std::string> const& algorithm) {
  if (algorithm.value_or(std::string(kAlgorithm)) != kAlgorithm)
    return fail(Fault::invalid, "InvalidKeyUsageException",
                "The algorithm of a symmetric key is SYMMETRIC_DEFAULT");
  return {};
}

Result<void> check_recipient(std::optional<m::RecipientInfo> const& recipient) {
  if (recipient) return keys::unsupported("There are no enclaves here: leave out Recipient");
  return {};
}

Result<Bytes> check_blob(std::optional<Bytes> const& blob, std::vector<std::string> const& modifiers) {
  if (!modifiers.empty()) return keys::invalid_value("DryRunModifiers is not supported");
  if (!blob || blob->empty() || blob->size() > kMaxBlobBytes)
    return keys::invalid_value("CiphertextBlob has 1 to 6144 bytes");
  return *blob;
}

Result<std::size_t> data_key_size(std::optional<std::string> const& spec, std::optional<std::int32_t> bytes) {
  if (spec.has_value() == bytes.has_value())
    return keys::invalid_value("Please specify either number of bytes or key spec.");
  if (spec) {
    if (*spec == "AES_256") return 32;
    if (*spec == "AES_128") return 16;
    return keys::invalid_value("KeySpec is AES_256 or AES_128");
  }
  if (*bytes < 1 || *bytes > kMaxDataKeyBytes) return keys::invalid_value("NumberOfBytes is 1 to 1024");
  return static_cast<std::size_t>(*bytes);
}

template <class Request>
Result<keystore::DataKey> data_key(Transaction& tx, Vault const& vault, access::Caller const& caller,
                                   Action action, Request const& request) {
  TRY(check_grant_tokens(request.grant_tokens));
  auto const size = TRY(data_key_size(request.key_spec, request.number_of_bytes));
  auto made = TRY(keystore::generate_data_key(tx, vault, request.key_id,
                                              {caller, action, request.encryption_context}, size));
  TRY(stop_if_dry_run(request.dry_run));
  return made;
}

}  // namespace

Result<m::EncryptResponse> encrypt(Transaction& tx, Vault const& vault, access::Caller const& caller,
                                   m::EncryptRequest const& request) {
  TRY(check_algorithm(request.encryption_algorithm));
  TRY(check_grant_tokens(request.grant_tokens));
  if (!request.plaintext || request.plaintext->empty() ||
      request.plaintext->size() > keys::kMaxPlaintextBytes)
    return keys::invalid_value("Plaintext has 1 to 4096 bytes");
  auto made = TRY(keystore::encrypt(
      tx, vault, request.key_id, {caller, Action::encrypt, request.encryption_context}, *request.plaintext));
  TRY(stop_if_dry_run(request.dry_run));
  return m::EncryptResponse{std::move(made.blob), made.key.arn(), std::string(kAlgorithm)};
}

Result<m::DecryptResponse> decrypt(Transaction& tx, Vault const& vault, access::Caller const& caller,
                                   m::DecryptRequest const& request) {
  TRY(check_algorithm(request.encryption_algorithm));
  TRY(check_recipient(request.recipient));
  TRY(check_grant_tokens(request.grant_tokens));
  auto const blob = TRY(check_blob(request.ciphertext_blob, request.dry_run_modifiers));
  auto opened = TRY(keystore::decrypt(tx, vault, {caller, Action::decrypt, request.encryption_context}, blob,
                                      request.key_id));
  TRY(stop_if_dry_run(request.dry_run));
  m::DecryptResponse out;
  out.key_id = opened.key.arn();
  out.plaintext = std::move(opened.plain);
  out.encryption_algorithm = kAlgorithm;
  out.key_material_id = opened.material_id;
  return out;
}

Result<m::ReEncryptResponse> re_encrypt(Transaction& tx, Vault const& vault, access::Caller const& caller,
                                        m::ReEncryptRequest const& request) {
  TRY(check_algorithm(request.source_encryption_algorithm));
  TRY(check_algorithm(request.destination_encryption_algorithm));
  TRY(check_grant_tokens(request.grant_tokens));
  auto const blob = TRY(check_blob(request.ciphertext_blob, request.dry_run_modifiers));
  auto const opened =
      TRY(keystore::decrypt(tx, vault, {caller, Action::re_encrypt_from, request.source_encryption_context},
                            blob, request.source_key_id));
  auto made = TRY(keystore::encrypt(tx, vault, request.destination_key_id,
                                    {caller, Action::re_encrypt_to, request.destination_encryption_context},
                                    opened.plain));
  TRY(stop_if_dry_run(request.dry_run));
  return m::ReEncryptResponse{std::move(made.blob),    opened.key.arn(),        made.key.arn(),
                              std::string(kAlgorithm), std::string(kAlgorithm), opened.material_id,
                              made.material_id};
}

Result<m::GenerateDataKeyResponse> generate_data_key(Transaction& tx, Vault const& vault,
                                                     access::Caller const& caller,
                                                     m::GenerateDataKeyRequest const& request) {
  TRY(check_recipient(request.recipient));
  auto made = TRY(data_key(tx, vault, caller, Action::generate_data_key, request));
  return m::GenerateDataKeyResponse{std::move(made.encrypted.blob), std::move(made.plain),
                                    made.encrypted.key.arn(), std::nullopt, made.encrypted.material_id};
}

Result<m::GenerateDataKeyWithoutPlaintextResponse> generate_data_key_without_plaintext(
    Transaction& tx, Vault const& vault, access::Caller const& caller,
    m::GenerateDataKeyWithoutPlaintextRequest const& request) {
  auto made = TRY(data_key(tx, vault, caller, Action::generate_data_key_without_plaintext, request));
  return m::GenerateDataKeyWithoutPlaintextResponse{std::move(made.encrypted.blob), made.encrypted.key.arn(),
                                                    made.encrypted.material_id};
}

}  // namespace argosy::kms
