// tests/fuzz/json.cpp - JSON into every message of EBS direct, KMS and replication that we read.
#include "wire/json.h"

#include "fuzz/fuzz.h"
#include "messages/ebs/ebs.h"
#include "messages/kms/aliases.h"
#include "messages/kms/cryptography.h"
#include "messages/kms/grants.h"
#include "messages/kms/keys.h"
#include "messages/kms/policies.h"
#include "messages/kms/replicate_key.h"
#include "messages/kms/rotation.h"
#include "messages/kms/tags.h"
#include "messages/kms/update_primary_region.h"
#include "messages/replication/replication.h"

namespace argosy::fuzz {
namespace {

namespace ebs = messages::ebs;
namespace kms = messages::kms;
namespace replication = messages::replication;
using wire::Naming;

using OfClients = boost::mp11::mp_list<
    ebs::StartSnapshotRequest, ebs::StartSnapshotResponse, ebs::CompleteSnapshotResponse,
    ebs::ListSnapshotBlocksResponse, ebs::ListChangedBlocksResponse, ebs::ErrorBody, kms::CreateAliasRequest,
    kms::UpdateAliasRequest, kms::DeleteAliasRequest, kms::ListAliasesRequest, kms::ListAliasesResponse,
    kms::EncryptRequest, kms::DecryptRequest, kms::ReEncryptRequest, kms::GenerateDataKeyRequest,
    kms::GenerateDataKeyWithoutPlaintextRequest, kms::CreateGrantRequest, kms::CreateGrantResponse,
    kms::ListGrantsRequest, kms::ListGrantsResponse, kms::ListRetirableGrantsRequest, kms::RevokeGrantRequest,
    kms::RetireGrantRequest, kms::CreateKeyRequest, kms::CreateKeyResponse, kms::DescribeKeyRequest,
    kms::DescribeKeyResponse, kms::ListKeysRequest, kms::ListKeysResponse, kms::EnableKeyRequest,
    kms::DisableKeyRequest, kms::ScheduleKeyDeletionRequest, kms::CancelKeyDeletionRequest,
    kms::UpdateKeyDescriptionRequest, kms::GetKeyPolicyRequest, kms::GetKeyPolicyResponse,
    kms::PutKeyPolicyRequest, kms::ListKeyPoliciesRequest, kms::ReplicateKeyRequest,
    kms::ReplicateKeyResponse, kms::EnableKeyRotationRequest, kms::DisableKeyRotationRequest,
    kms::GetKeyRotationStatusRequest, kms::RotateKeyOnDemandRequest, kms::ListKeyRotationsRequest,
    kms::TagResourceRequest, kms::UntagResourceRequest, kms::ListResourceTagsRequest,
    kms::UpdatePrimaryRegionRequest>;
using OfRegions =
    boost::mp11::mp_list<replication::OpenRequest, replication::OpenResponse, replication::LeaseRequest,
                         replication::FetchRequest, replication::Refusal>;

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
  boost::mp11::mp_for_each<OfClients>(
      [&](auto message) { decode<decltype(message)>(text, Naming::upper_camel); });
  boost::mp11::mp_for_each<OfRegions>([&](auto message) { decode<decltype(message)>(text, Naming::snake); });
}

}  // namespace argosy::fuzz
