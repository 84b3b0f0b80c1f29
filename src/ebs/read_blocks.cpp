// ebs/read_blocks.cpp - see read_blocks.h.
#include "ebs/read_blocks.h"

#include <algorithm>

#include "catalogue/domains.h"
#include "catalogue/permissions.h"
#include "catalogue/snapshots.h"
#include "ebs/errors.h"
#include "ebs/tokens.h"

namespace argosy::ebs {
namespace {

namespace m = messages::ebs;

constexpr std::int32_t kLeastResults = 100;
constexpr std::int32_t kMostResults = 10'000;

Result<images::Snapshot> find_readable(sql::Pool& catalogue, access::Caller const& caller,
                                       std::string const& id) {
  if (!images::has_id_form(id, "snap-")) return invalid("INVALID_SNAPSHOT_ID", "Invalid id: \"" + id + "\"");
  auto session = TRY(catalogue.take());
  auto tx = TRY(catalogue::Transaction::begin(*session, sql::Access::read));
  auto found = catalogue::find_snapshot(tx, id);
  if (!found && found.error().fault != Fault::not_found) return std::unexpected(std::move(found).error());
  if (!found) return snapshot_not_found(id);
  auto sharing = TRY(catalogue::find_sharing(tx, id, caller.account));
  if (found->owner != caller.account && !sharing.explicitly) {
    if (sharing.everybody)
      return access_denied("The blocks of the public snapshot '" + id +
                           "' can be read only by accounts that it is shared with by name");
    return snapshot_not_found(id);
  }
  if (found->state != images::SnapshotState::completed)
    return invalid("INVALID_SNAPSHOT_ID", "The snapshot '" + id + "' is " +
                                              std::string(images::to_text(found->state)) + ", not completed");
  return found;
}

Result<content::Disk> to_disk(images::Snapshot const& snapshot) {
  return content::Disk{catalogue::domain_number(snapshot.owner),
                       TRY(content::decode_reference(snapshot.root)), snapshot.volume_size_gib};
}

/// Fewer than 100 results a page are not given.
Result<std::size_t> to_limit(std::optional<std::int32_t> max_results) {
  if (max_results && (*max_results < 0 || *max_results > kMostResults))
    return invalid_parameter("maxResults must be from 100 to 10000");
  return static_cast<std::size_t>(std::max(max_results.value_or(kMostResults), kLeastResults));
}

Result<std::uint64_t> to_start(crypto::Key const& key, std::string const& bound_to, Time now,
                               std::optional<std::string> const& page_token,
                               std::optional<std::int64_t> starting_block) {
  if (page_token) return open_page_token(key, bound_to, now, *page_token);
  if (starting_block.value_or(0) < 0) return invalid_parameter("startingBlockIndex must not be negative");
  return static_cast<std::uint64_t>(starting_block.value_or(0));
}

}  // namespace

Result<m::ListSnapshotBlocksResponse> list_snapshot_blocks(sql::Pool& catalogue, content::Content& content,
                                                           crypto::Key const& token_key,
                                                           access::Caller const& caller, Time now,
                                                           m::ListSnapshotBlocksRequest const& request) {
  auto limit = TRY(to_limit(request.max_results));
  auto snapshot = TRY(find_readable(catalogue, caller, request.snapshot_id));
  auto bound_to = caller.account + "\n" + snapshot.id;
  auto start = TRY(to_start(token_key, bound_to, now, request.page_token, request.starting_block_index));
  auto disk = TRY(to_disk(snapshot));
  auto page = TRY(content.list_blocks(disk, start, limit));
  m::ListSnapshotBlocksResponse out;
  out.expiry_time = now + kBlockTokenAge;
  out.volume_size = snapshot.volume_size_gib;
  for (auto const& entry : page.entries)
    out.blocks.push_back({static_cast<std::int64_t>(entry.index),
                          make_block_token(token_key, snapshot.id, entry.index, out.expiry_time)});
  if (page.next) out.next_token = make_page_token(token_key, bound_to, *page.next, now + kPageTokenAge);
  return out;
}

Result<m::ListChangedBlocksResponse> list_changed_blocks(sql::Pool& catalogue, content::Content& content,
                                                         crypto::Key const& token_key,
                                                         access::Caller const& caller, Time now,
                                                         m::ListChangedBlocksRequest const& request) {
  auto limit = TRY(to_limit(request.max_results));
  auto second = TRY(find_readable(catalogue, caller, request.second_snapshot_id));
  images::Snapshot first;  // without one everything in the second is new
  first.volume_size_gib = second.volume_size_gib;
  first.owner = second.owner;
  if (request.first_snapshot_id) {
    first = TRY(find_readable(catalogue, caller, *request.first_snapshot_id));
    if (first.lineage != second.lineage)
      return invalid("UNRELATED_SNAPSHOTS",
                     "The snapshots '" + first.id + "' and '" + second.id + "' have no common ancestor");
  }
  auto bound_to = caller.account + "\n" + first.id + "\n" + second.id;
  auto start = TRY(to_start(token_key, bound_to, now, request.page_token, request.starting_block_index));
  auto first_disk = TRY(to_disk(first));
  auto second_disk = TRY(to_disk(second));
  auto page = TRY(content.list_changes(first_disk, second_disk, start, limit));
  m::ListChangedBlocksResponse out;
  out.expiry_time = now + kBlockTokenAge;
  out.volume_size = second.volume_size_gib;
  for (auto const& entry : page.entries) {
    auto& block = out.changed_blocks.emplace_back();
    block.block_index = static_cast<std::int64_t>(entry.index);
    if (entry.first)
      block.first_block_token = make_block_token(token_key, first.id, entry.index, out.expiry_time);
    if (entry.second)
      block.second_block_token = make_block_token(token_key, second.id, entry.index, out.expiry_time);
  }
  if (page.next) out.next_token = make_page_token(token_key, bound_to, *page.next, now + kPageTokenAge);
  return out;
}

Result<m::GetSnapshotBlockResponse> get_snapshot_block(sql::Pool& catalogue, content::Content& content,
                                                       crypto::Key const& token_key,
                                                       access::Caller const& caller, Time now,
                                                       m::GetSnapshotBlockRequest const& request) {
  auto snapshot = TRY(find_readable(catalogue, caller, request.snapshot_id));
  auto index = static_cast<std::uint64_t>(request.block_index);
  if (request.block_index < 0 || index >= content::blocks_of(snapshot.volume_size_gib))
    return invalid_parameter("Block " + std::to_string(request.block_index) +
                             " is beyond the end of the volume");
  TRY(check_block_token(token_key, snapshot.id, index, now, request.block_token));
  auto disk = TRY(to_disk(snapshot));
  digest::Digest digest;
  auto block = TRY(content.read_block(disk, index, &digest));
  if (!block) return invalid("INVALID_BLOCK", "Block " + std::to_string(index) + " was never written");
  return m::GetSnapshotBlockResponse{to_base64(digest.bytes), *std::move(block)};
}

}  // namespace argosy::ebs
