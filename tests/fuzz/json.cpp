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

std::size_t count_values(boost::json::value const& value) {
  std::size_t out = 1;
  if (auto const* list = value.if_array())
    for (auto const& item : *list) out += count_values(item);
  if (auto const* object = value.if_object()) {
    ARGOSY_ASSERT(object->size() <= wire::kMaxJsonMembers);
    for (auto const& [name, item] : *object) out += count_values(item);
  }
  return out;
}

/// What was taken is within its limits, and as it is when the last of a repeated name counts; and nothing is
/// repeated in it.
void check_limits(std::string_view text, boost::json::value const& value) {
  ARGOSY_ASSERT(count_values(value) <= wire::JsonLimits{}.values);
  ARGOSY_ASSERT(!wire::find_repeated_name(text));
  auto const lenient = wire::parse_json(text, {.repeated_names = true});
  // 0e400 is no number to Boost, and equal to nothing.
  ARGOSY_ASSERT(lenient && boost::json::serialize(*lenient) == boost::json::serialize(value));
}

template <class Message>
void decode(std::string_view text, Naming naming) {
  auto message = wire::decode_json<Message>(text, naming);
  check_error(message);
  if (!message) return;
  auto said = wire::encode_json(*message, naming);
  // What was absent stands in it as what it is by default, so there may be more of it.
  auto again = wire::decode_json<Message>(said, naming, {.values = said.size()});
  ARGOSY_ASSERT(again && wire::encode_json(*again, naming) == said);
}

}  // namespace

void try_input(ByteView input) {
  auto const text = as_text(input);
  auto const value = wire::parse_json(text);
  check_error(value);
  if (!value) return;
  check_limits(text, *value);
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
