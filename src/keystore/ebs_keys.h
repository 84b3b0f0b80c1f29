// keystore/ebs_keys.h - what EBS does with the keys of a region: in the name of the account that asks,
// through EC2, and bound to the snapshot or the volume whose content it is. Source: ec2-semantics D2, F5.
#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "images/encryption.h"
#include "images/snapshot.h"
#include "keystore/keystore.h"

namespace argosy::keystore {

/// A tag of a key, "true" or not there (docs/security.md).
inline constexpr std::string_view kResealTag = "argosy:reseal";

/// One region's. Every failure that is the caller's to mend has KMS's code and names the key:
/// NotFoundException, AccessDeniedException, DisabledException, KMSInvalidStateException. Any thread.
class EbsKeys {
 public:
  /// `root_of` gives an account's root as a caller, for what is done in its name while nobody calls.
  using RootOf = std::function<Result<access::Caller>(std::string const& account)>;
  EbsKeys(Vault vault, Clock& clock, RootOf root_of)
      : vault_(std::move(vault)), clock_(clock), root_of_(std::move(root_of)) {}

  std::string const& region() const { return vault_.region; }
  Result<access::Caller> root_of(std::string const& account) const { return root_of_(account); }

  /// The ARN of what an account names a key by. Its alias/aws/ebs is made when it is first needed.
  Result<std::string> find(catalogue::Transaction& tx, access::Caller const& caller,
                           std::string_view name) const;
  /// Whether the caller may put the content of a new snapshot under a key now; of whatever snapshot if it is
  /// empty.
  Result<void> check_new(catalogue::Transaction& tx, access::Caller const& caller, std::string_view arn,
                         std::string_view snapshot) const;
  /// Whether the caller may copy now what the envelope belongs to.
  Result<void> check_copied(catalogue::Transaction& tx, access::Caller const& caller, std::string_view arn,
                            ByteView envelope) const;

  /// Encrypts a secret of a snapshot under its key, with EBS's encryption context (aws:ebs:id, the snapshot;
  /// the volume, of a volume and of what was taken of it), which the envelope keeps. Fails as check_new does.
  Result<Bytes> wrap(catalogue::Transaction& tx, access::Caller const& caller, std::string_view arn,
                     std::string_view snapshot, ByteView secret) const;
  /// Fails unless the caller may decrypt with the key now.
  Result<Bytes> unwrap(catalogue::Transaction& tx, access::Caller const& caller, ByteView envelope) const;

  /// The id of a key that asks, by its tag kResealTag, that what is under it is sealed under a secret of its
  /// own; nothing of any other key.
  Result<std::optional<std::string>> sealing_key(catalogue::Transaction& tx, std::string_view arn) const;
  /// Who manages a snapshot's key.
  Result<images::Encryption> encryption_of(catalogue::Transaction& tx,
                                           images::Snapshot const& snapshot) const;

 private:
  keys::Request request(access::Caller const& caller, keys::Action action, std::string_view snapshot) const;
  Result<void> check(catalogue::Transaction& tx, access::Caller const& caller, std::string_view arn,
                     std::string_view snapshot, std::span<keys::Action const> actions) const;

  Vault vault_;
  Clock& clock_;
  RootOf root_of_;
};

/// What names the key of an account's settings.
std::string name_of_default(images::EncryptionDefaults const& defaults);
/// What names the key of a choice that is neither `none` nor `source`.
std::string name_of_choice(images::KeyChoice choice, images::EncryptionWish const& wish,
                           images::EncryptionDefaults const& defaults);

/// Whether a failure is about a key: the caller's to mend, not the server's.
bool is_about_keys(Error const& error);
/// What EC2 says of a snapshot or an image that failed for it, and its code. Source: ec2-semantics C3.
std::string inaccessible_key(Error const& error);
inline constexpr char const* kInaccessibleKeyCode = "Client.InvalidKMSKey.InvalidState";

}  // namespace argosy::keystore
