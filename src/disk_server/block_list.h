// disk_server/block_list.h - which blocks of a snapshot are written, and the tokens that fetch them: as much
// of the list as was asked about lately.
#pragma once
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "disk_server/region_client.h"

namespace argosy::disk_server {

/// A part of the list: what it does not name from `begin` to before `end` are holes.
struct Stretch {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;                     ///< kEndOfList of the last one: everything behind is holes, too
  std::vector<messages::ebs::Block> blocks;  ///< ascending
  Time expires{};                            ///< then the tokens are not taken any more

  bool covers(std::uint64_t block) const { return block >= begin && block < end; }
  /// The written block at or after an index; null if there is none in the stretch.
  messages::ebs::Block const* next(std::uint64_t index) const;
};
inline constexpr std::uint64_t kEndOfList = std::numeric_limits<std::uint64_t>::max();

/// Any thread. Memory does not grow with the disk.
class BlockList {
 public:
  BlockList(RegionClient& client, Clock& clock) : client_(client), clock_(clock) {}

  /// A stretch that covers the block; fails as RegionClient::list.
  Result<std::shared_ptr<Stretch const>> around(std::uint64_t block);
  /// The same if it is at hand; null if it is not.
  std::shared_ptr<Stretch const> find(std::uint64_t block);
  /// Its token was refused: no stretch that covers it is at hand any more.
  void forget(std::uint64_t block);

 private:
  Result<std::shared_ptr<Stretch const>> fetch(std::uint64_t block);
  void keep(std::shared_ptr<Stretch const> stretch);

  struct Kept {
    std::shared_ptr<Stretch const> stretch;
    std::uint64_t used = 0;
  };
  RegionClient& client_;
  Clock& clock_;
  std::mutex fetching_;  // held while a stretch is fetched, so that nobody fetches it twice; guards the next
  std::optional<std::uint64_t> snapshot_blocks_;  ///< that the snapshot has room for, as soon as it is known
  std::mutex mutex_;                              // guards what follows
  std::map<std::uint64_t, Kept> kept_;            ///< by begin
  std::uint64_t uses_ = 0;
};

}  // namespace argosy::disk_server
