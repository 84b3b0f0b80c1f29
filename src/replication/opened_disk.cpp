// replication/opened_disk.cpp - see opened_disk.h.
#include "replication/opened_disk.h"

#include <future>

namespace argosy::replication {
namespace {

/// Connections of one disk: more only compete for the same cores.
constexpr std::size_t kConnections = 2;

}  // namespace

Result<std::vector<ByteView>> OpenedDisk::fetch(std::vector<messages::replication::Range> const& ranges,
                                                std::span<store::ChunkId const> ids, Bytes& bytes) const {
  bytes = TRY(source_.fetch({lease_, snapshot_id_, ranges}));
  auto frames = TRY(split_frames(bytes, ids.size()));
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (digest::sha256(frames[i]) != ids[i]) return sent("bytes that are not those of chunk " + ids[i].hex());
  return frames;
}

std::unexpected<Error> OpenedDisk::sent(std::string_view what) const {
  return fail(Fault::corrupt, source_.region() + " sent " + std::string(what));
}

Result<void> over_connections(std::function<Result<void>()> const& work) {
  std::vector<std::future<Result<void>>> others;
  for (std::size_t i = 1; i < kConnections; ++i)
    others.push_back(std::async(std::launch::async, [&] { return work(); }));
  auto result = work();
  for (auto& other : others)
    if (auto done = other.get(); !done && result) result = std::move(done);
  return result;
}

messages::replication::Range root_range(std::uint8_t height) { return {height + 1, 0, Bytes(1)}; }

}  // namespace argosy::replication
