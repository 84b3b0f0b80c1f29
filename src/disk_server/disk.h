// disk_server/disk.h - a snapshot as a disk that is read block by block when somebody asks, and goes on when
// its region was away.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "disk_server/block_cache.h"
#include "disk_server/block_list.h"

namespace argosy::disk_server {

struct DiskOptions {
  std::uint64_t cache_bytes = 64ULL << 20U;
  /// How long a read waits for a region that is away before it fails.
  Duration patience = std::chrono::hours(24);
};

struct Extent {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  bool hole = false;
};

/// Sleeps; false if whoever waits should give up: nobody wants the answer any more.
using Pause = std::function<bool(Duration)>;

/// Any thread. It has threads of its own, which read ahead.
class Disk {
 public:
  Disk(SessionFile& file, RegionClient::OpenTransport open, Clock& clock, DiskOptions const& options);
  ~Disk();
  Disk(Disk const&) = delete;
  Disk& operator=(Disk const&) = delete;

  /// Holes cost no request. Fails with `unavailable` when patience has ended, else as RegionClient.
  Result<void> read(std::uint64_t offset, std::span<std::byte> out, Pause const& pause);
  /// From `offset` on, at least one; together no longer than `length`, and shorter where more would need
  /// another request.
  Result<std::vector<Extent>> extents(std::uint64_t offset, std::uint64_t length, Pause const& pause);

 private:
  /// Null for a hole.
  Result<Block> block(std::uint64_t index);
  Result<Block> fetch(std::uint64_t index);
  void read_ahead_of(std::uint64_t index);
  void read_ahead();
  template <class Call>
  auto persist(Call const& call, Pause const& pause) -> decltype(call());

  DiskOptions const options_;
  RegionClient client_;
  BlockList list_;
  BlockCache cache_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable wanted_;
  std::deque<std::uint64_t> ahead_;
  bool ending_ = false;
  std::vector<std::jthread> readers_;  // last: they use all of it
};

}  // namespace argosy::disk_server
