// ebs/read_blocks.cpp - see read_blocks.h.
#include "ebs/read_blocks.h"

#include <algorithm>

#include "catalogue/domains.h"
#include "catalogue/permissions.h"
#include "catalogue/snapshots.h"
#include "catalogue/volumes.h"
#include "ebs/errors.h"
#include "ebs/root.h"
#include "ebs/tokens.h"
#include "sql/in_transaction.h"

namespace argosy::ebs {
namespace {

namespace m = messages::ebs;

constexpr std::int32_t kLeastResults = 100;
constexpr std::int32_t kMostResults = 10'000;

/// A snapshot that the caller may read, and its content opened for him.
struct Readable {
  images::Snapshot snapshot;
  content::Disk disk;
};

/// The disk of a volume as it was opened when its session was made.
Result<Readable> find_below_volume(sql::Pool& pool, VolumeSession const& session, std::string const& id) {
  if (id != session.snapshot_id) return snapshot_not_found(id);
  bool const is_there = TRY(sql::in_transaction(pool, sql::Access::read, [&](catalogue::Transaction& tx) {
    return catalogue::has_volume(tx, session.account, session.volume_id);
  }));
  if (!is_there) return snapshot_not_found(id);
  auto root =
      session.encrypted ? content::decode_root_secret(session.root) : content::decode_reference(session.root);
  if (!root) return std::unexpected(std::move(root).error());
  images::Snapshot snapshot;
  snapshot.id = id;
  snapshot.volume_size_gib = session.snapshot_size_gib;
  return Readable{
      std::move(snapshot),
      {catalogue::domain_number(session.domain_account), *std::move(root), session.snapshot_size_gib}};
}

Result<Readable> find_shared(sql::Pool& catalogue, keystore::EbsKeys const& keys,
                             access::Caller const& caller, std::string const& id) {
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
  auto root = TRY(with_key_errors(open_root(tx, keys, caller, found->root, found->envelope)));
  content::Disk disk{catalogue::domain_number(found->owner), std::move(root), found->volume_size_gib};
  return Readable{*std::move(found), std::move(disk)};
}

Result<Readable> find_readable(sql::Pool& catalogue, keystore::EbsKeys const& keys, Reader const& reader,
                               std::string const& id) {
  if (!images::has_id_form(id, "snap-")) return invalid("INVALID_SNAPSHOT_ID", "Invalid id: \"" + id + "\"");
  if (reader.session != nullptr) return find_below_volume(catalogue, *reader.session, id);
  return find_shared(catalogue, keys, reader.caller, id);
}

/// Whose page tokens are taken.
std::string bound_to_reader(Reader const& reader) {
  return reader.session == nullptr ? reader.caller.account : reader.session->volume_id;
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
                                                           keystore::EbsKeys const& keys,
                                                           crypto::Key const& token_key, Reader const& reader,
                                                           Time now,
                                                           m::ListSnapshotBlocksRequest const& request) {
  auto limit = TRY(to_limit(request.max_results));
  auto const readable = TRY(find_readable(catalogue, keys, reader, request.snapshot_id));
  auto const& [snapshot, disk] = readable;
  auto bound_to = bound_to_reader(reader) + "\n" + snapshot.id;
  auto start = TRY(to_start(token_key, bound_to, now, request.page_token, request.starting_block_index));
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
                                                         keystore::EbsKeys const& keys,
                                                         crypto::Key const& token_key, Reader const& reader,
                                                         Time now,
                                                         m::ListChangedBlocksRequest const& request) {
  auto limit = TRY(to_limit(request.max_results));
  auto const second_read = TRY(find_readable(catalogue, keys, reader, request.second_snapshot_id));
  auto const& [second, second_disk] = second_read;
  // Without a first one everything in the second is new.
  Readable first_read{{}, {second_disk.domain, std::nullopt, second_disk.volume_size_gib}};
  auto const& [first, first_disk] = first_read;
  if (request.first_snapshot_id) {
    first_read = TRY(find_readable(catalogue, keys, reader, *request.first_snapshot_id));
    if (first.lineage != second.lineage)
      return invalid("UNRELATED_SNAPSHOTS",
                     "The snapshots '" + first.id + "' and '" + second.id + "' have no common ancestor");
  }
  auto bound_to = bound_to_reader(reader) + "\n" + first.id + "\n" + second.id;
  auto start = TRY(to_start(token_key, bound_to, now, request.page_token, request.starting_block_index));
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
                                                       keystore::EbsKeys const& keys,
                                                       crypto::Key const& token_key, Reader const& reader,
                                                       Time now, m::GetSnapshotBlockRequest const& request) {
  auto const readable = TRY(find_readable(catalogue, keys, reader, request.snapshot_id));
  auto const& [snapshot, disk] = readable;
  auto index = static_cast<std::uint64_t>(request.block_index);
  if (request.block_index < 0 || index >= content::blocks_of(snapshot.volume_size_gib))
    return invalid_parameter("Block " + std::to_string(request.block_index) +
                             " is beyond the end of the volume");
  TRY(check_block_token(token_key, snapshot.id, index, now, request.block_token));
  digest::Digest digest;
  auto block = TRY(content.read_block(disk, index, &digest));
  if (!block) return invalid("INVALID_BLOCK", "Block " + std::to_string(index) + " was never written");
  return m::GetSnapshotBlockResponse{to_base64(digest.bytes), *std::move(block)};
}

}  // namespace argosy::ebs
