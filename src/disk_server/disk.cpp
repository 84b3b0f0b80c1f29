// disk_server/disk.cpp - see disk.h.
#include "disk_server/disk.h"

#include <algorithm>

namespace argosy::disk_server {
namespace {

/// Four blocks are 2 MiB: enough to keep a reader busy at a few ms a request, and little that is read in
/// vain.
constexpr int kBlocksAhead = 4;
constexpr int kReadersAhead = 4;
/// What waits to be read ahead; more than that comes too late to help.
constexpr std::size_t kMostWaiting = 16;
constexpr std::size_t kLeastCachedBlocks = 16;

constexpr Duration kFirstPause{100};
/// A region that is back is noticed so soon.
constexpr Duration kLongestPause{2'000};

}  // namespace

Disk::Disk(SessionFile& file, RegionClient::OpenTransport open, Clock& clock, DiskOptions const& options)
    : options_(options),
      client_(file, std::move(open), clock),
      list_(client_, clock),
      cache_(std::max<std::size_t>(kLeastCachedBlocks, options.cache_bytes / kBlockBytes)) {
  for (int i = 0; i < kReadersAhead; ++i) readers_.emplace_back([this] { read_ahead(); });
}

Disk::~Disk() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wanted_.notify_all();
}

/// Calls again while the region is away.
template <class Call>
auto Disk::persist(Call const& call, Pause const& pause) -> decltype(call()) {
  auto const give_up = std::chrono::steady_clock::now() + options_.patience;
  auto wait = kFirstPause;
  while (true) {
    auto result = call();
    if (result || result.error().fault != Fault::unavailable) return result;
    client_.tell_away(result.error());
    if (std::chrono::steady_clock::now() >= give_up || !pause(wait)) return result;
    wait = std::min(wait * 2, kLongestPause);
  }
}

Result<Block> Disk::fetch(std::uint64_t index) {
  for (int attempt = 1;; ++attempt) {
    auto const stretch = TRY(list_.around(index));
    auto const* listed = stretch->next(index);
    if (listed == nullptr || static_cast<std::uint64_t>(listed->block_index) != index) return Block();
    auto data = client_.get(*listed);
    if (data) return std::make_shared<Bytes const>(*std::move(data));
    if (data.error().code != kBadBlockToken || attempt == 2) return std::unexpected(std::move(data).error());
    list_.forget(index);
  }
}

Result<Block> Disk::block(std::uint64_t index) {
  // A hole is known without a request, also while the region is away.
  if (auto const stretch = list_.find(index)) {
    auto const* listed = stretch->next(index);
    if (listed == nullptr || static_cast<std::uint64_t>(listed->block_index) != index) return Block();
  }
  return cache_.get(index, [&] { return fetch(index); });
}

Result<void> Disk::read(std::uint64_t offset, std::span<std::byte> out, Pause const& pause) {
  while (!out.empty()) {
    auto const index = offset / kBlockBytes;
    auto const within = offset % kBlockBytes;
    auto const piece = out.first(std::min<std::size_t>(out.size(), kBlockBytes - within));
    // Whoever reads the block behind one that was just read is likely to go on.
    if (index > 0 && cache_.has(index - 1)) read_ahead_of(index);
    auto const found = TRY(persist([&] { return block(index); }, pause));
    if (found) {
      std::ranges::copy(ByteView(*found).subspan(within, piece.size()), piece.begin());
    } else {
      std::ranges::fill(piece, std::byte{0});
    }
    out = out.subspan(piece.size());
    offset += piece.size();
  }
  return {};
}

Result<std::vector<Extent>> Disk::extents(std::uint64_t offset, std::uint64_t length, Pause const& pause) {
  auto const end = offset + length;
  auto const stretch = TRY(persist([&] { return list_.around(offset / kBlockBytes); }, pause));
  std::vector<Extent> out;
  while (offset < end && stretch->covers(offset / kBlockBytes)) {
    auto const index = offset / kBlockBytes;
    auto const* listed = stretch->next(index);
    auto const written = listed == nullptr ? stretch->end : static_cast<std::uint64_t>(listed->block_index);
    bool const hole = written != index;
    auto const until = hole ? std::min(written, end / kBlockBytes + 1) : index + 1;
    auto const next = std::min(until * kBlockBytes, end);
    if (!out.empty() && out.back().hole == hole) {
      out.back().length += next - offset;
    } else {
      out.push_back({offset, next - offset, hole});
    }
    offset = next;
  }
  return out;
}

void Disk::read_ahead_of(std::uint64_t index) {
  auto const stretch = list_.find(index);
  if (!stretch) return;
  std::lock_guard lock(mutex_);
  auto const* listed = stretch->next(index + 1);
  for (int i = 0; i < kBlocksAhead && listed != nullptr; ++i) {
    auto const block = static_cast<std::uint64_t>(listed->block_index);
    if (ahead_.size() < kMostWaiting && std::ranges::find(ahead_, block) == ahead_.end() &&
        !cache_.has(block)) {
      ahead_.push_back(block);
      wanted_.notify_one();
    }
    listed = stretch->next(block + 1);
  }
}

void Disk::read_ahead() {
  while (true) {
    std::uint64_t index = 0;
    {
      std::unique_lock lock(mutex_);
      wanted_.wait(lock, [&] { return ending_ || !ahead_.empty(); });
      if (ending_) return;
      index = ahead_.front();
      ahead_.pop_front();
    }
    (void)block(index);  // whoever reads it asks again, and hears why
  }
}

}  // namespace argosy::disk_server
