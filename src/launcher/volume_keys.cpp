// launcher/volume_keys.cpp - see volume_keys.h.
#include "launcher/volume_keys.h"

#include "catalogue/snapshots.h"
#include "crypto/crypto.h"

namespace argosy::launcher {
namespace {

constexpr std::size_t kSecretBytes = 32;

/// KMS does not name the key of a ciphertext to whom it refuses it; the owner of a volume has seen it.
Result<Bytes> unwrap(catalogue::Transaction& tx, keystore::EbsKeys const& keys, access::Caller const& account,
                     ByteView envelope, std::string const& key) {
  auto secret = keys.unwrap(tx, account, envelope);
  if (secret || !keystore::is_about_keys(secret.error()) || secret.error().message.contains(key))
    return secret;
  auto error = std::move(secret).error();
  error.message += " (" + key + ")";
  return std::unexpected(std::move(error));
}

/// The secret of the root of what lies below. Source of the rights that this takes on another key:
/// ec2-semantics D3, E2.
Result<Bytes> open_base(catalogue::Transaction& tx, keystore::EbsKeys const& keys,
                        access::Caller const& account, instances::Volume const& volume) {
  auto const snapshot = catalogue::find_snapshot(tx, volume.base.snapshot_id);
  auto const key = snapshot ? snapshot->kms_key : "";  // it may have been deleted since
  if (!key.empty() && key != volume.kms_key) TRY(keys.check_copied(tx, account, key, volume.base.envelope));
  return unwrap(tx, keys, account, volume.base.envelope, key);
}

}  // namespace

Result<void> make_ready(catalogue::Transaction& tx, keystore::EbsKeys const& keys, Entropy& entropy,
                        instances::Volume& volume) {
  volume.state =
      volume.instance_id.empty() ? instances::VolumeState::available : instances::VolumeState::in_use;
  if (!volume.encrypted) return {};
  auto const account = TRY(keys.root_of(volume.account));
  auto const overlay_key = crypto::Key::random(entropy);
  auto secret = to_bytes(overlay_key.bytes());
  if (volume.base.encrypted) {
    auto const root = TRY(open_base(tx, keys, account, volume));
    secret.insert(secret.end(), root.begin(), root.end());
  }
  volume.kms_key = TRY(keys.find(tx, account, volume.kms_key));
  volume.envelope = TRY(keys.wrap(tx, account, volume.kms_key, volume.id, secret));
  volume.base.envelope.clear();
  return {};
}

Result<OpenedVolume> open_volume(catalogue::Transaction& tx, keystore::EbsKeys const& keys,
                                 instances::Volume const& volume) {
  if (!volume.encrypted) return OpenedVolume{{}, volume.base.root};
  auto const account = TRY(keys.root_of(volume.account));
  auto const secret = TRY(unwrap(tx, keys, account, volume.envelope, volume.kms_key));
  if (secret.size() < kSecretBytes)
    return fail(Fault::corrupt, "the envelope of " + volume.id + " is too short");
  auto const overlay_end = secret.begin() + kSecretBytes;
  OpenedVolume out{{secret.begin(), overlay_end}, {overlay_end, secret.end()}};
  if (!volume.base.encrypted) out.root = volume.base.root;
  return out;
}

}  // namespace argosy::launcher
