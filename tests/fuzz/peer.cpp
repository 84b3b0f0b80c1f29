// tests/fuzz/peer.cpp - the answering side of replication: what another region may say to us.
#include "fuzz/world.h"

namespace argosy::fuzz {
namespace {

http::Response ask(World& world, peer::Peer const& peer, std::string path, std::string_view body) {
  http::Request request;
  request.method = "POST";
  request.path = std::move(path);
  request.body = to_bytes(as_bytes(body));
  return peer::handle(world.answering, peer, request);
}

/// May speak for the owner of the image too, but has no lease.
peer::Peer const kOther{"eu-west-1", "other", {false, {tests::kOwner.account}}};

/// Opens the image as the owner; the lease.
std::string open_image(World& world) {
  auto response = ask(world, tests::kWest, "/replication/open",
                      R"({"account":"111111111111","resource":")" + world.image.id + "\"}");
  ARGOSY_ASSERT(response.status == 200);
  return std::string(boost::json::parse(as_text(response.body)).at("lease").as_string());
}

/// Whatever is sent lies behind its length and is a chunk of the store.
void check_frames(World& world, ByteView body) {
  auto const domain = catalogue::domain_number(tests::kOwner.account);
  while (!body.empty()) {
    ARGOSY_ASSERT(body.size() >= 4);
    auto const length = get_le<std::uint32_t>(body.data());
    ARGOSY_ASSERT(length <= body.size() - 4);
    auto const stored = body.subspan(4, length);
    ARGOSY_ASSERT(world.east.content->store().get(domain, digest::sha256(stored)));
    body = body.subspan(4 + length);
  }
}

}  // namespace

/// Each part: a byte that says which peer speaks, the path, a line feed, the body, in which $L is an open
/// lease.
void try_input(ByteView bytes) {
  auto& world = *fresh_world();
  auto const lease = open_image(world);
  for (auto part : split_calls(as_text(bytes))) {
    Input input(as_bytes(part));
    bool const another = input.byte() % 2 == 1;
    auto const operation = std::string(input.line());
    auto text = world.expand(as_text(input.rest()));
    for (auto at = text.find("$L"); at != std::string::npos; at = text.find("$L", at))
      text.replace(at, 2, lease);
    auto response = ask(world, another ? kOther : tests::kWest, "/replication/" + operation, text);
    ARGOSY_ASSERT(response.status >= 200 && response.status < 500);
    if (operation != "fetch" || response.status != 200) {
      ARGOSY_ASSERT(wire::parse_json(as_text(response.body)));
      continue;
    }
    ARGOSY_ASSERT(!another);  // the lease is not his
    check_frames(world, response.body);
  }
  ask(world, tests::kWest, "/replication/close", R"({"lease":")" + lease + "\"}");
}

}  // namespace argosy::fuzz
