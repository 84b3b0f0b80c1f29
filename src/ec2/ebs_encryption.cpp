// ec2/ebs_encryption.cpp - see ebs_encryption.h.
#include "ec2/ebs_encryption.h"

#include "catalogue/encryption_defaults.h"
#include "ec2/dry_run.h"

namespace argosy::ec2 {
namespace {

namespace m = messages::ec2;

template <class Change>
Result<images::EncryptionDefaults> change_defaults(catalogue::Transaction& tx, access::Caller const& caller,
                                                   bool dry_run, Change const& change) {
  TRY(stop_if_dry_run(dry_run));
  auto defaults = TRY(catalogue::find_encryption_defaults(tx, caller.account));
  change(defaults);
  TRY(catalogue::save_encryption_defaults(tx, caller.account, defaults));
  return defaults;
}

}  // namespace

Result<m::GetEbsEncryptionByDefaultResponse> get_ebs_encryption_by_default(
    catalogue::Transaction& tx, access::Caller const& caller,
    m::GetEbsEncryptionByDefaultRequest const& request) {
  TRY(stop_if_dry_run(request.dry_run));
  auto defaults = TRY(catalogue::find_encryption_defaults(tx, caller.account));
  return m::GetEbsEncryptionByDefaultResponse{defaults.by_default, defaults.by_default ? "sse-kms" : "none"};
}

Result<m::EnableEbsEncryptionByDefaultResponse> enable_ebs_encryption_by_default(
    catalogue::Transaction& tx, access::Caller const& caller,
    m::EnableEbsEncryptionByDefaultRequest const& request) {
  TRY(change_defaults(tx, caller, request.dry_run, [](auto& defaults) { defaults.by_default = true; }));
  return m::EnableEbsEncryptionByDefaultResponse{};
}

Result<m::DisableEbsEncryptionByDefaultResponse> disable_ebs_encryption_by_default(
    catalogue::Transaction& tx, access::Caller const& caller,
    m::DisableEbsEncryptionByDefaultRequest const& request) {
  TRY(change_defaults(tx, caller, request.dry_run, [](auto& defaults) { defaults.by_default = false; }));
  return m::DisableEbsEncryptionByDefaultResponse{};
}

Result<m::GetEbsDefaultKmsKeyIdResponse> get_ebs_default_kms_key_id(
    catalogue::Transaction& tx, access::Caller const& caller,
    m::GetEbsDefaultKmsKeyIdRequest const& request) {
  TRY(stop_if_dry_run(request.dry_run));
  return m::GetEbsDefaultKmsKeyIdResponse{
      keystore::name_of_default(TRY(catalogue::find_encryption_defaults(tx, caller.account)))};
}

Result<m::ModifyEbsDefaultKmsKeyIdResponse> modify_ebs_default_kms_key_id(
    catalogue::Transaction& tx, access::Caller const& caller, keystore::EbsKeys const& keys,
    m::ModifyEbsDefaultKmsKeyIdRequest const& request) {
  TRY(stop_if_dry_run(request.dry_run));
  auto usable = [&]() -> Result<std::string> {
    auto arn = TRY(keys.find(tx, caller, request.kms_key_id));
    TRY(keys.check_new(tx, caller, arn, ""));
    return arn;
  };
  auto arn = usable();
  if (!arn && arn.error().code.empty()) return std::unexpected(std::move(arn).error());
  if (!arn)
    return images::invalid_parameter_value("The key '" + request.kms_key_id +
                                           "' cannot be the default: " + arn.error().message);
  auto defaults = TRY(change_defaults(tx, caller, false, [&](auto& settings) { settings.kms_key = *arn; }));
  return m::ModifyEbsDefaultKmsKeyIdResponse{defaults.kms_key};
}

Result<m::ResetEbsDefaultKmsKeyIdResponse> reset_ebs_default_kms_key_id(
    catalogue::Transaction& tx, access::Caller const& caller,
    m::ResetEbsDefaultKmsKeyIdRequest const& request) {
  auto defaults =
      TRY(change_defaults(tx, caller, request.dry_run, [](auto& settings) { settings.kms_key.clear(); }));
  return m::ResetEbsDefaultKmsKeyIdResponse{keystore::name_of_default(defaults)};
}

Result<std::optional<std::string>> choose_key(catalogue::Transaction& tx, access::Caller const& caller,
                                              keystore::EbsKeys const& keys, images::CopySource const& source,
                                              std::string const& source_key,
                                              images::EncryptionWish const& wish) {
  auto defaults = TRY(catalogue::find_encryption_defaults(tx, caller.account));
  auto const choice = TRY(images::choose_for_copy(source, wish, defaults.by_default));
  if (choice == images::KeyChoice::none) return std::nullopt;
  if (choice == images::KeyChoice::source) return source_key;
  auto const wanted = keystore::name_of_choice(choice, wish, defaults);
  auto arn = keys.find(tx, caller, wanted);
  if (!arn && arn.error().code.empty()) return std::unexpected(std::move(arn).error());
  return arn ? *arn : wanted;
}

}  // namespace argosy::ec2
