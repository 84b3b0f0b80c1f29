// api/service.h - what the front serves: the regions of this process and the partition's directory of
// accounts.
#pragma once
#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "access/limits.h"
#include "api/rate_limiter.h"
#include "base/clock.h"
#include "base/entropy.h"
#include "content/content.h"
#include "crypto/master_keys.h"
#include "ebs/content_ledger.h"
#include "ebs/upload_gates.h"
#include "instances/capacity.h"
#include "keystore/ebs_keys.h"
#include "keystore/key_changes.h"
#include "launcher/captures.h"
#include "launcher/launcher.h"
#include "metrics/metrics.h"
#include "replication/source.h"
#include "sql/session.h"

namespace argosy::api {

struct Region {
  std::string name;
  sql::Pool& catalogue;
  content::Content& content;
  replication::Sources& sources;  ///< where copies into this region come from
  crypto::Key token_key;          ///< authenticates the region's page and block tokens
  keystore::EbsKeys const& keys;
  ebs::UploadGates& gates;
  ebs::ContentLedger& ledger;
  launcher::Launcher& launcher;
  launcher::Captures& captures;
  std::function<void()> wake;  ///< says that work was recorded for the background
};

/// A region that another process serves.
struct RegionElsewhere {
  std::string name;
  std::string endpoint;  ///< the authority that clients reach it by
};

struct Service {
  std::vector<Region> regions;
  std::vector<RegionElsewhere> elsewhere;
  sql::Pool& directory;
  crypto::MasterKeys const& master_keys;
  Clock& clock;
  Entropy& entropy;
  /// The authority that clients reach this process by; empty: whatever they say in Host.
  std::string endpoint;
  access::AccountLimits limits;  ///< of every account
  instances::Capacity host;      ///< what machines may take of it, those of all regions together
  metrics::Requests& requests;
  keystore::KeyChanges& key_changes;
  RateLimiter rates{};
  /// How long a transaction may read for one request: so long it has a worker and a processor, and the
  /// database's log keeps what is written meanwhile.
  Duration read_limit{10'000};
  /// When all that reads for requests is interrupted: the process is about to end.
  std::atomic<std::chrono::steady_clock::time_point> reads_end{std::chrono::steady_clock::time_point::max()};
  /// Guards what is left of `host`, from counting in all regions to the commit in one.
  std::mutex host_mutex{};

  Region* find_region(std::string_view name) {
    for (auto& region : regions)
      if (region.name == name) return &region;
    return nullptr;
  }
  bool is_elsewhere(std::string_view name) const {
    return std::ranges::find(elsewhere, name, &RegionElsewhere::name) != elsewhere.end();
  }
};

}  // namespace argosy::api
