// tests/fuzz/ebs.cpp - EBS direct calls of an owner and of a stranger: paths, headers, queries, bodies,
// tokens.
#include "ebs/upload_steps.h"
#include "fuzz/world.h"

namespace argosy::fuzz {
namespace {

/// A body that says "block N" stands for 512 KiB, and the header value "$C" for their checksum.
std::string expand_block(std::string text) {
  auto const body = text.find("\n\nblock ");
  if (body == std::string::npos) return text;
  auto const seed = std::hash<std::string_view>()(std::string_view(text).substr(body));
  auto const block = tests::block(static_cast<std::uint32_t>(seed));
  text.resize(body + 2);
  auto const checksum = to_base64(digest::sha256(block).bytes);
  for (auto at = text.find("$C"); at != std::string::npos; at = text.find("$C", at))
    text.replace(at, 2, checksum);
  return text.append(as_text(block));
}

}  // namespace

/// The first byte of each call says who makes it; the rest is the request (request_text.h).
void try_input(ByteView bytes) {
  auto& world = *fresh_world();
  for (auto part : split_calls(as_text(bytes))) {
    Input input(as_bytes(part));
    auto const how = input.byte();
    auto const text = expand_block(world.expand(as_text(input.rest())));
    auto const body = check_call(world, text, "ebs", (how & 1U) != 0, "us-east-1");
    ARGOSY_ASSERT(body.size() == content::kBlockBytes || wire::parse_json(body, wire::kListLimits));
    ebs::FailedCompletions failed;
    auto next = ebs::step_uploads(world.east.catalogue, *world.east.content, world.east.keys,
                                  world.east.master_keys, failed, world.east.clock);
    ARGOSY_ASSERT(next);
  }
}

}  // namespace argosy::fuzz
