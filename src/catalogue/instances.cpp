// catalogue/instances.cpp - see instances.h.
#include "catalogue/instances.h"

#include "catalogue/tags.h"
#include "instances/errors.h"
#include "sql/read_rows.h"

namespace argosy::catalogue {
namespace {

using instances::Instance;

Result<Instance> to_instance(sql::Rows& row) {
  Instance out;
  out.id = row.text(0);
  out.account = row.text(1);
  out.reservation_id = row.text(2);
  out.image_id = row.text(3);
  out.instance_type = row.text(4);
  out.state = instances::instance_state_of(row.text(5));
  out.state_reason_code = row.text(6);
  out.state_reason = row.text(7);
  out.transition_reason = row.text(8);
  out.created = TRY(parse_iso8601(row.text(9)));
  out.launched = TRY(parse_iso8601(row.text(10)));
  out.changed = from_milliseconds(row.integer(11));
  out.launch_index = row.integer(12);
  out.key_name = row.text(13);
  out.user_data = to_bytes(row.blob(14));
  out.client_token = row.text(15);
  out.metadata.enabled = row.integer(16) != 0;
  out.metadata.tokens_required = row.integer(17) != 0;
  out.metadata.hop_limit = row.integer(18);
  out.metadata.tags = row.integer(19) != 0;
  out.termination_protected = row.integer(20) != 0;
  out.stop_protected = row.integer(21) != 0;
  out.terminates_on_shutdown = row.integer(22) != 0;
  out.reboot_wanted = row.integer(23) != 0;
  out.architecture = row.text(24);
  out.virtualization_type = row.text(25);
  out.root_device_name = row.text(26);
  out.boot_mode = row.text(27);
  if (!row.is_null(28)) out.ena_support = row.integer(28) != 0;
  out.platform = row.optional_text(29);
  out.mac_address = row.text(30);
  out.address = row.text(31);
  out.stop_at_once = row.integer(32) != 0;
  out.public_key = row.text(33);
  return out;
}

}  // namespace

Result<std::optional<Instance>> find_instance(Transaction& tx, std::string_view id) {
  auto rows = TRY(tx.query(
      "SELECT id, account, reservation, image, type, state, state_reason_code, state_reason, "
      "transition_reason, created, launched, changed_ms, launch_index, key_name, user_data, client_token, "
      "metadata_enabled, metadata_tokens_required, metadata_hop_limit, metadata_tags, termination_protected, "
      "stop_protected, terminates_on_shutdown, reboot_wanted, architecture, virtualization_type, "
      "root_device_name, boot_mode, ena_support, platform, mac_address, address, stop_at_once, public_key "
      "FROM instances "
      "WHERE id = ?1",
      {id}));
  bool const found = TRY(rows->next());
  if (!found) return std::nullopt;
  return TRY(to_instance(*rows));
}

Result<Instance> find_owned_instance(Transaction& tx, std::string_view account, std::string const& id) {
  TRY(instances::check_instance_id(id));
  auto found = TRY(find_instance(tx, id));
  if (!found || found->account != account) return instances::instance_not_found({id});
  return *std::move(found);
}

Result<void> insert_instance(Transaction& tx, Instance const& i, instances::Capacity const& size) {
  auto const created = to_iso8601(i.created);
  auto const launched = to_iso8601(i.launched);
  sql::Value ena = nullptr;
  if (i.ena_support) ena = std::int64_t{*i.ena_support};
  TRY(tx.execute(
      "INSERT INTO instances(id, account, reservation, image, type, vcpus, memory_mib, state, "
      "state_reason_code, state_reason, transition_reason, created, launched, changed_ms, launch_index, "
      "key_name, user_data, client_token, metadata_enabled, metadata_tokens_required, metadata_hop_limit, "
      "metadata_tags, termination_protected, stop_protected, terminates_on_shutdown, reboot_wanted, "
      "architecture, virtualization_type, root_device_name, boot_mode, ena_support, platform, mac_address, "
      "address, stop_at_once, public_key) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, "
      "?14, ?15, ?16, "
      "?17, ?18, ?19, "
      "?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36)",
      {std::string_view(i.id),
       std::string_view(i.account),
       std::string_view(i.reservation_id),
       std::string_view(i.image_id),
       std::string_view(i.instance_type),
       size.vcpus,
       size.memory_mib,
       instances::to_text(i.state),
       std::string_view(i.state_reason_code),
       std::string_view(i.state_reason),
       std::string_view(i.transition_reason),
       std::string_view(created),
       std::string_view(launched),
       to_milliseconds(i.changed),
       i.launch_index,
       std::string_view(i.key_name),
       ByteView(i.user_data),
       std::string_view(i.client_token),
       std::int64_t{i.metadata.enabled},
       std::int64_t{i.metadata.tokens_required},
       i.metadata.hop_limit,
       std::int64_t{i.metadata.tags},
       std::int64_t{i.termination_protected},
       std::int64_t{i.stop_protected},
       std::int64_t{i.terminates_on_shutdown},
       std::int64_t{i.reboot_wanted},
       std::string_view(i.architecture),
       std::string_view(i.virtualization_type),
       std::string_view(i.root_device_name),
       std::string_view(i.boot_mode),
       ena,
       sql::optional_value(i.platform),
       std::string_view(i.mac_address),
       std::string_view(i.address),
       std::int64_t{i.stop_at_once},
       std::string_view(i.public_key)}));
  return {};
}

Result<void> save_instance(Transaction& tx, Instance const& i) {
  auto const launched = to_iso8601(i.launched);
  TRY(tx.execute(
      "UPDATE instances SET state = ?2, state_reason_code = ?3, state_reason = ?4, transition_reason = ?5, "
      "launched = ?6, changed_ms = ?7, user_data = ?8, metadata_enabled = ?9, metadata_tokens_required = "
      "?10, "
      "metadata_hop_limit = ?11, metadata_tags = ?12, termination_protected = ?13, stop_protected = ?14, "
      "terminates_on_shutdown = ?15, reboot_wanted = ?16, stop_at_once = ?17 WHERE id = ?1",
      {std::string_view(i.id), instances::to_text(i.state), std::string_view(i.state_reason_code),
       std::string_view(i.state_reason), std::string_view(i.transition_reason), std::string_view(launched),
       to_milliseconds(i.changed), ByteView(i.user_data), std::int64_t{i.metadata.enabled},
       std::int64_t{i.metadata.tokens_required}, i.metadata.hop_limit, std::int64_t{i.metadata.tags},
       std::int64_t{i.termination_protected}, std::int64_t{i.stop_protected},
       std::int64_t{i.terminates_on_shutdown}, std::int64_t{i.reboot_wanted}, std::int64_t{i.stop_at_once}}));
  return {};
}

Result<std::vector<Instance>> list_reservation(Transaction& tx, std::string_view account,
                                               std::string_view reservation) {
  auto const ids = TRY(sql::read_rows(
      tx.query("SELECT id FROM instances WHERE account = ?1 AND reservation = ?2 ORDER BY launch_index",
               {account, reservation}),
      [](sql::Rows& row) { return std::string(row.text(0)); }));
  std::vector<Instance> out;
  for (auto const& id : ids) {
    auto found = TRY(find_instance(tx, id));
    if (found) out.push_back(*std::move(found));
  }
  return out;
}

Result<std::vector<std::string>> list_busy_instances(Transaction& tx) {
  // By this index: in the order of ids SQLite would look at every instance that there is.
  return sql::read_rows(tx.query("SELECT id FROM instances INDEXED BY instances_busy "
                                 "WHERE state <> 'terminated' AND state <> 'stopped' ORDER BY id"),
                        [](sql::Rows& row) { return std::string(row.text(0)); });
}

Result<std::vector<std::string>> list_terminated_instances(Transaction& tx, Time before, std::size_t limit) {
  return sql::read_rows(
      tx.query("SELECT id FROM instances WHERE state = 'terminated' AND changed_ms < ?1 LIMIT ?2",
               {to_milliseconds(before), static_cast<std::int64_t>(limit)}),
      [](sql::Rows& row) { return std::string(row.text(0)); });
}

Result<void> remove_instance(Transaction& tx, std::string_view id) {
  TRY(remove_resource_tags(tx, id));
  TRY(tx.execute("DELETE FROM instances WHERE id = ?1", {id}));
  return {};
}

Result<instances::Capacity> count_machines(Transaction& tx, std::string_view account) {
  instances::Capacity totals;
  TRY(sql::visit_rows(
      tx.query("SELECT count(*), coalesce(sum(CASE state WHEN 'stopped' THEN 0 ELSE vcpus END), 0), "
               "coalesce(sum(CASE state WHEN 'stopped' THEN 0 ELSE memory_mib END), 0) FROM instances "
               "WHERE state <> 'terminated' AND account = ?1",
               {account}),
      [&](sql::Rows& row) -> Result<void> {
        totals = {row.integer(0), row.integer(1), row.integer(2)};
        return {};
      }));
  return totals;
}

Result<instances::Capacity> count_load(Transaction& tx) {
  instances::Capacity totals;
  TRY(sql::visit_rows(
      tx.query("SELECT count(*), coalesce(sum(vcpus), 0), coalesce(sum(memory_mib), 0), coalesce(sum((SELECT "
               "count(*) FROM volumes INDEXED BY volumes_instance WHERE instance <> '' AND instance = "
               "instances.id)), 0) FROM instances WHERE state <> 'terminated' AND state <> 'stopped'"),
      [&](sql::Rows& row) -> Result<void> {
        totals = instances::with_overhead({row.integer(0), row.integer(1), row.integer(2)}, row.integer(3));
        return {};
      }));
  return totals;
}

}  // namespace argosy::catalogue
