// cli/ebs.h - the EBS direct operations that the verbs use, one function each.
#pragma once
#include <optional>
#include <string>

#include "cli/session.h"
#include "digest/sha256.h"
#include "messages/ebs/ebs.h"

namespace argosy::cli {

namespace ebs = messages::ebs;

inline constexpr std::uint64_t kBlockBytes = ebs::kBlockSize;

/// The new snapshot's id.
Outcome<std::string> start_snapshot(Session& session, ebs::StartSnapshotRequest const& request);
/// `block` has kBlockBytes; `checksum` is its SHA-256.
Outcome<void> put_block(Session& session, std::string const& snapshot_id, std::uint64_t index, Bytes block,
                        digest::Digest const& checksum);
/// `aggregate`: SHA-256 of the checksums of the blocks put, one after the other in ascending order of index.
Outcome<void> complete_snapshot(Session& session, std::string const& snapshot_id, std::uint64_t blocks,
                                digest::Digest const& aggregate);
/// Where a page of a list begins. A page token lives for an hour, and the blocks of a page may take longer:
/// so what lies behind blocks is named by its index, and a token is used at once.
struct PageStart {
  std::uint64_t block_index = 0;
  std::optional<std::string> token;  ///< goes before the index
};
/// Where the list goes on behind a page with these blocks; nothing where it ends.
template <class Blocks>
std::optional<PageStart> behind(Blocks const& blocks, std::optional<std::string> const& next_token) {
  if (!next_token || next_token->empty()) return std::nullopt;
  if (blocks.empty()) return PageStart{0, next_token};
  return PageStart{static_cast<std::uint64_t>(blocks.back().block_index) + 1, std::nullopt};
}
/// A page of the written blocks in ascending order.
Outcome<ebs::ListSnapshotBlocksResponse> list_blocks(Session& session, std::string const& snapshot_id,
                                                     PageStart const& start);
/// A page of the blocks that differ between two snapshots of one lineage, ascending; it may be empty and not
/// the last. Fails with ValidationException (UNRELATED_SNAPSHOTS) for others.
Outcome<ebs::ListChangedBlocksResponse> list_changes(Session& session, std::string const& first_snapshot_id,
                                                     std::string const& second_snapshot_id,
                                                     PageStart const& start);
/// The block's kBlockBytes, compared with the checksum that came with them; fails with `corrupt`.
Outcome<Bytes> get_block(Session& session, std::string const& snapshot_id, ebs::Block const& block);

}  // namespace argosy::cli
