// launcher/volume_keys.h - the keys of volumes: what is judged when a volume is made ready, and what is
// opened when its machine starts. Source: ec2-semantics D3, F5.
#pragma once
#include "instances/volume.h"
#include "keystore/ebs_keys.h"

namespace argosy::launcher {

/// Gives a volume that is `creating` its envelope: the base's root, opened in the name of the volume's
/// account, and a new key for what the host writes, both under the volume's own KMS key. Fails with KMS's
/// codes.
Result<void> make_ready(catalogue::Transaction& tx, keystore::EbsKeys const& keys, Entropy& entropy,
                        instances::Volume& volume);

struct OpenedVolume {
  Bytes secret;  ///< 32 bytes that the host's overlay is encrypted under; empty: the volume is not encrypted
  /// Of the base: what content::decode_root_secret reads if it is encrypted, else content::decode_reference.
  Bytes root;
};
/// Of a volume that was made ready. Fails with KMS's codes if its account may not use the key now.
Result<OpenedVolume> open_volume(catalogue::Transaction& tx, keystore::EbsKeys const& keys,
                                 instances::Volume const& volume);

}  // namespace argosy::launcher
