// cli/region_copy.h - one image into one region: found there already or copied, followed, tagged, shared.
#pragma once
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "cli/follow.h"
#include "cli/permissions.h"

namespace argosy::cli {

/// What to copy, the same for every region.
struct CopyOrder {
  std::string source_region;
  std::string source_image_id;
  std::string name;
  std::string description;  ///< empty: the service's default
  std::vector<TagArgument> tags;
  Audience audience;
  bool allow_copy = false;
  bool copy_tags = false;
  bool detach = false;
  bool encrypt = false;
  std::map<std::string, std::string> keys;  ///< ARN by region; where none is, the service chooses
};

struct CopyResult {
  std::string region;
  std::string image_id;  ///< empty: none came to be
  ImageProgress progress;
  bool was_begun = false;  ///< by an earlier run, and taken over
  bool was_there = false;  ///< already available then: nothing was left to do
  std::chrono::milliseconds took{};
  std::optional<Failure> failure;
};

/// {region, image_id, state, snapshot_ids, bytes_total, bytes_done, bytes_moved, seconds, was_begun, error,
/// …}
boost::json::object to_json(CopyResult const& result);

/// The ids of copies under way, for what is said on Ctrl-C. Any thread.
class UnderWay {
 public:
  void add(std::string reference);
  void remove(std::string const& reference);
  std::vector<std::string> all() const;

 private:
  mutable std::mutex mutex_;  // guards references_
  std::vector<std::string> references_;
};

/// Does what is missing. What is done in one region stays, whatever happens in others.
CopyResult copy_to_region(Settings const& settings, CopyOrder const& order, std::string const& region,
                          Terminal& terminal, UnderWay& under_way);

}  // namespace argosy::cli
