// images/encryption.h - whether a copy, an upload or a volume is encrypted and which key it takes: pure.
#pragma once
#include <optional>
#include <string>

#include "images/errors.h"
#include "images/image.h"

namespace argosy::images {

/// An account's settings in one region. Source: ec2-semantics B16.
struct EncryptionDefaults {
  bool by_default = false;  ///< whatever is made is encrypted
  std::string kms_key;      ///< ARN; empty: alias/aws/ebs
};

/// What a caller asks for.
struct EncryptionWish {
  std::optional<bool> encrypted;
  std::optional<std::string> kms_key;  ///< in any form of identifier; empty: none is named, as Packer says it
};

/// The key that the new content is encrypted under.
enum class KeyChoice {
  none,             ///< it is not encrypted
  source,           ///< the source's own
  given,            ///< the one that the caller names
  account_default,  ///< that of the account's settings
};

/// Of a key's name in any form, as KMS has it.
inline constexpr std::size_t kMaxKeyNameBytes = 2'048;

/// Fails with InvalidParameterDependency if a key is named without Encrypted, with InvalidParameterValue
/// beyond kMaxKeyNameBytes: the name is kept also where there is no such key.
Result<void> check_wish(EncryptionWish const& wish);

/// What is copied, as the copy sees it.
struct CopySource {
  std::string snapshot_id;
  bool encrypted = false;
  bool own = false;          ///< of the account that copies
  bool same_region = false;  ///< as the copy
};
/// `wish` has passed check_wish. Fails with InvalidRequest where encryption would be removed. Source:
/// ec2-semantics D1.
Result<KeyChoice> choose_for_copy(CopySource const& source, EncryptionWish const& wish, bool by_default);

/// For a volume made of a snapshot, or of nothing (then it is neither encrypted nor anybody's). Fails with
/// InvalidBlockDeviceMapping where encryption would be removed. Source: ec2-semantics D3.
Result<KeyChoice> choose_for_volume(std::string_view snapshot, bool encrypted, bool own,
                                    EncryptionWish const& wish, bool by_default);

/// For StartSnapshot; nothing: the combination is refused. `parent_encrypted`: nothing without a parent.
/// Source: ec2-semantics G.
std::optional<KeyChoice> choose_for_upload(std::optional<bool> parent_encrypted, EncryptionWish const& wish,
                                           bool by_default);

/// Who manages the key of a snapshot's content.
enum class Encryption {
  none,
  customer_key,
  managed_key,  ///< the account's alias/aws/ebs, which cannot be shared
};
/// Whether an image with such a snapshot may be shared with that principal; whether he can use the key is not
/// asked. Fails with InvalidParameter for a managed key, UnsupportedOperation for everybody. Source:
/// ec2-semantics E2.
Result<void> check_image_sharing(Encryption encryption, Permission const& with);
/// The same of a snapshot. Fails with OperationNotPermitted.
Result<void> check_snapshot_sharing(Encryption encryption, Permission const& with);

}  // namespace argosy::images
