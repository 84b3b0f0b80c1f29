// peer/peer.h - the answering side of replication: opens images and snapshots for another region and sends it
// chunks. Source: design, "Copying between regions"; docs/formats/replication.md.
#pragma once
#include <string>

#include "access/account_list.h"
#include "base/clock.h"
#include "base/entropy.h"
#include "content/content.h"
#include "http/message.h"
#include "keystore/ebs_keys.h"
#include "messages/replication/replication.h"
#include "sql/session.h"

namespace argosy::peer {

/// What answering takes.
struct Source {
  std::string region;  ///< this one
  sql::Pool& catalogue;
  content::Content& content;
  keystore::EbsKeys const& keys;
  Clock& clock;
  Entropy& entropy;
};

/// Another region that asks, and what its line in the configuration allows.
struct Peer {
  std::string region;
  std::string name;              ///< of the process that holds it; empty: this one
  access::AccountList accounts;  ///< that it may speak for
  bool receives_keys = false;
};

/// Judges existence, visibility, state and storage permission as for any call of that account, and pins the
/// content; the opening is on record, durable, also a refused one. Fails with the code that CopyImage or
/// CopySnapshot answers, and with UnauthorizedOperation, whatever there is, for an account that the peer may
/// not speak for. Source: ec2-semantics B1, B12.
Result<messages::replication::OpenResponse> open(Source& source, Peer const& peer,
                                                 messages::replication::OpenRequest const& request);
/// These three fail with LeaseNotFound unless that region opened the lease and its peer may still speak for
/// the account.
Result<messages::replication::LeaseResponse> renew(Source& source, Peer const& peer,
                                                   messages::replication::LeaseRequest const& request);
Result<messages::replication::LeaseResponse> close(Source& source, Peer const& peer,
                                                   messages::replication::LeaseRequest const& request);
/// Chunks by position under an opened root, each behind its length. Fails also with InvalidRange for what is
/// not there; such a request is on record. Of encrypted content as `release` does.
Result<Bytes> fetch(Source& source, Peer const& peer, messages::replication::FetchRequest const& request);

/// The key of an opened disk whose content is encrypted: the account must be allowed to copy under the
/// snapshot's KMS key now, and the peer to receive keys. Fails with KMS's codes, UnauthorizedOperation,
/// LeaseNotFound; on record.
Result<messages::replication::ReleaseResponse> release(Source& source, Peer const& peer,
                                                       messages::replication::ReleaseRequest const& request);

/// Puts on record and into the log that a peer was refused.
void record_refusal(Source& source, Peer const& peer, messages::replication::OpenRequest const& request,
                    std::string_view code);

/// POST /replication/open|renew|close|release|fetch of an authenticated peer.
http::Response handle(Source& source, Peer const& peer, http::Request const& request);

}  // namespace argosy::peer
