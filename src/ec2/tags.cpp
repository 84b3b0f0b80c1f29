// ec2/tags.cpp - see tags.h.
#include "ec2/tags.h"

#include "catalogue/images.h"
#include "catalogue/instances.h"
#include "catalogue/key_pairs.h"
#include "catalogue/snapshots.h"
#include "catalogue/tags.h"
#include "catalogue/volumes.h"
#include "ec2/dry_run.h"
#include "ec2/page.h"
#include "ec2/shapes.h"
#include "instances/errors.h"

namespace argosy::ec2 {
namespace {

namespace m = messages::ec2;

Result<void> check_resource_ids(std::vector<std::string> const& ids) {
  if (ids.empty()) return images::missing_parameter("ResourceId");
  if (ids.size() > kMaxTaggedResources)
    return images::invalid_parameter_value("A call can name at most 1000 resources");
  for (auto const& id : ids) {
    auto type = catalogue::resource_type_of(id);
    if (type.empty()) return fail(Fault::invalid, "InvalidID", "The ID '" + id + "' is not valid");
    if (type == "image") TRY(images::ImageId::parse(id));
    if (type == "snapshot") TRY(images::SnapshotId::parse(id));
    if (type == "instance") TRY(instances::check_instance_id(id));
    if (type == "volume") TRY(instances::check_volume_id(id));
    if (type == "key-pair" && !images::has_id_form(id, "key-")) return instances::key_pair_id_not_found({id});
  }
  return {};
}

/// Whoever may see a resource may tag it for himself.
Result<void> check_visible(catalogue::Transaction& tx, access::Caller const& caller, std::string const& id) {
  auto const type = catalogue::resource_type_of(id);
  if (type == "image")
    TRY(catalogue::find_visible_image(tx, caller.account, TRY(images::ImageId::parse(id))));
  if (type == "snapshot")
    TRY(catalogue::find_usable_snapshot(tx, caller.account, TRY(images::SnapshotId::parse(id))));
  if (type == "instance") TRY(catalogue::find_owned_instance(tx, caller.account, id));
  if (type == "volume") TRY(catalogue::find_owned_volume(tx, caller.account, id));
  if (type == "key-pair") {
    auto pair = TRY(catalogue::find_key_pair_by_id(tx, caller.account, id));
    if (!pair) return instances::key_pair_id_not_found({id});
  }
  return {};
}

}  // namespace

Result<m::CreateTagsResponse> create_tags(catalogue::Transaction& tx, access::Caller const& caller,
                                          m::CreateTagsRequest const& request) {
  TRY(check_resource_ids(request.resource_id));
  if (request.tag.empty()) return images::missing_parameter("Tag");
  std::vector<images::Tag> tags;
  for (auto const& tag : request.tag) tags.push_back(TRY(to_tag(tag)));
  TRY(images::check_tags(tags));
  TRY(stop_if_dry_run(request.dry_run));
  for (auto const& id : request.resource_id) {
    TRY(check_visible(tx, caller, id));
    TRY(catalogue::save_tags(tx, caller.account, id, tags));
  }
  return m::CreateTagsResponse{};
}

Result<m::DeleteTagsResponse> delete_tags(catalogue::Transaction& tx, access::Caller const& caller,
                                          m::DeleteTagsRequest const& request) {
  TRY(check_resource_ids(request.resource_id));
  for (auto const& tag : request.tag) {
    if (!tag.key) return images::missing_parameter("Tag.Key");
    TRY(images::check_tag({*tag.key, tag.value.value_or("")}));
  }
  TRY(stop_if_dry_run(request.dry_run));
  for (auto const& id : request.resource_id) {
    TRY(check_visible(tx, caller, id));
    if (request.tag.empty()) TRY(catalogue::remove_all_tags(tx, caller.account, id));
    for (auto const& tag : request.tag)
      TRY(catalogue::remove_tag(tx, caller.account, id, *tag.key, tag.value));
  }
  return m::DeleteTagsResponse{};
}

Result<m::DescribeTagsResponse> describe_tags(catalogue::Transaction& tx, access::Caller const& caller,
                                              crypto::Key const& token_key,
                                              m::DescribeTagsRequest const& request) {
  auto page = TRY(parse_page(token_key, caller.account, request, 5, 1'000));
  TRY(stop_if_dry_run(request.dry_run));
  // The position of a tag is its resource and key.
  auto const found = TRY(catalogue::list_tags(tx, caller.account, to_filters(request.filter),
                                              page.after.created, page.after.id, page.limit));
  m::DescribeTagsResponse response;
  auto& items = response.tag_set;
  for (auto const& row : found) {
    items.push_back(
        {row.tag.key, row.resource, std::string(catalogue::resource_type_of(row.resource)), row.tag.value});
    if (!page.take({row.resource, row.tag.key}, wire::size_of_parts(items.back()))) break;
  }
  response.next_token = next_token(token_key, caller.account, request, page);
  return response;
}

}  // namespace argosy::ec2
