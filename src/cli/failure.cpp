// cli/failure.cpp - see failure.h.
#include "cli/failure.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace argosy::cli {
namespace {

/// Codes that say "later": EC2's and EBS direct's.
constexpr std::array<std::string_view, 11> kPassingCodes{"RequestLimitExceeded",
                                                         "EC2ThrottledException",
                                                         "ResourceLimitExceeded",
                                                         "PendingSnapshotLimitExceeded",
                                                         "ConcurrentSnapshotLimitExceeded",
                                                         "Unavailable",
                                                         "ServiceUnavailable",
                                                         "InsufficientInstanceCapacity",
                                                         "InternalError",
                                                         "InternalFailure",
                                                         "InternalServerException"};
constexpr std::array<std::string_view, 2> kPassingParts{"Throttl", "ConcurrentLimitExceeded"};

bool is_passing(std::string_view code) {
  return std::ranges::find(kPassingCodes, code) != kPassingCodes.end() ||
         std::ranges::any_of(kPassingParts, [&](auto part) { return code.contains(part); });
}

/// Codes that say that an account is full: EC2's, that of EBS direct and that of KMS.
constexpr std::array<std::string_view, 6> kQuotaCodes{
    "SnapshotLimitExceeded", "InstanceLimitExceeded",         "VcpuLimitExceeded",
    "VolumeLimitExceeded",   "ServiceQuotaExceededException", "LimitExceededException"};

bool is_quota(std::string_view code) { return std::ranges::find(kQuotaCodes, code) != kQuotaCodes.end(); }

/// EC2's, STS's, and that of KMS and EBS direct.
constexpr std::array<std::string_view, 3> kDenials{"UnauthorizedOperation", "AccessDenied",
                                                   "AccessDeniedException"};

/// Codes that say that something else stands before it.
constexpr std::array<std::string_view, 3> kGuardCodes{"InvalidSnapshot.InUse", "OperationNotPermitted",
                                                      "SnapshotLocked"};

Exit exit_of(std::string_view code) {
  if (is_passing(code) || is_quota(code)) return Exit::temporary;
  return std::ranges::find(kGuardCodes, code) != kGuardCodes.end() ? Exit::guarded : Exit::service;
}

struct Advice {
  std::string_view code;
  std::string_view part_of_message;  ///< empty: any
  std::string_view text;
};

constexpr std::array<Advice, 29> kAdvice{{
    {"AuthFailure", "Not authorized for images",
     "Its owner shares it: `argosy share IMAGE ACCOUNT`; `argosy why` tells what is missing."},
    {"AuthFailure", "Not authorized", "Only the owner of an image may do this."},
    {"AuthFailure", "valid region", "Check the name of the region."},
    {"AuthFailure", "",
     "Check the access key (AWS_ACCESS_KEY_ID or --profile), the machine's clock and --endpoint-url."},
    {"SignatureDoesNotMatch", "", "Check the secret access key."},
    {"InvalidClientTokenId", "", "Check the access key: this service does not know it."},
    {"MissingAuthenticationToken", "", "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or --profile."},
    {"RequestExpired", "", "Set the machine's clock; temporary credentials may have run out."},
    {"UnauthorizedOperation", "", "The account's policy does not allow this to these credentials."},
    {"OptInRequired", "", "The account has not switched this region on."},
    {"InvalidAMIID.NotFound", "",
     "An image id belongs to one region: name it, as in us-east-1/ami-…, or with --region. "
     "An image that is not shared with you cannot be seen either."},
    {"InvalidAMIID.Unavailable", "",
     "Only an available image can be copied, shared or started: see `argosy wait`."},
    {"InvalidAMIName.Duplicate", "", "Choose another name with --name."},
    {"InvalidAMIName.Malformed", "", "A name has 3 to 128 letters, digits, blanks and ( ) [ ] . / - ' @ _."},
    {"InvalidRequest", "storage of this ami",
     "The owner must share the snapshots too: `argosy share IMAGE ACCOUNT --allow-copy`."},
    {"InvalidInstanceID.NotFound", "",
     "An instance id belongs to one region and account: name it, as in us-east-1/i-…, or with --region."},
    {"InsufficientInstanceCapacity", "", "The host is full: stop other machines, or try again later."},
    {"InstanceLimitExceeded", "", "Terminate instances that are not needed, or ask the operator for more."},
    {"InvalidSnapshot.NotFound", "", "A snapshot id belongs to one region: name it, as in us-east-1/snap-…"},
    {"InvalidSnapshot.InUse", "", "Deregister the image first: `argosy deregister IMAGE` deletes both."},
    {"OperationNotPermitted", "", "The image is protected against deregistration."},
    {"InvalidAMIAttributeItemValue", "", "An account has 12 digits; an organization is named by its ARN."},
    {"NotFoundException", "",
     "A key belongs to one region: name it, as in us-east-1/alias/NAME; `argosy key ls` lists yours."},
    {"AccessDeniedException", "key/", "The key's owner opens it: `argosy key grant KEY ACCOUNT`."},
    {"DisabledException", "", "Its owner switches it on again: `aws kms enable-key`."},
    {"AlreadyExistsException", "alias/", "`argosy key ls` shows which key has that alias."},
    {"InvalidParameter", "AWS Managed",
     "Copy it under a key of your own and share the copy: `argosy copy --encrypt --kms-key REGION=KEY`."},
    {"ResourceLimitExceeded", "", "A limit of the account is reached: run the command again later."},
    {"RequestLimitExceeded", "", "The service asks for fewer requests: run the command again later."},
}};

}  // namespace

Failure::Failure(Error error) : Error(std::move(error)) {
  if (code.empty()) {
    exit = fault == Fault::unavailable ? Exit::temporary : Exit::failed;
  } else {
    exit = exit_of(code);
  }
}

bool Failure::retryable() const {
  return (exit == Exit::temporary || exit == Exit::timed_out) && !is_quota(code);
}

bool is_denied(Failure const& failure) { return std::ranges::find(kDenials, failure.code) != kDenials.end(); }

std::string explain(Failure const& failure) {
  std::string text = failure.code.empty() ? failure.message : failure.code + ": " + failure.message;
  if (!failure.request_id.empty()) text += " (request id " + failure.request_id + ")";
  for (auto const& advice : kAdvice)
    if (advice.code == failure.code && failure.message.contains(advice.part_of_message))
      return text + "\n  " + std::string(advice.text);
  return text;
}

}  // namespace argosy::cli
