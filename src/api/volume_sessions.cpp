// api/volume_sessions.cpp - see volume_sessions.h.
#include "api/volume_sessions.h"

namespace argosy::api {
namespace {

/// Of one volume, as STS would name what assumed a role.
access::Caller caller_of(ebs::VolumeSession const& session, std::string const& access_key_id) {
  access::Caller caller;
  caller.account = session.account;
  caller.access_key_id = access_key_id;
  caller.arn = "arn:aws:sts::" + session.account + ":assumed-role/argosy-volume/" + session.volume_id;
  caller.user_id = access_key_id + ":" + session.volume_id;
  caller.session_volume = session.volume_id;
  return caller;
}

std::string_view code_of_denial(Protocol protocol) {
  switch (protocol) {
    case Protocol::ec2:
      return "UnauthorizedOperation";
    case Protocol::sts:
      return "AccessDenied";
    case Protocol::ebs:
    case Protocol::kms:
      return "AccessDeniedException";
  }
  return {};
}

}  // namespace

std::optional<KnownCredentials> find_session(Service& service, CredentialsClaim const& claim) {
  auto const* region = service.find_region(claim.region);
  if (region == nullptr) return std::nullopt;
  auto session = ebs::open_session(region->token_key, claim.access_key_id, claim.session_token);
  if (!session || session->region != region->name) return std::nullopt;
  KnownCredentials known;
  known.credentials.caller = caller_of(*session, claim.access_key_id);
  known.credentials.secret_access_key = ebs::session_secret(region->token_key, claim.access_key_id);
  known.expired = session->expires < service.clock.now();
  known.session = *std::move(session);
  return known;
}

Result<void> check_session_allows(Protocol protocol, std::string_view operation) {
  bool const allowed =
      protocol == Protocol::sts ||
      (protocol == Protocol::ebs && (operation == "ListSnapshotBlocks" || operation == "GetSnapshotBlock"));
  if (allowed) return {};
  return fail(Fault::denied, std::string(code_of_denial(protocol)),
              "The session of a volume allows to read the volume's blocks and nothing else.");
}

}  // namespace argosy::api
