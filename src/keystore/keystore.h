// keystore/keystore.h - a region's keys in use: found by any of their names, judged for whoever asks, and
// what they encrypt and decrypt.
//
// Every function judges: who calls one has nothing more to check. Failures have KMS's codes (keys/errors.h):
// AccessDeniedException if the caller may not (of another account's key also if there is none: he cannot
// tell), NotFoundException, DisabledException, KMSInvalidStateException.
#pragma once
#include <optional>

#include "catalogue/keys.h"
#include "keys/ciphertext.h"
#include "keys/decision.h"
#include "keys/identifier.h"

namespace argosy::keystore {

/// What the keys of a region lie in, besides its catalogue.
struct Vault {
  std::string region;
  crypto::MasterKeys const& master_keys;  ///< wrap the materials
  Entropy& entropy;
};

/// By which names a key may be called.
enum class Names {
  all,         ///< id, ARN, alias and alias ARN
  no_aliases,  ///< management: id and ARN
};

/// The key that the caller calls by that name, if he may do with it what he asks and it is in a state for it.
/// Other accounts' keys are called by ARN.
Result<keys::Key> find_key(catalogue::Transaction& tx, std::string_view region, std::string_view name,
                           keys::Request const& request, Names names = Names::all);

/// What a key made, and under which of its materials.
struct Encrypted {
  keys::Key key;
  std::string material_id;
  Bytes blob;  ///< docs/formats/ciphertext.md
};
/// Under the request's encryption context; the action is Encrypt, ReEncryptTo or one that makes data keys.
/// `plain` has at most keys::kMaxPlaintextBytes.
Result<Encrypted> encrypt(catalogue::Transaction& tx, Vault const& vault, std::string_view name,
                          keys::Request const& request, ByteView plain);

struct DataKey {
  Bytes plain;
  Encrypted encrypted;
};
/// A random one of that many bytes, and the same encrypted. The action says whether the caller is shown the
/// plain one: GenerateDataKey or GenerateDataKeyWithoutPlaintext.
Result<DataKey> generate_data_key(catalogue::Transaction& tx, Vault const& vault, std::string_view name,
                                  keys::Request const& request, std::size_t size_bytes);

struct Decrypted {
  keys::Key key;
  std::string material_id;
  Bytes plain;
};
/// With the key that the blob names; the action is Decrypt or ReEncryptFrom. With a `name` it must be that
/// key: IncorrectKeyException. InvalidCiphertextException if the encryption context or the blob is not what
/// it was.
Result<Decrypted> decrypt(catalogue::Transaction& tx, Vault const& vault, keys::Request const& request,
                          ByteView blob, std::optional<std::string> const& name = std::nullopt);
/// The key that `decrypt` would take, judged, with nothing decrypted.
Result<keys::Key> find_key_of(catalogue::Transaction& tx, std::string_view region,
                              keys::Request const& request, ByteView blob,
                              std::optional<std::string> const& name);

/// Records a key with its first material. Fails with LimitExceededException if the account has as many
/// customer-managed keys as `limit` allows.
Result<void> insert_key(catalogue::Transaction& tx, Vault const& vault, keys::Key const& key,
                        std::int64_t limit);

/// alias/aws/ebs of the account, made when it is first asked for. It can be used through EC2 alone, neither
/// changed nor shared. No judging: who uses it is judged then.
Result<keys::Key> managed_key(catalogue::Transaction& tx, Vault const& vault, std::string_view account,
                              Time now);

}  // namespace argosy::keystore
