// disk_server/block_list.cpp - see block_list.h.
#include "disk_server/block_list.h"

#include <algorithm>

namespace argosy::disk_server {
namespace {

namespace ebs = messages::ebs;

/// Stretches begin at multiples of this: half of what a page holds, so that one page reaches the block that
/// was asked for, and as much behind it.
constexpr std::uint64_t kStretchAlignment = 512;
/// About 100 KiB each.
constexpr std::size_t kKeptStretches = 64;
/// A token is not used when it is about to expire.
constexpr Duration kTokenMargin = std::chrono::minutes(5);
constexpr std::uint64_t kBlocksPerGib = (1ULL << 30U) / kBlockBytes;

std::uint64_t index_of(ebs::Block const& block) { return static_cast<std::uint64_t>(block.block_index); }

}  // namespace

ebs::Block const* Stretch::next(std::uint64_t index) const {
  auto const found = std::ranges::lower_bound(blocks, index, {}, index_of);
  return found == blocks.end() ? nullptr : &*found;
}

std::shared_ptr<Stretch const> BlockList::find(std::uint64_t block) {
  std::lock_guard lock(mutex_);
  auto after = kept_.upper_bound(block);
  if (after == kept_.begin()) return nullptr;
  auto& kept = std::prev(after)->second;
  if (!kept.stretch->covers(block) || kept.stretch->expires - kTokenMargin < clock_.now()) return nullptr;
  kept.used = ++uses_;
  return kept.stretch;
}

void BlockList::forget(std::uint64_t block) {
  std::lock_guard lock(mutex_);
  std::erase_if(kept_, [&](auto const& entry) { return entry.second.stretch->covers(block); });
}

void BlockList::keep(std::shared_ptr<Stretch const> stretch) {
  std::lock_guard lock(mutex_);
  auto const begin = stretch->begin;
  kept_[begin] = {std::move(stretch), ++uses_};
  if (kept_.size() <= kKeptStretches) return;
  kept_.erase(std::ranges::min_element(kept_, {}, [](auto const& entry) { return entry.second.used; }));
}

Result<std::shared_ptr<Stretch const>> BlockList::fetch(std::uint64_t block) {
  auto const begin = block / kStretchAlignment * kStretchAlignment;
  Stretch stretch{begin, begin, {}, Time::max()};
  std::optional<std::string> page_token;
  do {
    auto page = TRY(client_.list(begin, page_token));
    snapshot_blocks_ =
        static_cast<std::uint64_t>(std::max<std::int64_t>(0, page.volume_size)) * kBlocksPerGib;
    stretch.expires = std::min(stretch.expires, page.expiry_time);
    for (auto& listed : page.blocks) {
      if (listed.block_index < 0 || index_of(listed) < stretch.end)
        return fail(Fault::corrupt, client_.snapshot_id() + ": the list of its blocks is not in order");
      stretch.end = index_of(listed) + 1;
      stretch.blocks.push_back(std::move(listed));
    }
    page_token = std::move(page.next_token);
    if (!page_token || page_token->empty()) stretch.end = kEndOfList;
  } while (!stretch.covers(block));  // a page of AWS may be short, or empty
  auto kept = std::make_shared<Stretch const>(std::move(stretch));
  keep(kept);
  return kept;
}

Result<std::shared_ptr<Stretch const>> BlockList::around(std::uint64_t block) {
  if (auto found = find(block)) return found;
  std::lock_guard lock(fetching_);
  if (auto found = find(block)) return found;  // fetched by whoever was before us
  if (!snapshot_blocks_) {  // the first stretch tells it; a list from behind the end may be refused
    auto first = TRY(fetch(0));
    if (first->covers(block)) return first;
  }
  if (block < *snapshot_blocks_) return fetch(block);
  auto last = std::make_shared<Stretch const>(Stretch{*snapshot_blocks_, kEndOfList, {}, Time::max()});
  keep(last);
  return last;
}

}  // namespace argosy::disk_server
