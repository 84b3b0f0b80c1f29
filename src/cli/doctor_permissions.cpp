// cli/doctor_permissions.cpp - see doctor.h: which operations are allowed.
#include <algorithm>
#include <array>

#include "cli/doctor.h"
#include "cli/ebs.h"
#include "cli/key_access.h"

namespace argosy::cli {
namespace {

/// Of the right form, and nobody's.
constexpr char const* kNoKey = "00000000-0000-0000-0000-000000000000";
constexpr char const* kNoImage = "ami-00000000000000000";
constexpr char const* kNoSnapshot = "snap-00000000000000000";

struct Probe {
  std::string action;
  wire::Pairs parameters;
};

std::vector<Probe> ec2_probes(std::string const& region, std::string const& account) {
  return {
      {"DescribeImages", {}},
      {"DescribeSnapshots", {}},
      {"RegisterImage",
       {{"Name", "argosy-doctor"},
        {"Architecture", "x86_64"},
        {"VirtualizationType", "hvm"},
        {"RootDeviceName", "/dev/sda1"},
        {"BlockDeviceMapping.1.DeviceName", "/dev/sda1"},
        {"BlockDeviceMapping.1.Ebs.SnapshotId", kNoSnapshot}}},
      {"CopyImage", {{"Name", "argosy-doctor"}, {"SourceImageId", kNoImage}, {"SourceRegion", region}}},
      {"ModifyImageAttribute", {{"ImageId", kNoImage}, {"LaunchPermission.Add.1.UserId", account}}},
      {"ModifySnapshotAttribute",
       {{"SnapshotId", kNoSnapshot}, {"CreateVolumePermission.Add.1.UserId", account}}},
      {"CreateTags", {{"ResourceId.1", kNoImage}, {"Tag.1.Key", "argosy-doctor"}, {"Tag.1.Value", ""}}},
      {"DeregisterImage", {{"ImageId", kNoImage}}},
      {"DeleteSnapshot", {{"SnapshotId", kNoSnapshot}}},
  };
}

/// `expected`: the code that means that the call would have been allowed. AWS may look at the resource first;
/// then it was allowed that far.
void judge(Examination& examination, std::string const& permission, Outcome<void> const& outcome,
           std::string_view expected) {
  auto name = "may " + permission;
  constexpr std::array<std::string_view, 3> kRefusals{"UnauthorizedOperation", "AccessDenied",
                                                      "AccessDeniedException"};
  if (outcome || outcome.error().code == expected) return examination.ok(name, "allowed");
  auto const& code = outcome.error().code;
  if (std::ranges::find(kRefusals, code) != kRefusals.end())
    return examination.wrong(name, "not allowed: " + outcome.error().message,
                             "Let the policy of these credentials allow " + permission + ".");
  if (code.starts_with("Invalid") || code == "ValidationException")
    return examination.ok(name, "allowed, as far as can be told (" + code + ")");
  examination.wrong(name, outcome.error());
}

/// Gives nothing: the key is nobody's, and it is a dry run.
Outcome<void> try_grant(Session& session, std::string const& key, std::string const& account) {
  kms::CreateGrantRequest request;
  request.key_id = key;
  request.grantee_principal = root_arn(account, key);
  request.operations = {"Decrypt"};
  request.dry_run = true;
  auto granted = create_grant(session, request);
  return granted ? Outcome<void>() : std::unexpected(granted.error());
}

}  // namespace

void check_permissions(Examination& examination, Session& session, std::string const& account) {
  for (auto& [action, parameters] : ec2_probes(session.region(), account)) {
    parameters.emplace_back("DryRun", "true");
    auto answer = session.ec2(action, std::move(parameters));
    judge(examination, "ec2:" + action, answer ? Outcome<void>() : std::unexpected(answer.error()),
          "DryRunOperation");
  }
  auto listed = list_blocks(session, kNoSnapshot, {});
  judge(examination, "ebs:ListSnapshotBlocks", listed ? Outcome<void>() : std::unexpected(listed.error()),
        "ResourceNotFoundException");
  judge(examination, "ebs:CompleteSnapshot", complete_snapshot(session, kNoSnapshot, 0, {}),
        "ResourceNotFoundException");
  auto keys = list_aliases(session);
  judge(examination, "kms:ListAliases", keys ? Outcome<void>() : std::unexpected(keys.error()), "");
  auto described = describe_key(session, kNoKey);
  judge(examination, "kms:DescribeKey", described ? Outcome<void>() : std::unexpected(described.error()),
        "NotFoundException");
  judge(examination, "kms:CreateGrant", try_grant(session, kNoKey, account), "NotFoundException");
}

}  // namespace argosy::cli
