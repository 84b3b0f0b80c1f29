// ebs/errors.h - EBS direct's failures. The code is TYPE/REASON: the front splits it. Source: ec2-semantics
// G, "Errors".
#pragma once
#include <string>

#include "base/error.h"
#include "keystore/ebs_keys.h"

namespace argosy::ebs {

inline std::unexpected<Error> invalid(std::string_view reason, std::string message) {
  return fail(Fault::invalid, "ValidationException/" + std::string(reason), std::move(message));
}
inline std::unexpected<Error> invalid_parameter(std::string message) {
  return invalid("INVALID_PARAMETER_VALUE", std::move(message));
}
/// Also for what the caller may not see: he cannot tell the two apart.
inline std::unexpected<Error> snapshot_not_found(std::string_view id) {
  return fail(Fault::not_found, "ResourceNotFoundException/SNAPSHOT_NOT_FOUND",
              "The snapshot '" + std::string(id) + "' does not exist.");
}
inline std::unexpected<Error> access_denied(std::string message) {
  return fail(Fault::denied, "AccessDeniedException/UNAUTHORIZED_ACCOUNT", std::move(message));
}

/// What is wrong with a key, as EBS says it.
inline Error to_key_error(Error error) {
  // A snapshot's envelope is damaged: that is the server's, and no KMS call of the caller's.
  if (error.code == "InvalidCiphertextException") return {Fault::corrupt, "", std::move(error.message)};
  if (!keystore::is_about_keys(error)) return error;
  bool const denied = error.code == "AccessDeniedException";
  return {
      denied ? Fault::denied : Fault::invalid,
      denied ? "AccessDeniedException/DEPENDENCY_ACCESS_DENIED" : "ValidationException/INVALID_CUSTOMER_KEY",
      std::move(error.message)};
}
template <class Value>
Result<Value> with_key_errors(Result<Value> result) {
  return result ? std::move(result) : Result<Value>(std::unexpected(to_key_error(std::move(result).error())));
}

}  // namespace argosy::ebs
