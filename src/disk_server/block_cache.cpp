// disk_server/block_cache.cpp - see block_cache.h.
#include "disk_server/block_cache.h"

#include <exception>

namespace argosy::disk_server {

void BlockCache::arrive(std::uint64_t index, Arrival const& arrival, Result<Block> result) {
  std::lock_guard lock(mutex_);
  if (result && *result) recent_.put(index, *result);
  *arrival = std::move(result);
  under_way_.erase(index);
  arrived_.notify_all();
}

Result<Block> BlockCache::get(std::uint64_t index, std::function<Result<Block>()> const& fetch) {
  Arrival arrival;
  {
    std::unique_lock lock(mutex_);
    if (auto found = recent_.find(index)) return *found;
    if (auto found = under_way_.find(index); found != under_way_.end()) {
      arrival = found->second;
      arrived_.wait(lock, [&] { return arrival->has_value(); });
      return **arrival;
    }
    arrival = std::make_shared<std::optional<Result<Block>>>();
    under_way_[index] = arrival;
  }
  auto const fetched = [&]() -> Result<Block> {
    try {
      return fetch();
    } catch (std::exception const& exception) {  // memory may be short: who waits must hear of it
      return fail(Fault::unavailable, exception.what());
    }
  }();
  arrive(index, arrival, fetched);
  return fetched;
}

bool BlockCache::has(std::uint64_t index) {
  std::lock_guard lock(mutex_);
  return under_way_.contains(index) || recent_.find(index).has_value();
}

}  // namespace argosy::disk_server
