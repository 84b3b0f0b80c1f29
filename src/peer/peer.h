// peer/peer.h - the answering side of replication: opens images and snapshots for another region and sends it
// chunks. Source: design, "Copying between regions"; docs/formats/replication.md.
#pragma once
#include "base/clock.h"
#include "base/entropy.h"
#include "content/content.h"
#include "http/message.h"
#include "messages/replication/replication.h"
#include "sql/session.h"

namespace argosy::peer {

/// What answering takes.
struct Source {
  std::string region;  ///< this one
  sql::Pool& catalogue;
  content::Content& content;
  Clock& clock;
  Entropy& entropy;
};

/// Judges existence, visibility, state and storage permission as for any call of that account, and pins the
/// content. Fails with the code that CopyImage or CopySnapshot answers. Source: ec2-semantics B1, B12.
Result<messages::replication::OpenResponse> open(Source& source, std::string_view peer,
                                                 messages::replication::OpenRequest const& request);
/// Fails with LeaseNotFound.
Result<messages::replication::LeaseResponse> renew(Source& source, std::string_view peer,
                                                   messages::replication::LeaseRequest const& request);
Result<messages::replication::LeaseResponse> close(Source& source, std::string_view peer,
                                                   messages::replication::LeaseRequest const& request);
/// Chunks by position under an opened root, each behind its length. Fails with LeaseNotFound, and with
/// `invalid` for what is not there.
Result<Bytes> fetch(Source& source, std::string_view peer,
                    messages::replication::FetchRequest const& request);

/// POST /replication/open|renew|close|fetch of an authenticated peer.
http::Response handle(Source& source, std::string_view peer, http::Request const& request);

}  // namespace argosy::peer
