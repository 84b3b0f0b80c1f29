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
constexpr char const* kNoInstance = "i-00000000000000000";
constexpr std::size_t kGrantIdSize = 64;

struct Probe {
  std::string action;
  wire::Pairs parameters;
};

std::vector<Probe> ec2_probes(std::string const& region, std::string const& account) {
  return {
      {"DescribeImages", {}},
      {"DescribeImageAttribute", {{"ImageId", kNoImage}, {"Attribute", "launchPermission"}}},
      {"DescribeSnapshots", {}},
      {"DescribeSnapshotAttribute", {{"SnapshotId", kNoSnapshot}, {"Attribute", "createVolumePermission"}}},
      {"DescribeInstanceTypes", {}},
      {"GetEbsEncryptionByDefault", {}},
      {"GetEbsDefaultKmsKeyId", {}},
      {"RegisterImage",
       {{"Name", "argosy-doctor"},
        {"Architecture", "x86_64"},
        {"VirtualizationType", "hvm"},
        {"RootDeviceName", "/dev/sda1"},
        {"BlockDeviceMapping.1.DeviceName", "/dev/sda1"},
        {"BlockDeviceMapping.1.Ebs.SnapshotId", kNoSnapshot}}},
      {"CopyImage", {{"Name", "argosy-doctor"}, {"SourceImageId", kNoImage}, {"SourceRegion", region}}},
      {"ModifyImageAttribute", {{"ImageId", kNoImage}, {"LaunchPermission.Add.1.UserId", account}}},
      {"ResetImageAttribute", {{"ImageId", kNoImage}, {"Attribute", "launchPermission"}}},
      {"ModifySnapshotAttribute",
       {{"SnapshotId", kNoSnapshot}, {"CreateVolumePermission.Add.1.UserId", account}}},
      {"ResetSnapshotAttribute", {{"SnapshotId", kNoSnapshot}, {"Attribute", "createVolumePermission"}}},
      {"CreateTags", {{"ResourceId.1", kNoImage}, {"Tag.1.Key", "argosy-doctor"}, {"Tag.1.Value", ""}}},
      {"DeregisterImage", {{"ImageId", kNoImage}}},
      {"DeleteSnapshot", {{"SnapshotId", kNoSnapshot}}},
      {"RunInstances",
       {{"ImageId", kNoImage}, {"InstanceType", "t3.micro"}, {"MinCount", "1"}, {"MaxCount", "1"}}},
      {"DescribeInstances", {}},
      {"GetConsoleOutput", {{"InstanceId", kNoInstance}}},
      {"TerminateInstances", {{"InstanceId.1", kNoInstance}}},
  };
}

/// Of AWS, where it looks at what is named before it says that the call is only tried: it let it in.
bool finds_fault_with_what_is_named(std::string_view code) {
  constexpr std::array<std::string_view, 9> kBeginnings{
      "InvalidAMIID",       "InvalidSnapshot", "InvalidInstance",  "InvalidID",          "InvalidUserID",
      "InvalidBlockDevice", "InvalidRequest",  "InvalidParameter", "ValidationException"};
  return std::ranges::any_of(kBeginnings, [&](auto beginning) { return code.starts_with(beginning); });
}

/// `expected`: the code that means that the call would have been allowed; empty: it must succeed.
template <class T>
void judge(Examination& examination, std::string const& permission, Outcome<T> const& outcome,
           std::string_view expected) {
  auto const name = "may " + permission;
  if (outcome) return examination.ok(name, "allowed");
  auto const& code = outcome.error().code;
  if (!code.empty() && code == expected) return examination.ok(name, "allowed");
  if (is_denied(outcome.error()))
    return examination.wrong(name, "not allowed: " + outcome.error().message,
                             "Let the policy of these credentials allow " + permission + ".");
  if (finds_fault_with_what_is_named(code))
    return examination.ok(name, "allowed, as far as can be told (" + code + ")");
  examination.wrong(name, outcome.error());
}

/// Starts nothing: there is no such parent.
Outcome<std::string> try_start(Session& session) {
  ebs::StartSnapshotRequest request;
  request.volume_size = 1;
  request.parent_snapshot_id = kNoSnapshot;
  return start_snapshot(session, request);
}

/// Gives nothing: the key is nobody's, and it is a dry run.
Outcome<std::string> try_grant(Session& session, std::string const& account) {
  kms::CreateGrantRequest request;
  request.key_id = kNoKey;
  request.grantee_principal = root_arn(account, kNoKey);
  request.operations = {"Decrypt"};
  request.dry_run = true;
  return create_grant(session, request);
}

void check_ec2(Examination& examination, Session& session, std::string const& account) {
  for (auto& [action, parameters] : ec2_probes(session.region(), account)) {
    parameters.emplace_back("DryRun", "true");
    judge(examination, "ec2:" + action, session.ec2(action, std::move(parameters)), "DryRunOperation");
  }
}

void check_ebs(Examination& examination, Session& session) {
  constexpr std::string_view kNone = "ResourceNotFoundException";
  judge(examination, "ebs:StartSnapshot", try_start(session), kNone);
  judge(examination, "ebs:CompleteSnapshot", complete_snapshot(session, kNoSnapshot, 0, {}), kNone);
  judge(examination, "ebs:ListSnapshotBlocks", list_blocks(session, kNoSnapshot, {}), kNone);
  judge(examination, "ebs:ListChangedBlocks", list_changes(session, kNoSnapshot, kNoSnapshot, {}), kNone);
  judge(examination, "ebs:GetSnapshotBlock", get_block(session, kNoSnapshot, {0, "none"}), kNone);
}

void check_kms(Examination& examination, Session& session, std::string const& account) {
  constexpr std::string_view kNone = "NotFoundException";
  std::string const no_grant(kGrantIdSize, '0');
  judge(examination, "kms:ListKeys", list_keys(session), "");
  judge(examination, "kms:ListAliases", list_aliases(session), "");
  judge(examination, "kms:DescribeKey", describe_key(session, kNoKey), kNone);
  judge(examination, "kms:GetKeyPolicy", key_policy(session, kNoKey), kNone);
  judge(examination, "kms:ListGrants", list_grants(session, kNoKey), kNone);
  judge(examination, "kms:CreateGrant", try_grant(session, account), kNone);
  judge(examination, "kms:RevokeGrant", revoke_grant(session, kNoKey, no_grant), kNone);
  judge(examination, "kms:GenerateDataKeyWithoutPlaintext", try_data_key(session, kNoKey), kNone);
}

}  // namespace

void check_permissions(Examination& examination, Session& session, std::string const& account) {
  check_ec2(examination, session, account);
  check_ebs(examination, session);
  check_kms(examination, session, account);
}

}  // namespace argosy::cli
