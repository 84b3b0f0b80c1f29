// catalogue/listing.cpp - see listing.h. Statements are composed of fixed text and numbered parameters only.
#include "catalogue/listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <list>

#include "images/rules.h"

#include "sql/read_rows.h"

namespace argosy::catalogue {
namespace {

/// A filter's name, the text that is compared, and what surrounds the comparison ("{}").
struct FilterColumn {
  std::string_view name;
  std::string_view text;
  std::string_view around = "{}";
};

constexpr std::string_view kInMapping = "EXISTS(SELECT 1 FROM image_mappings m WHERE m.image = r.id AND {})";
constexpr std::string_view kInOwnTags =
    "EXISTS(SELECT 1 FROM tags t WHERE t.account = ?1 AND t.resource = r.id AND {})";

/// Source of the names: ec2-semantics B2. What Argosy's images never have compares with the empty text.
constexpr FilterColumn kImageFilters[] = {
    {"architecture", "r.architecture"},
    {"block-device-mapping.delete-on-termination",
     "CASE m.delete_on_termination WHEN 1 THEN 'true' ELSE 'false' END", kInMapping},
    {"block-device-mapping.device-name", "m.device_name", kInMapping},
    {"block-device-mapping.snapshot-id", "m.snapshot", kInMapping},
    {"block-device-mapping.volume-size", "CAST(m.volume_size_gib AS TEXT)", kInMapping},
    {"block-device-mapping.volume-type", "m.volume_type", kInMapping},
    {"block-device-mapping.encrypted", "CASE m.encrypted WHEN 1 THEN 'true' ELSE 'false' END", kInMapping},
    {"creation-date", "r.created"},
    {"description", "r.description"},
    {"ena-support", "CASE r.ena_support WHEN 1 THEN 'true' ELSE 'false' END"},
    {"free-tier-eligible", "'false'"},
    {"hypervisor", "'xen'"},
    {"image-allowed", "'true'"},
    {"image-id", "r.id"},
    {"image-type", "'machine'"},
    {"is-public",
     "CASE WHEN EXISTS(SELECT 1 FROM permissions p WHERE p.resource = r.id AND p.kind = 'group') THEN 'true' "
     "ELSE 'false' END"},
    {"kernel-id", "coalesce(r.kernel_id, '')"},
    {"manifest-location", "r.owner || '/' || r.name"},
    {"name", "r.name"},
    {"owner-alias", "''"},
    {"owner-id", "r.owner"},
    {"platform", "CASE r.platform WHEN 'Windows' THEN 'windows' ELSE '' END"},
    {"product-code", "''"},
    {"product-code.type", "''"},
    {"ramdisk-id", "coalesce(r.ramdisk_id, '')"},
    {"root-device-name", "r.root_device_name"},
    {"root-device-type", "'ebs'"},
    {"source-image-id", "coalesce(r.source_image_id, '')"},
    {"source-image-region", "coalesce(r.source_image_region, '')"},
    {"source-instance-id", "coalesce(r.source_instance_id, '')"},
    {"state", "r.state"},
    {"state-reason-code", "r.state_reason_code"},
    {"state-reason-message", "r.state_reason"},
    {"sriov-net-support", "coalesce(r.sriov_net_support, '')"},
    {"tag-key", "t.key", kInOwnTags},
    {"virtualization-type", "r.virtualization_type"},
};

/// Source of the names: ec2-semantics B13.
constexpr FilterColumn kSnapshotFilters[] = {
    {"description", "r.description"},
    {"encrypted", "CASE r.encrypted WHEN 1 THEN 'true' ELSE 'false' END"},
    {"owner-alias", "''"},
    {"owner-id", "r.owner"},
    {"progress", "CAST(r.progress_percent AS TEXT) || '%'"},
    {"snapshot-id", "r.id"},
    {"start-time", "r.created"},
    {"status", "r.state"},
    {"storage-tier", "'standard'"},
    {"transfer-type",
     "CASE WHEN r.copy_source_region = '' THEN '' WHEN r.completion_duration_minutes IS NULL THEN 'standard' "
     "ELSE 'time-based' END"},
    {"tag-key", "t.key", kInOwnTags},
    {"volume-id", "r.volume_id"},
    {"volume-size", "CAST(r.volume_size_gib AS TEXT)"},
};

constexpr std::string_view kInVolumes = "EXISTS(SELECT 1 FROM volumes v WHERE v.instance = r.id AND {})";

/// Source of the names: API_DescribeInstances; those that Argosy's instances can differ in.
constexpr FilterColumn kInstanceFilters[] = {
    {"architecture", "r.architecture"},
    {"block-device-mapping.delete-on-termination",
     "CASE v.delete_on_termination WHEN 1 THEN 'true' ELSE 'false' END", kInVolumes},
    {"block-device-mapping.device-name", "v.device_name", kInVolumes},
    {"block-device-mapping.status", "'attached'", kInVolumes},
    {"block-device-mapping.volume-id", "v.id", kInVolumes},
    {"boot-mode", "(SELECT i.boot_mode FROM images i WHERE i.id = r.image)"},
    {"client-token", "r.client_token"},
    {"current-instance-boot-mode", "r.boot_mode"},
    {"hypervisor", "'xen'"},
    {"image-id", "r.image"},
    {"instance-id", "r.id"},
    {"instance-state-code",
     "CASE r.state WHEN 'pending' THEN '0' WHEN 'running' THEN '16' WHEN 'shutting-down' THEN '32' "
     "WHEN 'terminated' THEN '48' WHEN 'stopping' THEN '64' ELSE '80' END"},
    {"instance-state-name", "r.state"},
    {"instance-type", "r.type"},
    {"ip-address", "r.address"},
    {"key-name", "r.key_name"},
    {"launch-index", "CAST(r.launch_index AS TEXT)"},
    {"launch-time", "r.launched"},
    {"metadata-options.http-tokens",
     "CASE r.metadata_tokens_required WHEN 1 THEN 'required' ELSE 'optional' END"},
    {"metadata-options.http-endpoint", "CASE r.metadata_enabled WHEN 1 THEN 'enabled' ELSE 'disabled' END"},
    {"owner-id", "r.account"},
    {"private-ip-address", "r.address"},
    {"reservation-id", "r.reservation"},
    {"root-device-name", "r.root_device_name"},
    {"root-device-type", "'ebs'"},
    {"state-reason-code", "r.state_reason_code"},
    {"tag-key", "t.key", kInOwnTags},
    {"tenancy", "'default'"},
    {"virtualization-type", "r.virtualization_type"},
};

/// Source of the names: API_DescribeVolumes.
constexpr FilterColumn kVolumeFilters[] = {
    {"attachment.attach-time", "coalesce(r.attached, '')"},
    {"attachment.delete-on-termination", "CASE r.delete_on_termination WHEN 1 THEN 'true' ELSE 'false' END"},
    {"attachment.device", "r.device_name"},
    {"attachment.instance-id", "r.instance"},
    {"attachment.status", "CASE r.instance WHEN '' THEN '' ELSE 'attached' END"},
    {"create-time", "r.created"},
    {"encrypted", "CASE r.encrypted WHEN 1 THEN 'true' ELSE 'false' END"},
    {"size", "CAST(r.size_gib AS TEXT)"},
    {"snapshot-id", "r.base_snapshot"},
    {"status", "r.state"},
    {"tag-key", "t.key", kInOwnTags},
    {"volume-id", "r.id"},
    {"volume-type", "r.type"},
};

/// Source of the names: ec2-semantics B15.
constexpr FilterColumn kTagFilters[] = {
    {"key", "t.key"},
    {"resource-id", "t.resource"},
    {"resource-type",
     "CASE WHEN t.resource LIKE 'ami-%' THEN 'image' WHEN t.resource LIKE 'snap-%' THEN 'snapshot' "
     "WHEN t.resource LIKE 'i-%' THEN 'instance' WHEN t.resource LIKE 'vol-%' THEN 'volume' "
     "WHEN t.resource LIKE 'key-%' THEN 'key-pair' ELSE '' END"},
    {"value", "t.value"},
};

/// A statement and its parameters, which it owns.
class Statement {
 public:
  std::string add(std::string_view text) {
    texts_.emplace_back(text);
    values_.emplace_back(std::string_view(texts_.back()));
    return "?" + std::to_string(values_.size());
  }
  std::string add(std::int64_t number) {
    values_.emplace_back(number);
    return "?" + std::to_string(values_.size());
  }
  std::string in(std::string_view column, std::vector<std::string> const& values) {
    std::string list;
    for (auto const& value : values) (list += list.empty() ? "" : ", ") += add(value);
    return fmt::format("{} IN ({})", column, list);
  }
  std::span<sql::Value const> values() const { return values_; }

 private:
  std::list<std::string> texts_;
  std::vector<sql::Value> values_;
};

/// EC2's wildcards as LIKE's, with '\' as its escape.
std::string like_pattern(std::string_view pattern) {
  std::string out;
  auto literal = [&](char c) {
    if (c == '%' || c == '_' || c == '\\') out.push_back('\\');
    out.push_back(c);
  };
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      literal(pattern[++i]);
    } else if (pattern[i] == '*') {
      out.push_back('%');
    } else if (pattern[i] == '?') {
      out.push_back('_');
    } else {
      literal(pattern[i]);
    }
  }
  return out;
}

std::string matches_any(Statement& statement, std::string_view text, std::vector<std::string> const& values) {
  std::string out;
  for (auto const& value : values) {
    out += out.empty() ? "(" : " OR ";
    if (value.find_first_of("*?\\") == std::string::npos) {
      out += fmt::format("{} = {}", text, statement.add(value));
    } else {
      out += fmt::format("{} LIKE {} ESCAPE '\\'", text, statement.add(like_pattern(value)));
    }
  }
  return out.empty() ? "0 = 1" : out + ")";
}

std::string around(std::string_view frame, std::string const& condition) {
  auto at = frame.find("{}");
  return std::string(frame.substr(0, at)) + condition + std::string(frame.substr(at + 2));
}

/// " AND …" for each filter. `tag_frame` surrounds a condition on a tag t of the resource.
Result<std::string> conditions_of(Statement& statement, std::vector<Filter> const& filters,
                                  std::span<FilterColumn const> columns, std::string_view tag_frame) {
  std::string out;
  std::size_t values = 0;
  for (auto const& filter : filters) {
    values += filter.values.size();
    if (values > kMaxFilterValues)
      return fail(Fault::limit, "FilterLimitExceeded", "A call can have at most 200 filter values");
    if (filter.name.starts_with("tag:")) {
      auto key = fmt::format("t.key = {} AND ", statement.add(std::string_view(filter.name).substr(4)));
      out += " AND " + around(tag_frame, key + matches_any(statement, "t.value", filter.values));
      continue;
    }
    auto column = std::ranges::find(columns, filter.name, &FilterColumn::name);
    if (column == columns.end())
      return images::invalid_parameter_value("The filter '" + filter.name + "' is invalid");
    out += " AND " + around(column->around, matches_any(statement, column->text, filter.values));
  }
  return out;
}

/// What differs between the two kinds of resources.
struct Listed {
  std::string_view table;
  std::span<FilterColumn const> filters;
  bool is_image;
};

/// One branch: its index gives the order, the rest are conditions.
Result<std::vector<Position>> list_branch(Transaction& tx, Listed const& listed, Selection const& selection,
                                          Branch branch, Position const& after, std::size_t limit) {
  Statement statement;
  statement.add(selection.account);  // ?1, as the frames above say
  std::string from = fmt::format("{} r", listed.table);
  std::string order = "r.created, r.id";
  std::string where;
  if (branch == Branch::own) {
    where = "r.owner = ?1";
  } else {
    from = fmt::format("permissions s JOIN {} r ON r.id = s.resource", listed.table);
    order = "s.created, s.resource";
    where = branch == Branch::shared ? "s.kind = 'account' AND s.value = ?1 AND r.owner <> ?1"
                                     : "s.kind = 'group' AND s.value = 'all'";
  }
  if (listed.is_image) where += " AND r.state <> 'deregistered'";
  if (listed.is_image && !selection.with_disabled) where += " AND r.state <> 'disabled'";
  if (listed.is_image && !selection.deprecated_before.empty() && branch != Branch::own)
    where += fmt::format(" AND (r.owner = ?1 OR r.deprecation IS NULL OR r.deprecation > {})",
                         statement.add(selection.deprecated_before));
  where += fmt::format(" AND ({}) > ({}, {})", order, statement.add(after.created), statement.add(after.id));
  if (!selection.owners.empty()) where += " AND " + statement.in("r.owner", selection.owners);
  if (!selection.ids.empty()) where += " AND " + statement.in("r.id", selection.ids);
  if (!selection.shared_with.empty())
    where += " AND EXISTS(SELECT 1 FROM permissions w WHERE w.resource = r.id AND w.kind = 'account' AND " +
             statement.in("w.value", selection.shared_with) + ")";
  where += TRY(conditions_of(statement, selection.filters, listed.filters, kInOwnTags));
  auto text = fmt::format("SELECT r.created, r.id FROM {} WHERE {} ORDER BY {} LIMIT {}", from, where, order,
                          statement.add(static_cast<std::int64_t>(limit)));
  return sql::read_rows(tx.session().query(text, statement.values()), [](sql::Rows& row) {
    return Position{std::string(row.text(0)), std::string(row.text(1))};
  });
}

Result<std::vector<Position>> list_resources(Transaction& tx, Listed const& listed,
                                             Selection const& selection, Position const& after,
                                             std::size_t limit) {
  std::vector<Position> out;
  for (auto branch : selection.branches) {
    auto part = TRY(list_branch(tx, listed, selection, branch, after, limit));
    out.insert(out.end(), part.begin(), part.end());
  }
  std::ranges::sort(out);
  auto repeated = std::ranges::unique(out);
  out.erase(repeated.begin(), repeated.end());
  if (out.size() > limit) out.resize(limit);
  return out;
}

/// Of a table whose rows only their own account sees.
Result<std::vector<Position>> list_own(Transaction& tx, std::string_view table,
                                       std::span<FilterColumn const> filters, Selection const& selection,
                                       Position const& after, std::size_t limit) {
  Statement statement;
  statement.add(selection.account);  // ?1, as the frames above say
  std::string where = fmt::format("r.account = ?1 AND (r.created, r.id) > ({}, {})",
                                  statement.add(after.created), statement.add(after.id));
  if (!selection.ids.empty()) where += " AND " + statement.in("r.id", selection.ids);
  where += TRY(conditions_of(statement, selection.filters, filters, kInOwnTags));
  auto text = fmt::format("SELECT r.created, r.id FROM {} r WHERE {} ORDER BY r.created, r.id LIMIT {}",
                          table, where, statement.add(static_cast<std::int64_t>(limit)));
  return sql::read_rows(tx.session().query(text, statement.values()), [](sql::Rows& row) {
    return Position{std::string(row.text(0)), std::string(row.text(1))};
  });
}

}  // namespace

Result<std::vector<Position>> list_instances(Transaction& tx, Selection const& selection,
                                             Position const& after, std::size_t limit) {
  return list_own(tx, "instances", kInstanceFilters, selection, after, limit);
}

Result<std::vector<Position>> list_volumes(Transaction& tx, Selection const& selection, Position const& after,
                                           std::size_t limit) {
  return list_own(tx, "volumes", kVolumeFilters, selection, after, limit);
}

Result<std::vector<Position>> list_images(Transaction& tx, Selection const& selection, Position const& after,
                                          std::size_t limit) {
  return list_resources(tx, {"images", kImageFilters, true}, selection, after, limit);
}

Result<std::vector<Position>> list_snapshots(Transaction& tx, Selection const& selection,
                                             Position const& after, std::size_t limit) {
  return list_resources(tx, {"snapshots", kSnapshotFilters, false}, selection, after, limit);
}

Result<std::vector<TagRow>> list_tags(Transaction& tx, std::string_view account,
                                      std::vector<Filter> const& filters, std::string_view after_resource,
                                      std::string_view after_key, std::size_t limit) {
  Statement statement;
  statement.add(account);
  std::string where = fmt::format("t.account = ?1 AND (t.resource, t.key) > ({}, {})",
                                  statement.add(after_resource), statement.add(after_key));
  where += TRY(conditions_of(statement, filters, kTagFilters, "({})"));
  auto text = fmt::format(
      "SELECT t.resource, t.key, t.value FROM tags t WHERE {} ORDER BY t.resource, t.key LIMIT {}", where,
      statement.add(static_cast<std::int64_t>(limit)));
  return sql::read_rows(tx.session().query(text, statement.values()), [](sql::Rows& row) {
    return TagRow{std::string(row.text(0)), {std::string(row.text(1)), std::string(row.text(2))}};
  });
}

std::string_view resource_type_of(std::string_view id) {
  if (id.starts_with("ami-")) return "image";
  if (id.starts_with("snap-")) return "snapshot";
  if (id.starts_with("i-")) return "instance";
  if (id.starts_with("vol-")) return "volume";
  if (id.starts_with("key-")) return "key-pair";
  return {};
}

}  // namespace argosy::catalogue
