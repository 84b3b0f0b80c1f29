// kms/tags.cpp - see tags.h.
#include "kms/tags.h"

#include "kms/shapes.h"

namespace argosy::kms {
namespace {

namespace m = messages::kms;
using catalogue::Transaction;
using keys::Action;
using keystore::Names;
using keystore::Vault;

}  // namespace

Result<void> tag_resource(Transaction& tx, Vault const& vault, access::Caller const& caller,
                          m::TagResourceRequest const& request) {
  if (request.tags.empty()) return keys::invalid_value("Tags is required");
  auto const tags = TRY(to_tags(request.tags));
  auto const key = TRY(keystore::find_key(tx, vault.region, request.key_id, {caller, Action::tag_resource},
                                          Names::no_aliases));
  TRY(catalogue::save_key_tags(tx, key.id, tags));
  auto const have = TRY(catalogue::count_key_tags(tx, key.id));
  if (have > kMaxTags) return keys::limit_exceeded("A key has at most 50 tags");
  return {};
}

Result<void> untag_resource(Transaction& tx, Vault const& vault, access::Caller const& caller,
                            m::UntagResourceRequest const& request) {
  if (request.tag_keys.empty()) return keys::invalid_value("TagKeys is required");
  auto const key = TRY(keystore::find_key(tx, vault.region, request.key_id, {caller, Action::untag_resource},
                                          Names::no_aliases));
  for (auto const& name : request.tag_keys) TRY(catalogue::remove_key_tag(tx, key.id, name));
  return {};
}

Result<m::ListResourceTagsResponse> list_resource_tags(Transaction& tx, Vault const& vault,
                                                       access::Caller const& caller,
                                                       m::ListResourceTagsRequest const& request) {
  auto const page = TRY(to_page(request.limit, request.marker, kMaxTags));
  auto const key = TRY(keystore::find_key(tx, vault.region, request.key_id,
                                          {caller, Action::list_resource_tags}, Names::no_aliases));
  m::ListResourceTagsResponse out;
  out.tags = to_shapes(TRY(catalogue::list_key_tags(tx, key.id, page.after, page.limit + 1)));
  out.next_marker = cut(out.tags, page, [](m::Tag const& tag) { return tag.tag_key; });
  out.truncated = out.next_marker.has_value();
  return out;
}

}  // namespace argosy::kms
