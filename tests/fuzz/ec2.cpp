// tests/fuzz/ec2.cpp - EC2 calls of an owner and of a stranger, from the signed form to the XML of the
// answer.
#include "fuzz/world.h"

namespace argosy::fuzz {

/// The first byte of each call says who makes it and where; the rest is the form.
void try_input(ByteView bytes) {
  auto& world = *fresh_world();
  for (auto part : split_calls(as_text(bytes))) {
    Input input(as_bytes(part));
    auto const how = input.byte();
    auto const text = "POST /\n\n" + world.expand(as_text(input.rest()));
    auto body = check_call(world, text, "ec2", (how & 1U) != 0, (how & 2U) != 0 ? "us-west-2" : "us-east-1");
    pugi::xml_document document;
    auto parsed = document.load_buffer(body.data(), body.size());
    ARGOSY_ASSERT(parsed && document.document_element().select_node(".//requestId | .//RequestID"));
  }
}

}  // namespace argosy::fuzz
