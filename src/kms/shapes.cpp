// kms/shapes.cpp - see shapes.h.
#include "kms/shapes.h"

#include "keys/decision.h"
#include "keys/identifier.h"

namespace argosy::kms {
namespace {

namespace m = messages::kms;

constexpr std::size_t kMaxTagNameBytes = std::size_t{128} * 4;
constexpr std::size_t kMaxTagValueBytes = std::size_t{256} * 4;
constexpr std::size_t kMaxGrantTokens = 10;
constexpr std::int32_t kMaxPage = 1'000;

m::MultiRegionKey multi_region_key(keys::Key const& key, std::string const& region) {
  return {keys::key_arn(region, key.account, key.id), region};
}

Result<m::MultiRegionConfiguration> multi_region_configuration(catalogue::Transaction& tx,
                                                               keys::Key const& key) {
  bool const primary = key.scope == keys::KeyScope::primary;
  m::MultiRegionConfiguration out{
      primary ? "PRIMARY" : "REPLICA", multi_region_key(key, key.primary_region), {}};
  auto const regions = TRY(catalogue::list_replicas(tx, key.id));
  for (auto const& region : regions) out.replica_keys.push_back(multi_region_key(key, region));
  return out;
}

}  // namespace

Result<m::KeyMetadata> to_metadata(catalogue::Transaction& tx, keys::Key const& key) {
  m::KeyMetadata out;
  out.aws_account_id = key.account;
  out.key_id = key.id;
  out.arn = key.arn();
  out.creation_date = key.created;
  out.enabled = key.state == keys::KeyState::enabled;
  out.description = key.description;
  out.key_usage = "ENCRYPT_DECRYPT";
  out.key_state = keys::to_text(key.state);
  out.deletion_date = key.deletion;
  out.origin = "AWS_KMS";
  out.key_manager = keys::to_text(key.manager);
  out.customer_master_key_spec = "SYMMETRIC_DEFAULT";
  out.key_spec = "SYMMETRIC_DEFAULT";
  out.encryption_algorithms = {"SYMMETRIC_DEFAULT"};
  out.multi_region = key.scope != keys::KeyScope::single_region;
  if (out.multi_region) out.multi_region_configuration = TRY(multi_region_configuration(tx, key));
  if (key.state == keys::KeyState::pending_replica_deletion)
    out.pending_deletion_window_in_days = key.window_days;
  auto const current = TRY(catalogue::list_materials(tx, key.id, key.current_version - 1, 1));
  if (!current.empty()) out.current_key_material_id = current.front().material_id;
  return out;
}

Result<catalogue::KeyTags> to_tags(std::vector<m::Tag> const& tags) {
  catalogue::KeyTags out;
  for (auto const& [name, value] : tags) {
    if (name.empty() || name.size() > kMaxTagNameBytes || value.size() > kMaxTagValueBytes)
      return keys::invalid_tag("A tag's key has 1 to 128 characters, its value at most 256");
    if (name.starts_with("aws:")) return keys::invalid_tag("Tag keys that begin with aws: are reserved");
    if (!out.emplace(name, value).second) return keys::invalid_tag("The tag key " + name + " comes twice");
  }
  if (out.size() > static_cast<std::size_t>(kMaxTags)) return keys::invalid_tag("A key has at most 50 tags");
  return out;
}

std::vector<m::Tag> to_shapes(catalogue::KeyTags const& tags) {
  std::vector<m::Tag> out;
  for (auto const& [name, value] : tags) out.push_back({name, value});
  return out;
}

Result<std::string> to_policy(std::optional<std::string> const& document, access::Caller const& caller,
                              keys::Key const& key, std::optional<bool> bypass_lockout_check) {
  auto text = document.value_or(keys::default_policy(key.account));
  auto const policy = TRY(keys::parse_new_policy(text));
  if (bypass_lockout_check.value_or(false)) return text;
  if (!keys::is_allowed({caller, keys::Action::put_key_policy}, key, policy, {}))
    return keys::malformed_policy(
        "The new key policy will not allow you to update the key policy in the future.");
  return text;
}

Result<void> check_description(std::string_view description) {
  if (description.size() > keys::kMaxDescriptionBytes)
    return keys::invalid_value("A description has at most 8192 bytes");
  return {};
}

Result<void> check_grant_tokens(std::vector<std::string> const& tokens) {
  if (tokens.size() > kMaxGrantTokens) return keys::invalid_value("A request has at most 10 grant tokens");
  for (auto const& token : tokens) TRY(keys::read_grant_token(token));
  return {};
}

Result<void> stop_if_dry_run(std::optional<bool> dry_run) {
  if (!dry_run.value_or(false)) return {};
  return fail(Fault::denied, "DryRunOperationException",
              "The request would have succeeded, but the DryRun option is set.");
}

Result<Page> to_page(std::optional<std::int32_t> limit, std::optional<std::string> const& marker,
                     std::size_t limit_by_default) {
  if (limit && (*limit < 1 || *limit > kMaxPage)) return keys::invalid_value("Limit is 1 to 1000");
  Page out{"", limit ? static_cast<std::size_t>(*limit) : limit_by_default};
  if (!marker) return out;
  auto const place = from_base64(*marker);
  if (!place || place->empty() || !is_utf8(as_text(*place))) return keys::invalid_marker();
  out.after = as_text(*place);
  return out;
}

std::string to_marker(std::string_view last) { return to_base64(as_bytes(last)); }

}  // namespace argosy::kms
