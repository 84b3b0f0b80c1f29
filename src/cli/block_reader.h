// cli/block_reader.h - blocks of one snapshot, also when the tokens of its list are not taken any more.
#pragma once
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/ebs.h"

namespace argosy::cli {

/// A block's token is good for some days, or until somebody lists the same snapshot again (ec2-semantics G).
/// Where one is refused the list is asked for again, once, from that block on, and what it says then is used
/// for the blocks behind it, too. Any thread. Memory: one page of the list.
class BlockReader {
 public:
  BlockReader(Session& session, std::string snapshot_id)
      : session_(session), snapshot_id_(std::move(snapshot_id)) {}

  /// As get_block.
  Outcome<Bytes> get(ebs::Block const& listed);

 private:
  ebs::Block newest(ebs::Block const& listed);
  Outcome<ebs::Block> list_again(ebs::Block const& refused);
  ebs::Block const* find(std::int64_t index) const;

  Session& session_;
  std::string const snapshot_id_;
  std::mutex mutex_;  // held while the list is asked for, so that nobody asks twice; guards what follows
  std::vector<ebs::Block> page_;  ///< that was asked for last, ascending; empty if none was
};

}  // namespace argosy::cli
