// keys/errors.h - KMS's failures: one constructor per code. Source: ec2-semantics F.
#pragma once
#include <string>

#include "base/error.h"

namespace argosy::keys {

inline std::unexpected<Error> not_found(std::string message) {
  return fail(Fault::not_found, "NotFoundException", std::move(message));
}
inline std::unexpected<Error> access_denied(std::string message) {
  return fail(Fault::denied, "AccessDeniedException", std::move(message));
}
inline std::unexpected<Error> disabled(std::string const& arn) {
  return fail(Fault::conflict, "DisabledException", arn + " is disabled.");
}
inline std::unexpected<Error> invalid_state(std::string message) {
  return fail(Fault::conflict, "KMSInvalidStateException", std::move(message));
}
inline std::unexpected<Error> invalid_value(std::string message) {
  return fail(Fault::invalid, "ValidationException", std::move(message));
}
inline std::unexpected<Error> invalid_arn(std::string message) {
  return fail(Fault::invalid, "InvalidArnException", std::move(message));
}
inline std::unexpected<Error> invalid_alias_name(std::string message) {
  return fail(Fault::invalid, "InvalidAliasNameException", std::move(message));
}
inline std::unexpected<Error> already_exists(std::string message) {
  return fail(Fault::conflict, "AlreadyExistsException", std::move(message));
}
inline std::unexpected<Error> malformed_policy(std::string message) {
  return fail(Fault::invalid, "MalformedPolicyDocumentException", std::move(message));
}
inline std::unexpected<Error> limit_exceeded(std::string message) {
  return fail(Fault::limit, "LimitExceededException", std::move(message));
}
inline std::unexpected<Error> unsupported(std::string message) {
  return fail(Fault::invalid, "UnsupportedOperationException", std::move(message));
}
inline std::unexpected<Error> invalid_tag(std::string message) {
  return fail(Fault::invalid, "TagException", std::move(message));
}
inline std::unexpected<Error> invalid_marker() {
  return fail(Fault::invalid, "InvalidMarkerException", "The marker is not one of an earlier answer");
}
inline std::unexpected<Error> invalid_grant_token() {
  return fail(Fault::invalid, "InvalidGrantTokenException",
              "A grant token is not one that a grant came with");
}
inline std::unexpected<Error> invalid_grant_id(std::string const& id) {
  return fail(Fault::invalid, "InvalidGrantIdException", "The grant id '" + id + "' is not valid");
}
/// What the clients' SDKs repeat by themselves.
inline std::unexpected<Error> dependency_timeout(std::string message) {
  return fail(Fault::unavailable, "DependencyTimeoutException", std::move(message));
}
/// Also when the context, the key or a bit is not what it was: the answer does not say which.
inline std::unexpected<Error> invalid_ciphertext() {
  return fail(Fault::invalid, "InvalidCiphertextException",
              "The ciphertext cannot be decrypted: it is damaged, or the encryption context is another one");
}
inline std::unexpected<Error> incorrect_key() {
  return fail(Fault::invalid, "IncorrectKeyException",
              "The key ID in the request does not identify a CMK that can perform this operation.");
}

}  // namespace argosy::keys
