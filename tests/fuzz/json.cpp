// tests/fuzz/json.cpp - JSON into every message of EBS direct and of replication.
#include "wire/json.h"

#include "fuzz/fuzz.h"
#include "messages/ebs/ebs.h"
#include "messages/replication/replication.h"

namespace argosy::fuzz {
namespace {

namespace ebs = messages::ebs;
namespace replication = messages::replication;
using wire::Naming;

template <class Message>
void decode(std::string_view text, Naming naming) {
  auto message = wire::decode_json<Message>(text, naming);
  check_error(message);
  if (!message) return;
  auto said = wire::encode_json(*message, naming);
  auto again = wire::decode_json<Message>(said, naming);
  ARGOSY_ASSERT(again && wire::encode_json(*again, naming) == said);
}

}  // namespace

void try_input(ByteView input) {
  auto const text = as_text(input);
  auto const value = wire::parse_json(text);
  check_error(value);
  if (!value) return;
  decode<ebs::StartSnapshotRequest>(text, Naming::upper_camel);
  decode<ebs::StartSnapshotResponse>(text, Naming::upper_camel);
  decode<ebs::CompleteSnapshotResponse>(text, Naming::upper_camel);
  decode<ebs::ListSnapshotBlocksResponse>(text, Naming::upper_camel);
  decode<ebs::ListChangedBlocksResponse>(text, Naming::upper_camel);
  decode<ebs::ErrorBody>(text, Naming::upper_camel);
  decode<replication::OpenRequest>(text, Naming::snake);
  decode<replication::OpenResponse>(text, Naming::snake);
  decode<replication::LeaseRequest>(text, Naming::snake);
  decode<replication::FetchRequest>(text, Naming::snake);
  decode<replication::Refusal>(text, Naming::snake);
}

}  // namespace argosy::fuzz
