// launcher/captures.cpp - see captures.h.
#include "launcher/captures.h"

#include <algorithm>
#include <optional>

#include "base/log.h"
#include "catalogue/domains.h"

namespace argosy::launcher {
namespace {

constexpr Duration kIdle = std::chrono::seconds(1);
constexpr std::size_t kBlocksAtOnce = 1'000;  // of the base's list
constexpr int kBlocksATurn = 64;              // 32 MiB: others wait for part of a second

/// The blocks that a capture puts, by ascending index: those that the overlay has changed and, where the
/// snapshot cannot build on the base, those of the base.
class Blocks {
 public:
  Blocks(content::Content& content, content::Disk base, Capture const& capture)
      : content_(content), base_(std::move(base)), capture_(capture) {}

  /// Nothing at the end.
  Result<std::optional<std::uint64_t>> next() {
    auto const changed = TRY(next_changed());
    auto const of_base = TRY(next_of_base());
    if (!changed && !of_base) return std::nullopt;
    auto const index = std::min(changed.value_or(kNone), of_base.value_or(kNone));
    is_changed_ = changed && *changed == index;
    from_ = index + 1;
    return index;
  }
  /// The one that `next` told last.
  Result<Bytes> read(std::uint64_t index) {
    if (is_changed_) return capture_.frozen->read(index);
    digest::Digest digest;
    auto block = TRY(content_.read_block(base_, index, &digest));
    return block ? *std::move(block) : Bytes(content::kBlockBytes);
  }

 private:
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};

  Result<std::optional<std::uint64_t>> next_changed() {
    if (!capture_.frozen) return std::nullopt;
    return capture_.frozen->next_changed(from_);
  }
  Result<std::optional<std::uint64_t>> next_of_base() {
    if (capture_.builds_on_base) return std::nullopt;
    while (at_ < page_.entries.size() && page_.entries[at_].index < from_) ++at_;
    while (at_ == page_.entries.size()) {
      if (listed_ && !page_.next) return std::nullopt;
      page_ = TRY(content_.list_blocks(base_, listed_ ? std::max(*page_.next, from_) : from_, kBlocksAtOnce));
      listed_ = true;
      at_ = 0;
    }
    return page_.entries[at_].index;
  }

  content::Content& content_;
  content::Disk base_;
  Capture const& capture_;
  std::uint64_t from_ = 0;
  bool is_changed_ = false;
  bool listed_ = false;
  std::size_t at_ = 0;
  content::Page<content::BlockEntry> page_;
};

Result<content::Disk> base_of(Capture const& capture) {
  auto const& base = capture.volume.base;
  content::Disk out{catalogue::domain_number(base.account), std::nullopt, base.size_gib};
  if (capture.root.empty()) return out;
  out.root = base.encrypted ? TRY(content::decode_root_secret(capture.root))
                            : TRY(content::decode_reference(capture.root));
  return out;
}

}  // namespace

/// A capture as far as it was read.
struct Captures::Reading {
  Capture capture;
  std::optional<Blocks> blocks;  ///< since it was begun
  std::int64_t put = 0;
};

Captures::Captures(ebs::CaptureStore store) : store_(store) {}
Captures::~Captures() = default;

void Captures::add(std::vector<Capture> captures) {
  std::lock_guard lock(mutex_);
  for (auto& capture : captures) {
    auto& waiting = waiting_[capture.volume.account];
    waiting.push_back(std::make_unique<Reading>(std::move(capture)));
  }
}

std::unique_ptr<Captures::Reading> Captures::take_next() {
  std::lock_guard lock(mutex_);
  auto next = waiting_.upper_bound(last_account_);
  if (next == waiting_.end()) next = waiting_.begin();
  if (next == waiting_.end()) return nullptr;
  last_account_ = next->first;
  auto reading = std::move(next->second.front());
  next->second.pop_front();
  if (next->second.empty()) waiting_.erase(next);
  return reading;
}

void Captures::put_back(std::unique_ptr<Reading> reading) {
  std::lock_guard lock(mutex_);
  waiting_[reading->capture.volume.account].push_front(std::move(reading));
}

void Captures::give_up(std::string const& snapshot, Error const& why) {
  log_warning("the snapshot {} cannot be taken: {}", snapshot, why.message);
  auto const ended = ebs::end_capture(store_, snapshot, why);
  if (ended) return;
  log_error("the snapshot {} stays pending for now: {}", snapshot, ended.error().message);
  std::lock_guard lock(mutex_);
  given_up_.insert_or_assign(snapshot, why);
}

void Captures::machine_ended(std::string const& instance) {
  std::vector<std::unique_ptr<Reading>> lost;
  {
    std::lock_guard lock(mutex_);
    for (auto line = waiting_.begin(); line != waiting_.end();) {
      auto& readings = line->second;
      for (auto& reading : readings) {
        auto const& capture = reading->capture;
        bool const of_it = capture.volume.instance_id == instance && capture.frozen;
        if (of_it && capture.frozen->ends_with_machine()) lost.push_back(std::move(reading));
      }
      std::erase(readings, nullptr);
      line = readings.empty() ? waiting_.erase(line) : std::next(line);
    }
  }
  for (auto& reading : lost) {
    reading->capture.frozen.reset();
    give_up(reading->capture.snapshot_id,
            {Fault::unavailable, "", "the machine ended before its volume was read to its end"});
  }
}

void Captures::end_given_up() {
  std::map<std::string, Error> left;
  {
    std::lock_guard lock(mutex_);
    auto const now = store_.clock.now();
    if (given_up_.empty() || now < tried_ + kIdle) return;
    tried_ = now;
    left = given_up_;
  }
  for (auto const& [snapshot, why] : left) {
    if (!ebs::end_capture(store_, snapshot, why)) continue;
    std::lock_guard lock(mutex_);
    given_up_.erase(snapshot);
  }
}

void Captures::ask_to_stop() {
  std::lock_guard lock(mutex_);
  stopping_ = true;
}

Result<bool> Captures::read_on(Reading& reading) {
  auto const& capture = reading.capture;
  if (!reading.blocks) reading.blocks.emplace(store_.content, TRY(base_of(capture)), capture);
  auto const total = static_cast<std::int64_t>(content::blocks_of(capture.volume.size_gib));
  for (int i = 0; i < kBlocksATurn; ++i) {
    {
      std::lock_guard lock(mutex_);
      if (stopping_)
        return fail(Fault::unavailable, "the service was stopped before the volume was read to its end");
    }
    auto const index = TRY(reading.blocks->next());
    if (!index) return true;
    auto const block = TRY(reading.blocks->read(*index));
    auto const percent = static_cast<std::int32_t>(static_cast<std::int64_t>(*index) * 100 / total);
    TRY(ebs::put_captured(store_, capture.snapshot_id, *index, block, std::min(percent, 99)));
    ++reading.put;
  }
  return false;
}

Result<Time> Captures::step() {
  end_given_up();
  auto reading = take_next();
  if (!reading) return store_.clock.now() + kIdle;
  auto const ended = read_on(*reading);
  if (ended && !*ended) {
    put_back(std::move(reading));
    return store_.clock.now();
  }
  auto& capture = reading->capture;
  capture.frozen.reset();  // the machine is free of it as early as can be
  auto const closed = ended ? ebs::close_capture(store_, capture.snapshot_id, reading->put)
                            : Result<void>(std::unexpected(ended.error()));
  if (!closed) give_up(capture.snapshot_id, closed.error());
  return store_.clock.now();
}

}  // namespace argosy::launcher
