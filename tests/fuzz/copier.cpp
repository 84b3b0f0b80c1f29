// tests/fuzz/copier.cpp - the asking side of replication, with a source that lies, cuts and repeats itself.
#include "replication/copier.h"

#include "catalogue/images.h"
#include "ec2/copy_image.h"
#include "fuzz/world.h"

namespace argosy::fuzz {
namespace {

/// Enough for a copy of the world's image with every answer spoiled once.
constexpr int kMostSteps = 200;

/// Answers as the real source does, or as the input says instead.
class Liar final : public remote::Transport {
 public:
  Liar(World& world, ByteView script) : world_(world), script_(script) {}
  http::Endpoint const& endpoint() const override { return endpoint_; }
  Result<http::Response> send(http::Request const& request) override {
    std::lock_guard lock(mutex_);  // a copy asks over two connections
    auto response = peer::handle(world_.answering, tests::kWest, request);
    switch (script_.empty() ? 0 : script_.byte() % 8) {
      case 1:
        return fail(Fault::unavailable, "cut");
      case 2:
        if (!response.body.empty())
          response.body[script_.word() % response.body.size()] ^= static_cast<std::byte>(script_.byte() | 1U);
        return response;
      case 3:
        response.body.resize(script_.word() % (response.body.size() + 1));
        return response;
      case 4:
        response.body = repeat(response.body);
        return response;
      case 5:
        response.status = 400 + script_.byte() % 200;
        response.body = to_bytes(as_bytes(world_.expand(script_.line())));
        return response;
      case 6:
        response.body = to_bytes(as_bytes(world_.expand(script_.line())));
        return response;
      default:
        return response;
    }
  }

 private:
  static Bytes repeat(Bytes const& body) {
    Bytes twice = body;
    twice.insert(twice.end(), body.begin(), body.end());
    return twice;
  }

  World& world_;
  std::mutex mutex_;  // guards script_
  Input script_;
  http::Endpoint endpoint_{false, "source", 1, {}};
};

/// What a completed snapshot says of itself is what can be read of it.
void check_content(tests::Region& region, images::Snapshot const& snapshot) {
  auto const root = content::decode_reference(snapshot.root);
  ARGOSY_ASSERT(root);
  content::Disk disk{catalogue::domain_number(snapshot.owner), *root, snapshot.volume_size_gib};
  auto page = region.content->list_blocks(disk, 0, 100'000);
  ARGOSY_ASSERT(page);
  for (auto const& entry : page->entries) {
    digest::Digest said;
    auto block = region.content->read_block(disk, entry.index, &said);
    ARGOSY_ASSERT(block && *block && digest::sha256(**block) == said);
  }
}

}  // namespace

void try_input(ByteView bytes) {
  auto& world = *fresh_world();
  auto& west = world.west;
  replication::Sources sources;
  sources.add(std::make_unique<replication::Source>("us-east-1", "us-west-2",
                                                    std::make_unique<Liar>(world, bytes), std::nullopt));
  messages::ec2::CopyImageRequest request;
  request.name = "copied image";
  request.source_image_id = world.image.id;
  request.source_region = "us-east-1";
  auto opened = (*sources.find("us-east-1"))->open({tests::kOwner.account, world.image.id});
  check_error(opened);
  if (!opened) return;
  auto recorded = west.run([&](catalogue::Transaction& tx) {
    return ec2::copy_image(tx, tests::kOwner, west.clock.now(), *west.entropy, west.keys, west.master_keys,
                           *opened, request);
  });
  check_error(recorded);
  if (!recorded) return;
  replication::Copier copier("us-west-2", west.catalogue, *west.content, sources, west.keys, west.master_keys,
                             west.clock, *west.entropy);
  auto find = [&] {
    return *west.run(
        [&](catalogue::Transaction& tx) { return catalogue::find_image(tx, *recorded->image_id); });
  };
  auto image = find();
  for (int i = 0; i < kMostSteps && image.state == images::ImageState::pending; ++i) {
    auto next = copier.step();
    check_error(next);
    west.clock.advance(next && *next > west.clock.now() ? *next - west.clock.now() : Duration{1});
    image = find();
  }
  if (image.state != images::ImageState::available) return;
  for (auto const& mapping : image.mappings) {
    if (mapping.snapshot_id.empty()) continue;
    auto snapshot = west.run(
        [&](catalogue::Transaction& tx) { return catalogue::find_snapshot(tx, mapping.snapshot_id); });
    ARGOSY_ASSERT(snapshot && snapshot->state == images::SnapshotState::completed);
    check_content(west, *snapshot);
  }
}

}  // namespace argosy::fuzz
