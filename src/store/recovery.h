// store/recovery.h - brings the index up to what the packs say, after a crash or when the index is new.
#pragma once
#include "store/writers.h"

namespace argosy::store {

struct Recovered {
  std::int64_t generation = 1;
  std::uint64_t lost_chunks = 0;  ///< found missing, with a pack or its end, by this start
  /// Records that the index did not know were damaged: the journal of an upload may lack some of them.
  bool journal_damaged = false;
};

/// Creates the index's schema if need be; takes over records that the index does not know, each verified;
/// cuts torn tails; marks as damaged what lay in packs that are lost or cut short; closes nodes whose
/// subtrees turn out whole; hands unsealed packs to `writers` to go on with.
Result<Recovered> recover(bucket::Bucket& bucket, sql::Pool& sessions, Writers& writers);

}  // namespace argosy::store
