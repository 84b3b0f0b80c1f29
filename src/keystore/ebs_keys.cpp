// keystore/ebs_keys.cpp - see ebs_keys.h.
//
// An envelope: the length of the snapshot's id (2 bytes, little-endian), the id, the ciphertext.
#include "keystore/ebs_keys.h"

#include <algorithm>
#include <array>

namespace argosy::keystore {
namespace {

using keys::Action;

constexpr std::string_view kContextName = "aws:ebs:id";

constexpr std::array kNewContent{Action::describe_key, Action::create_grant,
                                 Action::generate_data_key_without_plaintext, Action::decrypt};
constexpr std::array kCopiedContent{Action::describe_key, Action::create_grant, Action::decrypt,
                                    Action::re_encrypt_from};

struct Envelope {
  std::string snapshot;
  ByteView blob;
};

Bytes close_envelope(std::string_view snapshot, ByteView blob) {
  Bytes out;
  put_le(out, static_cast<std::uint16_t>(snapshot.size()));
  auto const name = as_bytes(snapshot);
  out.insert(out.end(), name.begin(), name.end());
  out.insert(out.end(), blob.begin(), blob.end());
  return out;
}

Result<Envelope> open_envelope(ByteView envelope) {
  auto const broken = [] { return fail(Fault::corrupt, "a snapshot's envelope is damaged"); };
  if (envelope.size() < 2) return broken();
  std::size_t const length = get_le<std::uint16_t>(envelope.data());
  if (envelope.size() < 2 + length) return broken();
  return Envelope{std::string(as_text(envelope.subspan(2, length))), envelope.subspan(2 + length)};
}

/// Whether a name means the account's own alias/aws/ebs.
bool names_managed_key(keys::Identifier const& name, std::string_view region, std::string_view account) {
  return name.kind == keys::Identifier::Kind::alias && name.name == keys::kEbsAlias &&
         (name.account.empty() || name.account == account) && (name.region.empty() || name.region == region);
}

}  // namespace

keys::Request EbsKeys::request(access::Caller const& caller, Action action, std::string_view snapshot) const {
  keys::Request out;
  out.caller = caller;
  out.action = action;
  out.via_service = keys::ec2_service(vault_.region);
  keys::EncryptionContext const context{{std::string(kContextName), std::string(snapshot)}};
  if (keys::takes_context(action)) out.context = context;
  if (action == Action::create_grant) {
    out.proposal.emplace();
    out.proposal->operations = {Action::decrypt};
    out.proposal->constraints = {keys::Constraints::Kind::equals, context};
  }
  return out;
}

Result<void> EbsKeys::check(catalogue::Transaction& tx, access::Caller const& caller, std::string_view arn,
                            std::string_view snapshot, std::span<Action const> actions) const {
  for (auto const action : actions)
    TRY(find_key(tx, vault_.region, arn, request(caller, action, snapshot), Names::no_aliases));
  return {};
}

Result<std::string> EbsKeys::find(catalogue::Transaction& tx, access::Caller const& caller,
                                  std::string_view name) const {
  auto const identifier = TRY(keys::parse_identifier(name));
  if (names_managed_key(identifier, vault_.region, caller.account))
    return TRY(managed_key(tx, vault_, caller.account, clock_.now())).arn();
  auto const key = TRY(find_key(tx, vault_.region, name, request(caller, Action::describe_key, "")));
  return key.arn();
}

Result<void> EbsKeys::check_new(catalogue::Transaction& tx, access::Caller const& caller,
                                std::string_view arn, std::string_view snapshot) const {
  return check(tx, caller, arn, snapshot, kNewContent);
}

Result<void> EbsKeys::check_copied(catalogue::Transaction& tx, access::Caller const& caller,
                                   std::string_view arn, ByteView envelope) const {
  auto const opened = TRY(open_envelope(envelope));
  return check(tx, caller, arn, opened.snapshot, kCopiedContent);
}

Result<Bytes> EbsKeys::wrap(catalogue::Transaction& tx, access::Caller const& caller, std::string_view arn,
                            std::string_view snapshot, ByteView secret) const {
  TRY(check_new(tx, caller, arn, snapshot));
  auto const made = TRY(encrypt(
      tx, vault_, arn, request(caller, Action::generate_data_key_without_plaintext, snapshot), secret));
  return close_envelope(snapshot, made.blob);
}

Result<Bytes> EbsKeys::unwrap(catalogue::Transaction& tx, access::Caller const& caller,
                              ByteView envelope) const {
  auto const opened = TRY(open_envelope(envelope));
  auto made = TRY(decrypt(tx, vault_, request(caller, Action::decrypt, opened.snapshot), opened.blob));
  return std::move(made.plain);
}

Result<std::optional<std::string>> EbsKeys::sealing_key(catalogue::Transaction& tx,
                                                        std::string_view arn) const {
  auto const identifier = TRY(keys::parse_identifier(arn));
  auto const value = TRY(catalogue::find_key_tag(tx, identifier.name, kResealTag));
  return value == "true" ? std::optional(identifier.name) : std::nullopt;
}

Result<images::Encryption> EbsKeys::encryption_of(catalogue::Transaction& tx,
                                                  images::Snapshot const& snapshot) const {
  if (!snapshot.encrypted) return images::Encryption::none;
  auto const identifier = keys::parse_identifier(snapshot.kms_key);
  auto const key = identifier ? TRY(catalogue::find_key(tx, identifier->name)) : std::nullopt;
  bool const managed = key && key->manager == keys::KeyManager::aws;
  return managed ? images::Encryption::managed_key : images::Encryption::customer_key;
}

std::string name_of_default(images::EncryptionDefaults const& defaults) {
  return defaults.kms_key.empty() ? std::string(keys::kEbsAlias) : defaults.kms_key;
}

std::string name_of_choice(images::KeyChoice choice, images::EncryptionWish const& wish,
                           images::EncryptionDefaults const& defaults) {
  return choice == images::KeyChoice::given ? *wish.kms_key : name_of_default(defaults);
}

bool is_about_keys(Error const& error) {
  static constexpr std::array<std::string_view, 6> kCodes{"NotFoundException",   "AccessDeniedException",
                                                          "DisabledException",   "KMSInvalidStateException",
                                                          "InvalidArnException", "ValidationException"};
  return std::ranges::find(kCodes, error.code) != kCodes.end();
}

std::string inaccessible_key(Error const& error) {
  return "Given key ID is not accessible. " + error.message;
}

}  // namespace argosy::keystore
