// catalogue/filters.h - EC2's filters as data: the names of each kind of resource, and what of a row r they
// compare.
#pragma once
#include <string_view>

namespace argosy::catalogue {

/// A filter's name, the text that is compared, and what surrounds the comparison ("{}"). What a resource does
/// not have is NULL, which equals nothing and is like nothing. A + keeps SQLite from going through all that
/// an owner has when what is asked for is found by its id.
struct FilterColumn {
  std::string_view name;
  std::string_view text;
  std::string_view around = "{}";
};

inline constexpr std::string_view kInMapping =
    "EXISTS(SELECT 1 FROM image_mappings m WHERE m.image = r.id AND {})";
/// Of those that have a volume: not an instance store's.
inline constexpr std::string_view kInVolumeMapping =
    "EXISTS(SELECT 1 FROM image_mappings m WHERE m.image = r.id AND m.virtual_name IS NULL AND {})";
inline constexpr std::string_view kInOwnTags =
    "EXISTS(SELECT 1 FROM tags t WHERE t.account = ?1 AND t.resource = r.id AND {})";

/// Source of the names: ec2-semantics B2. What Argosy's images never have is NULL.
inline constexpr FilterColumn kImageFilters[] = {
    {"architecture", "r.architecture"},
    {"block-device-mapping.delete-on-termination",
     "CASE m.delete_on_termination WHEN 1 THEN 'true' ELSE 'false' END", kInVolumeMapping},
    {"block-device-mapping.device-name", "m.device_name", kInMapping},
    {"block-device-mapping.snapshot-id", "NULLIF(m.snapshot, '')", kInVolumeMapping},
    {"block-device-mapping.volume-size", "CAST(m.volume_size_gib AS TEXT)", kInVolumeMapping},
    {"block-device-mapping.volume-type", "NULLIF(m.volume_type, '')", kInVolumeMapping},
    {"block-device-mapping.encrypted", "CASE m.encrypted WHEN 1 THEN 'true' ELSE 'false' END",
     kInVolumeMapping},
    {"creation-date", "r.created"},
    {"description", "NULLIF(r.description, '')"},
    {"ena-support", "CASE r.ena_support WHEN 1 THEN 'true' ELSE 'false' END"},
    {"free-tier-eligible", "'false'"},
    {"hypervisor", "'xen'"},
    {"image-allowed", "'true'"},
    {"image-id", "r.id"},
    {"image-type", "'machine'"},
    {"is-public",
     "CASE WHEN EXISTS(SELECT 1 FROM permissions p WHERE p.resource = r.id AND p.kind = 'group') THEN 'true' "
     "ELSE 'false' END"},
    {"kernel-id", "r.kernel_id"},
    {"manifest-location", "r.owner || '/' || r.name"},
    {"name", "r.name"},
    {"owner-alias", "NULL"},
    {"owner-id", "+r.owner"},
    {"platform", "CASE r.platform WHEN 'Windows' THEN 'windows' END"},
    {"product-code", "NULL"},
    {"product-code.type", "NULL"},
    {"ramdisk-id", "r.ramdisk_id"},
    {"root-device-name", "r.root_device_name"},
    {"root-device-type", "'ebs'"},
    {"source-image-id", "r.source_image_id"},
    {"source-image-region", "r.source_image_region"},
    {"source-instance-id", "r.source_instance_id"},
    {"state", "r.state"},
    {"state-reason-code", "NULLIF(r.state_reason_code, '')"},
    {"state-reason-message", "NULLIF(r.state_reason, '')"},
    {"sriov-net-support", "r.sriov_net_support"},
    {"tag-key", "t.key", kInOwnTags},
    {"virtualization-type", "r.virtualization_type"},
};

/// Source of the names: ec2-semantics B13.
inline constexpr FilterColumn kSnapshotFilters[] = {
    {"description", "r.description"},
    {"encrypted", "CASE r.encrypted WHEN 1 THEN 'true' ELSE 'false' END"},
    {"owner-alias", "NULL"},
    {"owner-id", "+r.owner"},
    {"progress", "CAST(r.progress_percent AS TEXT) || '%'"},
    {"snapshot-id", "r.id"},
    {"start-time", "r.created"},
    {"status", "r.state"},
    {"storage-tier", "'standard'"},
    {"transfer-type",
     "CASE WHEN r.copy_source_region = '' THEN NULL WHEN r.completion_duration_minutes IS NULL "
     "THEN 'standard' ELSE 'time-based' END"},
    {"tag-key", "t.key", kInOwnTags},
    {"volume-id", "r.volume_id"},
    {"volume-size", "CAST(r.volume_size_gib AS TEXT)"},
};

inline constexpr std::string_view kInVolumes =
    "EXISTS(SELECT 1 FROM volumes v WHERE v.instance = r.id AND v.instance <> '' AND {})";
/// What an instance has until it is terminated.
inline constexpr std::string_view kAlive = "(r.state <> 'terminated' AND {})";
inline constexpr std::string_view kAttached = "(r.instance <> '' AND {})";

/// Where an account's instances and volumes are: parameters of their statements behind the account.
inline constexpr std::string_view kZone = "?2";
inline constexpr std::string_view kVpc = "?3";
inline constexpr std::string_view kSubnet = "?4";
inline constexpr std::string_view kGroup = "?5";
inline constexpr std::string_view kGroupName = "?6";
inline constexpr std::string_view kPrivateDnsName = "'ip-' || replace(r.address, '.', '-') || ?7";

inline constexpr std::string_view kStateCode =
    "CASE r.state WHEN 'pending' THEN '0' WHEN 'running' THEN '16' WHEN 'shutting-down' THEN '32' "
    "WHEN 'terminated' THEN '48' WHEN 'stopping' THEN '64' ELSE '80' END";

/// Source of the names: API_DescribeInstances. What Argosy's instances never have is NULL.
inline constexpr FilterColumn kInstanceFilters[] = {
    {"affinity", "NULL"},
    {"architecture", "r.architecture"},
    {"availability-zone", kZone},
    {"block-device-mapping.attach-time", "v.attached", kInVolumes},
    {"block-device-mapping.delete-on-termination",
     "CASE v.delete_on_termination WHEN 1 THEN 'true' ELSE 'false' END", kInVolumes},
    {"block-device-mapping.device-name", "v.device_name", kInVolumes},
    {"block-device-mapping.status", "CASE v.state WHEN 'creating' THEN 'attaching' ELSE 'attached' END",
     kInVolumes},
    {"block-device-mapping.volume-id", "v.id", kInVolumes},
    {"boot-mode", "(SELECT i.boot_mode FROM images i WHERE i.id = r.image)"},
    {"client-token", "NULLIF(r.client_token, '')"},
    {"current-instance-boot-mode", "r.boot_mode"},
    {"dns-name", "NULL"},
    {"ebs-optimized", "'false'"},
    {"ena-support", "CASE r.ena_support WHEN 1 THEN 'true' ELSE 'false' END"},
    {"host-id", "NULL"},
    {"hypervisor", "'xen'"},
    {"iam-instance-profile.arn", "NULL"},
    {"iam-instance-profile.id", "NULL"},
    {"iam-instance-profile.name", "NULL"},
    {"image-id", "r.image"},
    {"instance-id", "r.id"},
    {"instance-lifecycle", "NULL"},
    {"instance-state-code", kStateCode},
    {"instance-state-name", "r.state"},
    {"instance-type", "r.type"},
    {"instance.group-id", kGroup, kAlive},
    {"instance.group-name", kGroupName, kAlive},
    {"ip-address", "r.address", kAlive},
    {"ipv6-address", "NULL"},
    {"kernel-id", "NULL"},
    {"key-name", "NULLIF(r.key_name, '')"},
    {"launch-index", "CAST(r.launch_index AS TEXT)"},
    {"launch-time", "r.launched"},
    {"metadata-options.http-endpoint", "CASE r.metadata_enabled WHEN 1 THEN 'enabled' ELSE 'disabled' END"},
    {"metadata-options.http-put-response-hop-limit", "CAST(r.metadata_hop_limit AS TEXT)"},
    {"metadata-options.http-tokens",
     "CASE r.metadata_tokens_required WHEN 1 THEN 'required' ELSE 'optional' END"},
    {"metadata-options.instance-metadata-tags",
     "CASE r.metadata_tags WHEN 1 THEN 'enabled' ELSE 'disabled' END"},
    {"monitoring-state", "'disabled'"},
    {"network-interface.addresses.private-ip-address", "r.address", kAlive},
    {"network-interface.availability-zone", kZone, kAlive},
    {"network-interface.group-id", kGroup, kAlive},
    {"network-interface.group-name", kGroupName, kAlive},
    {"network-interface.private-dns-name", kPrivateDnsName, kAlive},
    {"network-interface.subnet-id", kSubnet, kAlive},
    {"network-interface.vpc-id", kVpc, kAlive},
    {"outpost-arn", "NULL"},
    {"owner-id", "+r.account"},
    {"placement-group-name", "NULL"},
    {"placement-partition-number", "NULL"},
    {"platform", "CASE r.platform WHEN 'Windows' THEN 'windows' END"},
    {"platform-details", "CASE r.platform WHEN 'Windows' THEN 'Windows' ELSE 'Linux/UNIX' END"},
    {"private-dns-name", kPrivateDnsName, kAlive},
    {"private-ip-address", "r.address", kAlive},
    {"product-code", "NULL"},
    {"product-code.type", "NULL"},
    {"ramdisk-id", "NULL"},
    {"reason", "NULLIF(r.transition_reason, '')"},
    {"requester-id", "NULL"},
    {"reservation-id", "r.reservation"},
    {"root-device-name", "r.root_device_name"},
    {"root-device-type", "'ebs'"},
    {"source-dest-check", "'true'"},
    {"spot-instance-request-id", "NULL"},
    {"state-reason-code", "NULLIF(r.state_reason_code, '')"},
    {"state-reason-message", "NULLIF(r.state_reason, '')"},
    {"subnet-id", kSubnet, kAlive},
    {"tag-key", "t.key", kInOwnTags},
    {"tenancy", "'default'"},
    {"usage-operation", "CASE r.platform WHEN 'Windows' THEN 'RunInstances:0002' ELSE 'RunInstances' END"},
    {"virtualization-type", "r.virtualization_type"},
    {"vpc-id", kVpc, kAlive},
};

/// What DescribeInstanceStatus tells of both statuses.
inline constexpr std::string_view kReachability = "CASE r.state WHEN 'running' THEN 'passed' END";
inline constexpr std::string_view kStatus = "CASE r.state WHEN 'running' THEN 'ok' ELSE 'not-applicable' END";

/// Source of the names: API_DescribeInstanceStatus. There are no scheduled events.
inline constexpr FilterColumn kInstanceStatusFilters[] = {
    {"availability-zone", kZone},          {"event.code", "NULL"},
    {"event.description", "NULL"},         {"event.instance-event-id", "NULL"},
    {"event.not-after", "NULL"},           {"event.not-before", "NULL"},
    {"event.not-before-deadline", "NULL"}, {"instance-state-code", kStateCode},
    {"instance-state-name", "r.state"},    {"instance-status.reachability", kReachability},
    {"instance-status.status", kStatus},   {"system-status.reachability", kReachability},
    {"system-status.status", kStatus},
};

/// Source of the names: API_DescribeVolumes.
inline constexpr FilterColumn kVolumeFilters[] = {
    {"attachment.attach-time", "r.attached", kAttached},
    {"attachment.delete-on-termination", "CASE r.delete_on_termination WHEN 1 THEN 'true' ELSE 'false' END",
     kAttached},
    {"attachment.device", "r.device_name", kAttached},
    {"attachment.instance-id", "r.instance", kAttached},
    {"attachment.status", "CASE r.state WHEN 'creating' THEN 'attaching' ELSE 'attached' END", kAttached},
    {"availability-zone", kZone},
    {"create-time", "r.created"},
    {"encrypted", "CASE r.encrypted WHEN 1 THEN 'true' ELSE 'false' END"},
    {"fast-restored", "'false'"},
    {"multi-attach-enabled", "'false'"},
    {"size", "CAST(r.size_gib AS TEXT)"},
    {"snapshot-id", "r.base_snapshot"},
    {"status", "r.state"},
    {"tag-key", "t.key", kInOwnTags},
    {"volume-id", "r.id"},
    {"volume-type", "r.type"},
};

/// Source of the names: ec2-semantics B15.
inline constexpr FilterColumn kTagFilters[] = {
    {"key", "t.key"},
    {"resource-id", "t.resource"},
    {"resource-type",
     "CASE WHEN t.resource LIKE 'ami-%' THEN 'image' WHEN t.resource LIKE 'snap-%' THEN 'snapshot' "
     "WHEN t.resource LIKE 'i-%' THEN 'instance' WHEN t.resource LIKE 'vol-%' THEN 'volume' "
     "WHEN t.resource LIKE 'key-%' THEN 'key-pair' END"},
    {"value", "t.value"},
};

}  // namespace argosy::catalogue
