// cli/block_reader.cpp - see block_reader.h.
#include "cli/block_reader.h"

#include <algorithm>

namespace argosy::cli {
namespace {

bool is_refused_token(Failure const& failure) {
  return failure.code == "ValidationException" && failure.message.contains("INVALID_BLOCK_TOKEN");
}

}  // namespace

Outcome<Bytes> BlockReader::get(ebs::Block const& listed) {
  auto const block = newest(listed);
  auto data = get_block(session_, snapshot_id_, block);
  if (data || !is_refused_token(data.error())) return data;
  auto const again = TRY(list_again(block));
  return get_block(session_, snapshot_id_, again);
}

ebs::Block BlockReader::newest(ebs::Block const& listed) {
  std::lock_guard lock(mutex_);
  auto const* found = find(listed.block_index);
  return found == nullptr ? listed : *found;
}

Outcome<ebs::Block> BlockReader::list_again(ebs::Block const& refused) {
  std::lock_guard lock(mutex_);
  auto const* found = find(refused.block_index);
  if (found != nullptr && found->block_token != refused.block_token)
    return *found;  // another thread has asked
  std::optional<PageStart> start = PageStart{static_cast<std::uint64_t>(refused.block_index), std::nullopt};
  do {
    auto page = TRY(list_blocks(session_, snapshot_id_, *start));
    start = behind(page.blocks, page.next_token);
    page_ = std::move(page.blocks);
  } while (page_.empty() && start);
  found = find(refused.block_index);
  return found == nullptr ? refused : *found;
}

ebs::Block const* BlockReader::find(std::int64_t index) const {
  auto const found = std::ranges::lower_bound(page_, index, {}, &ebs::Block::block_index);
  return found == page_.end() || found->block_index != index ? nullptr : &*found;
}

}  // namespace argosy::cli
