// tests/fuzz/disk_server.cpp - a disk server's session file, and a region that lies to it, cuts and repeats
// itself.
#include "disk_server/disk.h"

#include <unistd.h>

#include <filesystem>
#include <map>

#include "base/private_file.h"
#include "fuzz/fuzz.h"
#include "support/played_region.h"

namespace argosy::fuzz {
namespace {

using namespace disk_server;

constexpr int kMostPauses = 20;
constexpr std::size_t kMostKept = 64;  ///< blocks

/// Answers as the played region does, or as the input says instead.
class Liar final : public remote::Transport {
 public:
  Liar(tests::PlayedRegion& region, Input& script, std::mutex& mutex)
      : region_(region), script_(script), mutex_(mutex) {}
  http::Endpoint const& endpoint() const override { return endpoint_; }
  Result<http::Response> send(http::Request const& request) override {
    std::lock_guard lock(mutex_);
    auto response = answer(request);
    if (script_.empty() || !response) return response;
    switch (script_.byte() % 6) {
      case 1:
        return fail(Fault::unavailable, "cut");
      case 2:
        response->body[script_.word() % response->body.size()] ^= static_cast<std::byte>(script_.byte() | 1U);
        return response;
      case 3:
        response->body.resize(script_.word() % (response->body.size() + 1));
        return response;
      case 4:
        response->status = 400 + script_.byte() % 200;
        response->headers = {{"x-amzn-ErrorType", std::string(script_.line())}};
        response->body = to_bytes(as_bytes(script_.line()));
        return response;
      case 5:
        response->body = to_bytes(as_bytes(script_.line()));
        return response;
      default:
        return response;
    }
  }

 private:
  /// Keeps some blocks: they are always the same, and to make one takes longer than all else that an input
  /// does.
  Result<http::Response> answer(http::Request const& request) {
    static std::map<std::string, http::Response> blocks;
    auto const name = request.path + "?" + request.query;
    if (auto const known = blocks.find(name); known != blocks.end()) return known->second;
    auto response = region_.answer(request);
    if (!request.path.ends_with("/blocks") && response && response->status == 200 &&
        blocks.size() < kMostKept)
      blocks.emplace(name, *response);
    return response;
  }

  tests::PlayedRegion& region_;
  Input& script_;
  std::mutex& mutex_;  // guards script_, for a disk has several threads
  http::Endpoint endpoint_{false, "region", 80, {}};
};

/// The file of a session that the played region takes.
class Told {
 public:
  Told() {
    Session const session{"http://region", "us-east-1",  "snap-1",     1LL << 30U,  "AKIAKNOWN",
                          "secret",        std::nullopt, std::nullopt, std::nullopt};
    ARGOSY_ASSERT(write_private_file(path_, print_session(session), Existing::replace));
  }
  ~Told() { std::filesystem::remove(path_); }
  std::string const& path() const { return path_; }

 private:
  std::string const path_ =
      std::filesystem::temp_directory_path() / ("fuzz-session-" + std::to_string(::getpid()));
};

void read_session(std::string_view text) {
  auto const parsed = parse_session(text);
  check_error(parsed);
  if (!parsed) return;
  auto const again = parse_session(print_session(*parsed));
  ARGOSY_ASSERT(again && *again == *parsed);
}

/// Whatever a region says: what is read is what was written, or zeros where it says that nothing was.
void read_blocks(Disk& disk, std::uint64_t from, Pause const& pause) {
  Bytes block(kBlockBytes);
  for (auto const index : {from % 2'048, std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{700}}) {
    auto const done = disk.read(index * kBlockBytes, block, pause);
    check_error(done);
    ARGOSY_ASSERT(!done || is_all_zero(block) || block == tests::block_of(index));
  }
}

void look_for_holes(Disk& disk, std::uint64_t from, Pause const& pause) {
  auto const begin = from * 512;
  auto const length = std::uint64_t{1} << 29U;
  auto const extents = disk.extents(begin, length, pause);
  check_error(extents);
  if (!extents) return;
  ARGOSY_ASSERT(!extents->empty());
  auto at = begin;
  for (auto const& extent : *extents) {
    ARGOSY_ASSERT(extent.offset == at && extent.length > 0);
    at += extent.length;
  }
  ARGOSY_ASSERT(at <= begin + length);
}

}  // namespace

void try_input(ByteView bytes) {
  Input input(bytes);
  auto const from = input.word();
  read_session(as_text(input.rest()));
  static Told const told;
  tests::PlayedRegion region;
  region.written = {0, 1, 2, 700, 701, 2'047};
  std::mutex mutex;
  auto const file = SessionFile::open(told.path());
  ARGOSY_ASSERT(file);
  auto open = [&](Session const&) -> Result<std::unique_ptr<remote::Transport>> {
    return std::make_unique<Liar>(region, input, mutex);
  };
  int pauses = 0;
  auto const pause = [&](Duration) { return ++pauses < kMostPauses; };
  Disk disk(**file, open, system_clock(), {});
  look_for_holes(disk, from, pause);
  read_blocks(disk, from, pause);
}

}  // namespace argosy::fuzz
