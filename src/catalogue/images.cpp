// catalogue/images.cpp - see images.h.
#include "catalogue/images.h"

#include "catalogue/permissions.h"

#include "sql/read_rows.h"

namespace argosy::catalogue {
namespace {

using images::Image;
using images::Mapping;

sql::Value optional_flag(std::optional<bool> const& flag) {
  if (!flag) return nullptr;
  return std::int64_t{*flag ? 1 : 0};
}

Mapping mapping_of(sql::Rows& row) {
  Mapping mapping;
  mapping.device_name = row.text(0);
  mapping.virtual_name = row.optional_text(1);
  mapping.snapshot_id = row.text(2);
  mapping.volume_size_gib = row.integer(3);
  mapping.volume_type = row.text(4);
  mapping.iops = row.optional_integer(5);
  mapping.throughput = row.optional_integer(6);
  mapping.delete_on_termination = row.integer(7) != 0;
  mapping.encrypted = row.integer(8) != 0;
  return mapping;
}

Result<std::vector<Mapping>> list_mappings(Transaction& tx, std::string_view image) {
  return sql::read_rows(
      tx.query("SELECT device_name, virtual_name, snapshot, volume_size_gib, volume_type, iops, throughput, "
               "delete_on_termination, encrypted FROM image_mappings WHERE image = ?1 ORDER BY position",
               {image}),
      mapping_of);
}

Result<void> insert_mappings(Transaction& tx, Image const& image) {
  std::int64_t position = 0;
  for (auto const& mapping : image.mappings)
    TRY(tx.execute(
        "INSERT INTO image_mappings(image, position, device_name, virtual_name, snapshot, volume_size_gib, "
        "volume_type, iops, throughput, delete_on_termination, encrypted) "
        "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        {std::string_view(image.id), position++, std::string_view(mapping.device_name),
         sql::optional_value(mapping.virtual_name), std::string_view(mapping.snapshot_id),
         mapping.volume_size_gib, std::string_view(mapping.volume_type), sql::optional_value(mapping.iops),
         sql::optional_value(mapping.throughput), std::int64_t{mapping.delete_on_termination},
         std::int64_t{mapping.encrypted}}));
  return {};
}

}  // namespace

Result<Image> find_image(Transaction& tx, std::string_view id) {
  Image image;
  {
    auto rows = TRY(tx.query(
        "SELECT id, owner, name, description, state, state_reason_code, state_reason, created, "
        "architecture, virtualization_type, root_device_name, kernel_id, ramdisk_id, ena_support, "
        "sriov_net_support, boot_mode, tpm_support, uefi_data, imds_support, platform, "
        "source_image_id, source_image_region, deprecation, source_instance_id FROM images WHERE id = ?1",
        {id}));
    bool found = TRY(rows->next());
    if (!found) return images::image_not_found({std::string(id)});
    image.id = rows->text(0);
    image.owner = rows->text(1);
    image.name = rows->text(2);
    image.description = rows->text(3);
    image.state = images::image_state_of(rows->text(4));
    image.state_reason_code = rows->text(5);
    image.state_reason = rows->text(6);
    image.created = TRY(parse_iso8601(rows->text(7)));
    image.architecture = rows->text(8);
    image.virtualization_type = rows->text(9);
    image.root_device_name = rows->text(10);
    image.kernel_id = rows->optional_text(11);
    image.ramdisk_id = rows->optional_text(12);
    if (!rows->is_null(13)) image.ena_support = rows->integer(13) != 0;
    image.sriov_net_support = rows->optional_text(14);
    image.boot_mode = rows->optional_text(15);
    image.tpm_support = rows->optional_text(16);
    image.uefi_data = rows->optional_text(17);
    image.imds_support = rows->optional_text(18);
    image.platform = rows->optional_text(19);
    image.source_image_id = rows->optional_text(20);
    image.source_image_region = rows->optional_text(21);
    if (!rows->is_null(22)) image.deprecation = TRY(parse_iso8601(rows->text(22)));
    image.source_instance_id = rows->optional_text(23);
  }
  image.mappings = TRY(list_mappings(tx, id));
  return image;
}

Result<Image> find_owned_image(Transaction& tx, std::string_view account, images::ImageId const& id) {
  auto image = TRY(find_image(tx, id.text()));
  auto sharing = TRY(find_sharing(tx, id.text(), account));
  TRY(images::check_owner(image, account, sharing));
  return image;
}

Result<Image> find_visible_image(Transaction& tx, std::string_view account, images::ImageId const& id) {
  auto image = TRY(find_image(tx, id.text()));
  auto sharing = TRY(find_sharing(tx, id.text(), account));
  if (!images::is_visible(image, account, sharing)) return images::image_not_found({id.text()});
  return image;
}

Result<void> check_name_free(Transaction& tx, std::string_view owner, std::string_view name) {
  auto rows = TRY(tx.query("SELECT id FROM images WHERE owner = ?1 AND name = ?2 AND state <> 'deregistered'",
                           {owner, name}));
  bool taken = TRY(rows->next());
  if (taken) return images::name_taken(name, rows->text(0));
  return {};
}

Result<void> insert_image(Transaction& tx, Image const& image) {
  auto created = to_iso8601(image.created);
  TRY(tx.execute(
      "INSERT INTO images(id, owner, name, description, state, state_reason_code, state_reason, created, "
      "architecture, virtualization_type, root_device_name, kernel_id, ramdisk_id, ena_support, "
      "sriov_net_support, boot_mode, tpm_support, uefi_data, imds_support, platform, source_image_id, "
      "source_image_region, source_instance_id) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, "
      "?13, ?14, ?15, ?16, "
      "?17, ?18, ?19, ?20, ?21, ?22, ?23)",
      {std::string_view(image.id),
       std::string_view(image.owner),
       std::string_view(image.name),
       std::string_view(image.description),
       images::to_text(image.state),
       std::string_view(image.state_reason_code),
       std::string_view(image.state_reason),
       std::string_view(created),
       std::string_view(image.architecture),
       std::string_view(image.virtualization_type),
       std::string_view(image.root_device_name),
       sql::optional_value(image.kernel_id),
       sql::optional_value(image.ramdisk_id),
       optional_flag(image.ena_support),
       sql::optional_value(image.sriov_net_support),
       sql::optional_value(image.boot_mode),
       sql::optional_value(image.tpm_support),
       sql::optional_value(image.uefi_data),
       sql::optional_value(image.imds_support),
       sql::optional_value(image.platform),
       sql::optional_value(image.source_image_id),
       sql::optional_value(image.source_image_region),
       sql::optional_value(image.source_instance_id)}));
  return insert_mappings(tx, image);
}

Result<void> save_image(Transaction& tx, Image const& image) {
  auto deprecation = image.deprecation ? std::optional(to_iso8601(*image.deprecation)) : std::nullopt;
  TRY(tx.execute(
      "UPDATE images SET description = ?2, state = ?3, state_reason_code = ?4, state_reason = ?5, "
      "imds_support = ?6, deprecation = ?7 WHERE id = ?1",
      {std::string_view(image.id), std::string_view(image.description), images::to_text(image.state),
       std::string_view(image.state_reason_code), std::string_view(image.state_reason),
       sql::optional_value(image.imds_support), sql::optional_value(deprecation)}));
  return {};
}

Result<void> shrink_deregistered(Transaction& tx, Image const& image) {
  TRY(tx.execute("DELETE FROM image_mappings WHERE image = ?1", {std::string_view(image.id)}));
  TRY(tx.execute("UPDATE images SET uefi_data = NULL WHERE id = ?1", {std::string_view(image.id)}));
  TRY(
      tx.execute("DELETE FROM images WHERE id IN "
                 "(SELECT id FROM images WHERE owner = ?1 AND state = 'deregistered' "
                 "ORDER BY created DESC, id DESC LIMIT 1000000 OFFSET ?2) "
                 "AND id NOT IN (SELECT image FROM instances)",
                 {std::string_view(image.owner), kMaxDeregistered}));
  return {};
}

Result<std::vector<std::string>> list_images_waiting_for(Transaction& tx, std::string_view snapshot) {
  return sql::read_rows(tx.query("SELECT DISTINCT i.id FROM image_mappings m JOIN images i ON i.id = m.image "
                                 "WHERE m.snapshot = ?1 AND i.state = 'pending' "
                                 "AND NOT EXISTS(SELECT 1 FROM copies c WHERE c.image = i.id)",
                                 {snapshot}),
                        [](sql::Rows& row) { return std::string(row.text(0)); });
}

Result<std::int64_t> count_images(Transaction& tx, std::string_view owner) {
  auto rows =
      TRY(tx.query("SELECT count(*) FROM images WHERE owner = ?1 AND state <> 'deregistered'", {owner}));
  TRY(rows->next());
  return rows->integer(0);
}

Result<std::optional<std::string>> find_image_using(Transaction& tx, std::string_view snapshot,
                                                    std::string_view except) {
  auto rows = TRY(tx.query(
      "SELECT m.image FROM image_mappings m JOIN images i ON i.id = m.image "
      "WHERE m.snapshot = ?1 AND m.image <> ?2 AND i.state <> 'deregistered' ORDER BY m.image LIMIT 1",
      {snapshot, except}));
  bool found = TRY(rows->next());
  return found ? std::optional(std::string(rows->text(0))) : std::nullopt;
}

Result<std::vector<std::pair<std::string, std::string>>> list_images_using(Transaction& tx,
                                                                           std::string_view snapshot) {
  return sql::read_rows(
      tx.query("SELECT DISTINCT i.id, i.name FROM image_mappings m JOIN images i ON i.id = m.image "
               "WHERE m.snapshot = ?1 AND i.state <> 'deregistered' ORDER BY i.id",
               {snapshot}),
      [](sql::Rows& row) { return std::pair<std::string, std::string>(row.text(0), row.text(1)); });
}

}  // namespace argosy::catalogue
