// disk_server/block_cache.h - blocks that were read lately, and those that are on their way: whoever else
// asks for one of them waits for it.
#pragma once
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "base/bytes.h"
#include "base/recent.h"

namespace argosy::disk_server {

/// Null for a hole. Shared: it may be forgotten while somebody copies from it.
using Block = std::shared_ptr<Bytes const>;

/// Any thread. Memory: `blocks` of 512 KiB, and those on their way.
class BlockCache {
 public:
  explicit BlockCache(std::size_t blocks) : recent_(blocks) {}

  /// The block, got by `fetch` if it is neither here nor on its way. What a fetch fails with, everybody who
  /// waits for it gets, and nobody after them. A hole takes no place.
  Result<Block> get(std::uint64_t index, std::function<Result<Block>()> const& fetch);
  /// Whether it is here or on its way.
  bool has(std::uint64_t index);

 private:
  using Arrival =
      std::shared_ptr<std::optional<Result<Block>>>;  ///< shared by those who wait; empty until then
  void arrive(std::uint64_t index, Arrival const& arrival, Result<Block> result);

  Recent<std::uint64_t, Block> recent_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable arrived_;
  std::unordered_map<std::uint64_t, Arrival> under_way_;
};

}  // namespace argosy::disk_server
