// launcher/volume_keys.cpp - see volume_keys.h.
#include "launcher/volume_keys.h"

#include "crypto/crypto.h"

namespace argosy::launcher {
namespace {

constexpr std::size_t kSecretBytes = 32;

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
    auto const root = TRY(keys.unwrap(tx, account, volume.base.envelope));
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
  auto const secret = TRY(keys.unwrap(tx, account, volume.envelope));
  if (secret.size() < kSecretBytes)
    return fail(Fault::corrupt, "the envelope of " + volume.id + " is too short");
  auto const overlay_end = secret.begin() + kSecretBytes;
  OpenedVolume out{{secret.begin(), overlay_end}, {overlay_end, secret.end()}};
  if (!volume.base.encrypted) out.root = volume.base.root;
  return out;
}

}  // namespace argosy::launcher
