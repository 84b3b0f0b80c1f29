// catalogue/usage.h - how much there is in a region: of one account, for its limits; of all, for the metrics.
#pragma once
#include <cstdint>
#include <map>
#include <string>

#include "catalogue/schema.h"

namespace argosy::catalogue {

/// Bytes in the blocks of an account's snapshots, each counted in full, also those that are being copied; of
/// uploads under way what was last written down.
Result<std::int64_t> count_content_bytes(Transaction& tx, std::string_view owner);
/// The same without uploads under way.
Result<std::int64_t> count_settled_bytes(Transaction& tx, std::string_view owner);
/// Bytes last written down for each of an account's uploads under way.
Result<std::map<std::string, std::int64_t>> list_upload_bytes(Transaction& tx, std::string_view owner);

struct RegionCounts {
  std::int64_t images = 0;
  std::map<std::string, std::int64_t> snapshots;  ///< by state
  std::int64_t open_uploads = 0;
  std::int64_t completing_uploads = 0;
  std::int64_t copies = 0;
  std::map<std::string, std::int64_t> instances;  ///< by state, without terminated ones
  std::int64_t volumes = 0;
};
/// From indexes alone: a million images take some milliseconds.
Result<RegionCounts> count_region(Transaction& tx);

}  // namespace argosy::catalogue
