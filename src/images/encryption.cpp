// images/encryption.cpp - see encryption.h.
#include "images/encryption.h"

namespace argosy::images {
namespace {

bool names_key(EncryptionWish const& wish) { return wish.kms_key && !wish.kms_key->empty(); }

}  // namespace

Result<void> check_wish(EncryptionWish const& wish) {
  if (names_key(wish) && !wish.encrypted.value_or(false))
    return fail(Fault::invalid, "InvalidParameterDependency",
                "The parameter [KmsKeyId] requires the parameter Encrypted to be set.");
  if (names_key(wish) && wish.kms_key->size() > kMaxKeyNameBytes)
    return invalid_parameter_value("A KMS key is named by at most 2048 characters");
  return {};
}

Result<KeyChoice> choose_for_copy(CopySource const& source, EncryptionWish const& wish, bool by_default) {
  if (source.encrypted && wish.encrypted == false)
    return invalid_request("Snapshot " + source.snapshot_id +
                           " is encrypted. Creating an unencrypted copy from an encrypted snapshot is not "
                           "supported.");
  if (names_key(wish)) return KeyChoice::given;
  if (source.encrypted)
    return source.own && source.same_region ? KeyChoice::source : KeyChoice::account_default;
  return wish.encrypted.value_or(false) || by_default ? KeyChoice::account_default : KeyChoice::none;
}

Result<KeyChoice> choose_for_volume(std::string_view snapshot, bool encrypted, bool own,
                                    EncryptionWish const& wish, bool by_default) {
  if (encrypted && wish.encrypted == false)
    return invalid_mapping("the encrypted flag cannot be false since snapshot '" + std::string(snapshot) +
                           "' is encrypted.");
  if (names_key(wish)) return KeyChoice::given;
  if (encrypted) return own ? KeyChoice::source : KeyChoice::account_default;
  return wish.encrypted.value_or(false) || by_default ? KeyChoice::account_default : KeyChoice::none;
}

std::optional<KeyChoice> choose_for_upload(std::optional<bool> parent_encrypted, EncryptionWish const& wish,
                                           bool by_default) {
  bool const silent = !wish.encrypted && !names_key(wish);
  if (parent_encrypted) {
    if (!silent) return std::nullopt;
    if (*parent_encrypted) return KeyChoice::source;
    return by_default ? std::nullopt : std::optional(KeyChoice::none);
  }
  if (wish.encrypted == false && (names_key(wish) || by_default)) return std::nullopt;
  if (names_key(wish)) return KeyChoice::given;
  return wish.encrypted.value_or(false) || by_default ? KeyChoice::account_default : KeyChoice::none;
}

Result<void> check_image_sharing(Encryption encryption, Permission const& with) {
  if (encryption == Encryption::none) return {};
  if (with == kEverybody)
    return unsupported("Encrypted snapshots can\u2019t be shared publicly. Specify another snapshot.");
  if (encryption == Encryption::managed_key)
    return fail(
        Fault::invalid, "InvalidParameter",
        "Snapshots encrypted with the AWS Managed CMK can\u2019t be shared. Specify another snapshot.");
  return {};
}

Result<void> check_snapshot_sharing(Encryption encryption, Permission const& with) {
  if (encryption == Encryption::none) return {};
  if (with == kEverybody)
    return fail(Fault::denied, "OperationNotPermitted", "Encrypted snapshots cannot be shared publicly");
  if (encryption == Encryption::managed_key)
    return fail(Fault::denied, "OperationNotPermitted",
                "Encrypted snapshots with EBS default key cannot be shared");
  return {};
}

}  // namespace argosy::images
