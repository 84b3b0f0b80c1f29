// tests/support/uploads.h - uploads of one account into a region of a test, call by call.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "ebs/complete_snapshot.h"
#include "ebs/put_snapshot_block.h"
#include "ebs/start_snapshot.h"
#include "ebs/upload_steps.h"
#include "support/region.h"

namespace argosy::tests {

struct Uploads {
  Region& region;
  ebs::UploadGates& gates;
  access::Caller const& caller = kOwner;

  Result<std::string> start(std::string const& parent = "", std::int64_t size_gib = 1,
                            std::int32_t timeout_minutes = 10) const {
    messages::ebs::StartSnapshotRequest request;
    request.volume_size = size_gib;
    if (!parent.empty()) request.parent_snapshot_id = parent;
    request.timeout = timeout_minutes;
    auto started = TRY(region.run([&](catalogue::Transaction& tx) {
      return ebs::start_snapshot(tx, caller, region.clock.now(), *region.entropy, region.keys,
                                 region.master_keys, request);
    }));
    return started.snapshot_id;
  }
  Result<void> put(std::string const& id, std::uint64_t index, Bytes const& data) const {
    messages::ebs::PutSnapshotBlockRequest request{id,
                                                   static_cast<std::int64_t>(index),
                                                   content::kBlockBytes,
                                                   to_base64(digest::sha256(data).bytes),
                                                   "SHA256",
                                                   {}};
    ebs::ContentLedger ledger;
    TRY(ebs::put_snapshot_block(region.catalogue, *region.content, gates, ledger, region.keys,
                                region.master_keys, caller, region.clock.now(), request, data));
    return {};
  }
  Result<void> complete(std::string const& id, std::uint64_t count,
                        std::optional<std::string> checksum = std::nullopt) const {
    messages::ebs::CompleteSnapshotRequest request{id, static_cast<std::int64_t>(count), std::move(checksum),
                                                   "SHA256", "LINEAR"};
    TRY(ebs::complete_snapshot(region.catalogue, *region.content, gates, region.keys, region.master_keys,
                               caller, region.clock.now(), request));
    return {};
  }
  /// What the background does, until nothing of it is left to do now.
  Result<void> step() const {
    ebs::FailedCompletions failed;
    while (true) {
      auto next = TRY(ebs::step_uploads(region.catalogue, *region.content, region.keys, region.master_keys,
                                        failed, region.clock));
      if (next > region.clock.now()) break;
    }
    TRY(ebs::step_open_uploads(region.catalogue, *region.content, gates, region.clock.now()));
    return {};
  }
  images::Snapshot find(std::string const& id) const {
    auto found = region.run([&](catalogue::Transaction& tx) { return catalogue::find_snapshot(tx, id); });
    EXPECT_TRUE(found) << found.error().message;
    return found ? *found : images::Snapshot{};
  }
};

}  // namespace argosy::tests
