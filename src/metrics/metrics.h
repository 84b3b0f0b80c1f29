// metrics/metrics.h - numbers that a server tells its operator: every metric's name, type and help, counters
// that cost an atomic addition, and the text in which they are read.
#pragma once
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace argosy::metrics {

enum class Kind { counter, gauge, histogram };

struct Metric {
  std::string_view name;
  Kind kind;
  std::string_view help;
};

/// All of them. docs/operations.md describes each; a test compares the two.
namespace table {
inline constexpr Metric kRequests{"argosy_requests_total", Kind::counter,
                                  "Requests answered by the public endpoint"};
inline constexpr Metric kRequestSeconds{"argosy_request_duration_seconds", Kind::histogram,
                                        "Time from a worker taking a request to its answer"};
inline constexpr Metric kRefusals{"argosy_refusals_total", Kind::counter,
                                  "Requests and connections refused before an operation was reached"};
inline constexpr Metric kThrottled{"argosy_throttled_requests_total", Kind::counter,
                                   "Requests refused by account_limits.requests_per_second"};
inline constexpr Metric kConnections{"argosy_connections", Kind::gauge, "Open connections"};
inline constexpr Metric kRequestsUnderWay{"argosy_requests_under_way", Kind::gauge,
                                          "Requests between their header and the end of their response"};
inline constexpr Metric kWaitingRequests{"argosy_waiting_requests", Kind::gauge,
                                         "Requests that wait for a worker"};
inline constexpr Metric kBodiesBytes{"argosy_request_bodies_bytes", Kind::gauge,
                                     "Memory that request bodies hold"};
inline constexpr Metric kReceivedBytes{"argosy_received_bytes_total", Kind::counter,
                                       "Bytes of requests read, headers and bodies"};
inline constexpr Metric kSentBytes{"argosy_sent_bytes_total", Kind::counter, "Bytes of responses written"};
inline constexpr Metric kCertificateExpiry{
    "argosy_certificate_expiry_time_seconds", Kind::gauge,
    "When the certificate that an endpoint shows expires, in seconds since 1970"};
inline constexpr Metric kPendingUploads{"argosy_pending_uploads", Kind::gauge,
                                        "Uploads by whether they still take blocks or are being completed"};
inline constexpr Metric kCopies{"argosy_copies", Kind::gauge,
                                "Copy tasks into the region that are under way"};
inline constexpr Metric kCopiedBytes{"argosy_copied_bytes_total", Kind::counter,
                                     "Bytes that copies have moved into the region since the start"};
inline constexpr Metric kImages{"argosy_images", Kind::gauge, "Images that are not deregistered"};
inline constexpr Metric kSnapshots{"argosy_snapshots", Kind::gauge, "Snapshots by state"};
inline constexpr Metric kInstances{"argosy_instances", Kind::gauge,
                                   "Instances by state, without terminated ones"};
inline constexpr Metric kVolumes{"argosy_volumes", Kind::gauge, "Volumes"};
inline constexpr Metric kPacks{"argosy_packs", Kind::gauge, "Packs in the store"};
inline constexpr Metric kStoredBytes{"argosy_stored_bytes", Kind::gauge, "Bytes of the packs"};
inline constexpr Metric kWaitingBytes{"argosy_waiting_bytes", Kind::gauge,
                                      "Bytes of packs that nothing needs and whose grace has not ended"};
inline constexpr Metric kDamagedChunks{"argosy_damaged_chunks", Kind::gauge,
                                       "Chunks that were found damaged and are not healed"};
inline constexpr Metric kBackgroundSteps{"argosy_background_steps_total", Kind::counter,
                                         "Steps of background work that ended, by result"};
inline constexpr Metric kFreeBytes{"argosy_free_disk_bytes", Kind::gauge,
                                   "Free space where the data directory is"};
inline constexpr Metric kReady{"argosy_ready", Kind::gauge, "1 if /health/ready answers 200, else 0"};
inline constexpr Metric kMemoryBytes{"process_resident_memory_bytes", Kind::gauge, "Resident memory"};
inline constexpr Metric kOpenFiles{"process_open_fds", Kind::gauge, "Open file descriptors"};
inline constexpr Metric kStartTime{"process_start_time_seconds", Kind::gauge,
                                   "When the process began, in seconds since 1970"};
}  // namespace table

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// Prometheus' text format, version 0.0.4.
class Page {
 public:
  /// Begins a metric; its samples follow.
  void begin(Metric const& metric);
  void sample(Labels labels, std::uint64_t value) { line({}, labels, std::to_string(value)); }
  /// `suffix` is appended to the metric's name: "_bucket", "_sum", "_count" of a histogram.
  void line(std::string_view suffix, Labels labels, std::string_view value);
  std::string const& text() const { return text_; }

 private:
  std::string_view name_;
  std::string text_;
};

/// The requests of one endpoint by service, operation and class of status, and how long they took. Any
/// thread.
class Requests {
 public:
  /// Makes a row of zeros, so that an operation shows before its first request.
  void declare(std::string_view service, std::string_view operation);
  /// `operation` must be a declared one, or one word for all others: a client must not make rows.
  void count(std::string_view service, std::string_view operation, int status,
             std::chrono::microseconds took);
  void count_throttled(std::string_view service);
  void write(Page& page) const;

 private:
  /// Upper bounds in microseconds, the last one open: from a cached answer to a copy that asks a far region.
  static constexpr std::array<std::uint64_t, 13> kBounds{500,       1'000,     2'500,     5'000,   10'000,
                                                         25'000,    50'000,    100'000,   250'000, 500'000,
                                                         1'000'000, 2'500'000, 10'000'000};
  struct Row {
    std::array<std::atomic<std::uint64_t>, 5> by_class{};  ///< 1xx to 5xx
    std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> by_time{};
    std::atomic<std::uint64_t> microseconds = 0;
  };
  using Name = std::pair<std::string, std::string>;
  Row& row(std::string_view service, std::string_view operation);

  mutable std::mutex mutex_;  // guards the maps, not the rows
  std::map<Name, std::unique_ptr<Row>> rows_;
  std::map<std::string, std::uint64_t, std::less<>> throttled_;
};

}  // namespace argosy::metrics
