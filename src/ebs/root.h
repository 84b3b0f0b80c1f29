// ebs/root.h - the root of a snapshot's content, opened for whoever may read it.
#pragma once
#include "access/caller.h"
#include "content/reference.h"
#include "keystore/ebs_keys.h"

namespace argosy::ebs {

/// `root` and `envelope` as the snapshot's row has them; without an envelope the content is not encrypted.
/// Fails with KMS's codes.
inline Result<content::Child> open_root(catalogue::Transaction& tx, keystore::EbsKeys const& keys,
                                        access::Caller const& caller, ByteView root, ByteView envelope) {
  if (envelope.empty()) return content::decode_reference(root);
  return content::decode_root_secret(TRY(keys.unwrap(tx, caller, envelope)));
}

}  // namespace argosy::ebs
