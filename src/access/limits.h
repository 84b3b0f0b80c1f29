// access/limits.h - what one account may have in one region, and how fast it may ask.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace argosy::access {

/// Source of the defaults: ec2-semantics C5, F2 and G (EC2's, KMS' and EBS direct's quotas). The two about
/// requests are far above what a client of one account reaches, so that they stop a loop that went wild and
/// no pipeline.
struct AccountLimits {
  std::int64_t content_bytes = std::int64_t{1} << 50U;  ///< in blocks, each snapshot counted in full
  std::int64_t images = 50'000;                         ///< that are not deregistered
  std::int64_t snapshots = 100'000;                     ///< in any state
  std::int64_t pending_uploads = 100;
  std::int64_t image_copies = 300;          ///< under way into the region
  std::int64_t snapshot_copies = 20;        ///< the same of single snapshots
  std::int64_t launch_permissions = 1'000;  ///< entities that one image or snapshot is shared with
  std::int64_t instances = 20;              ///< that are not terminated
  std::int64_t vcpus = 64;                  ///< of those that run
  std::int64_t memory_mib = 65'536;         ///< the same
  std::int64_t volumes = 5'000;
  std::int64_t key_pairs = 5'000;
  std::int64_t kms_keys = 100'000;   ///< customer-managed, that are not deleted
  std::int64_t key_aliases = 50;     ///< of one KMS key
  std::int64_t key_grants = 50'000;  ///< of one KMS key
  std::int64_t requests_per_second = 5'000;
  std::int64_t requests_burst = 20'000;
};

/// What a refusal says: which limit, and what to do. `key` is its name in the configuration.
inline std::string limit_message(std::string_view what, std::int64_t limit, std::string_view key,
                                 std::string_view remedy) {
  return "The limit of " + std::to_string(limit) + " " + std::string(what) + " is reached. " +
         std::string(remedy) + ", or ask the operator to raise account_limits." + std::string(key) + ".";
}

}  // namespace argosy::access
