// catalogue/openings.h - which region asked for which image or snapshot here, for whom, and what it was told.
#pragma once
#include <string>
#include <vector>

#include "base/clock.h"
#include "catalogue/schema.h"

namespace argosy::catalogue {

/// Older ones are forgotten.
inline constexpr Duration kOpeningAge = std::chrono::days(90);
/// Of one peer, the newest: a peer that asks without end pushes out only what it has asked itself.
inline constexpr std::int64_t kMaxOpeningsOfPeer = 100'000;

struct Opening {
  Time at{};
  std::string peer;      ///< its name in the configuration; empty: this process
  std::string region;    ///< that asked
  std::string account;   ///< for whom
  std::string resource;  ///< which image or snapshot
  std::string outcome;   ///< "opened", or the code of the refusal
};

/// Cuts its texts to 64 bytes: a peer wrote them.
Result<void> insert_opening(Transaction& tx, Opening const& opening);
/// Newest first.
Result<std::vector<Opening>> list_openings(Transaction& tx, std::size_t limit);

}  // namespace argosy::catalogue
