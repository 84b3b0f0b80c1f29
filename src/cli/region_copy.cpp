// cli/region_copy.cpp - see region_copy.h.
#include "cli/region_copy.h"

#include <algorithm>

#include "base/entropy.h"
#include "cli/format.h"
#include "cli/key_reference.h"
#include "cli/patience.h"

namespace argosy::cli {
namespace {

/// EC2 is eventually consistent: so long may it take the name of a deregistered image for taken.
constexpr std::chrono::seconds kNameFreeAfter{60};

/// An own image with this name that was made from this source, whatever its state.
Outcome<std::optional<ec2::Image>> find_copy(Session& session, CopyOrder const& order) {
  auto found = TRY(describe_own_images(
      session, {filter("name", {order.name}), filter("source-image-id", {order.source_image_id}),
                filter("source-image-region", {order.source_region})}));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

/// The key that was asked for in the region; empty: none was.
std::string key_in(CopyOrder const& order, std::string const& region) {
  auto found = order.keys.find(region);
  return found == order.keys.end() ? "" : found->second;
}

/// An image that was copied before may be another than is asked for now.
Outcome<void> check_encryption(Session& session, CopyOrder const& order, ec2::Image const& image) {
  if (!order.encrypt) return {};
  auto reference = session.region() + "/" + image.image_id.value_or("?");
  auto another = "; choose another name with --name, or first argosy deregister " + reference;
  for (auto const& mapping : image.block_device_mapping)
    if (mapping.ebs && !mapping.ebs->encrypted.value_or(false))
      return stop(Exit::refused, reference + " is there already and not encrypted" + another);
  auto key = key_in(order, session.region());
  if (key.empty()) return {};
  for (auto const& snapshot : TRY(own_snapshots(session, snapshot_ids(image))))
    if (snapshot.kms_key_id != key)
      return stop(Exit::refused, reference + " is there already, under the key " +
                                     show_key(snapshot.kms_key_id.value_or("?")) + another);
  return {};
}

ec2::CopyImageRequest copy_request(CopyOrder const& order, std::string const& region) {
  ec2::CopyImageRequest request;
  // Made anew for each copy and sent again with each retry of the call. Derived from the order alone it would
  // be remembered by the service, and hand back an image that was deregistered meanwhile. Against a second
  // copy by another run the name stands.
  request.client_token = make_uuid(system_entropy());
  request.name = order.name;
  if (!order.description.empty()) request.description = order.description;
  request.source_image_id = order.source_image_id;
  request.source_region = order.source_region;
  if (order.encrypt) request.encrypted = true;
  if (auto key = key_in(order, region); !key.empty()) request.kms_key_id = key;
  if (order.copy_tags) request.copy_image_tags = true;
  if (!order.tags.empty())
    request.tag_specification = {{"image", to_tags(order.tags)}, {"snapshot", to_tags(order.tags)}};
  return request;
}

Outcome<void> take_over(Session& session, CopyOrder const& order, ec2::Image const& image,
                        CopyResult& result) {
  auto const id = image.image_id.value_or("?");
  auto const& region = session.region();
  if (image.image_state == "disabled")
    return stop(Exit::refused, region + "/" + id +
                                   " is there already and disabled: aws ec2 enable-image --region " + region +
                                   " --image-id " + id);
  TRY(check_encryption(session, order, image));
  result.image_id = id;
  result.progress = find_progress(session, image);
  result.was_begun = true;
  result.was_there = image.image_state == "available";
  return {};
}

/// The image that is on its way or there, begun now if need be. The name may be taken by a faster run, or for
/// a while yet by the failed copy that was deregistered here.
Outcome<void> begin_copy(Session& session, CopyOrder const& order, CopyResult& result) {
  Patience const patience(kNameFreeAfter, [] {});
  Pauses pauses;
  bool frees_name = false;
  std::optional<Failure> refusal;
  while (true) {
    auto const existing = TRY(find_copy(session, order));
    if (existing && existing->image_state == "failed") {
      TRY(deregister_image(session, {existing->image_id.value_or(""), true, false}));
      frees_name = true;
    } else if (existing) {
      return take_over(session, order, *existing, result);
    }
    if (refusal && !(frees_name && patience.pause(pauses))) return std::unexpected(*refusal);
    auto image_id = copy_image(session, copy_request(order, session.region()));
    if (image_id) {
      result.image_id = *std::move(image_id);
      return {};
    }
    refusal = image_id.error();
    if (refusal->code != "InvalidAMIName.Duplicate") return std::unexpected(*refusal);
  }
}

/// What another run has begun, and its snapshots as far as they are known. Repeats do no harm.
Outcome<void> tag(Session& session, CopyOrder const& order, CopyResult const& result) {
  if (!result.was_begun || order.tags.empty()) return {};
  auto ids = result.progress.snapshot_ids;
  ids.push_back(result.image_id);
  return create_tags(session, ids, order.tags);
}

/// Once the image is available. Repeats do no harm.
Outcome<void> share(Session& session, CopyOrder const& order, CopyResult const& result) {
  if (order.audience.empty()) return {};
  TRY(change_launch_permissions(session, result.image_id, Change::grant, order.audience));
  if (!order.allow_copy) return {};
  return change_snapshot_permissions(session, result.progress.snapshot_ids, Change::grant, order.audience);
}

Outcome<void> copy(Settings const& settings, CopyOrder const& order, Terminal& terminal, UnderWay& under_way,
                   CopyResult& result) {
  auto session = TRY(Session::open(settings, result.region));
  TRY(begin_copy(*session, order, result));
  if (order.detach) return tag(*session, order, result);
  auto reference = result.region + "/" + result.image_id;
  under_way.add(reference);
  auto line = terminal.begin(reference);
  auto freshness = result.was_begun ? Freshness::known : Freshness::just_made;
  auto followed =
      follow_image(*session, result.image_id, freshness, settings.patience, terminal, line, result.progress);
  terminal.end(line);
  under_way.remove(reference);
  TRY(std::move(followed));
  if (result.was_begun && !result.was_there && order.encrypt) {  // AWS: while it was pending it had no disks
    auto const image = TRY(find_image(*session, result.image_id));
    TRY(check_encryption(*session, order, image));
  }
  TRY(tag(*session, order, result));
  return share(*session, order, result);
}

}  // namespace

boost::json::object to_json(CopyResult const& result) {
  boost::json::object out{{"region", result.region}};
  out["image_id"] =
      result.image_id.empty() ? boost::json::value(nullptr) : boost::json::value(result.image_id);
  for (auto const& [name, value] : to_json(result.progress)) out[name] = value;
  if (result.image_id.empty()) out["state"] = nullptr;
  out["was_begun"] = result.was_begun;
  out["seconds"] = static_cast<double>(result.took.count()) / 1000;
  out["error"] = or_null(result.failure);
  return out;
}

void UnderWay::add(std::string reference) {
  std::lock_guard lock(mutex_);
  references_.push_back(std::move(reference));
}
void UnderWay::remove(std::string const& reference) {
  std::lock_guard lock(mutex_);
  std::erase(references_, reference);
}
std::vector<std::string> UnderWay::all() const {
  std::lock_guard lock(mutex_);
  return references_;
}

CopyResult copy_to_region(Settings const& settings, CopyOrder const& order, std::string const& region,
                          Terminal& terminal, UnderWay& under_way) {
  auto began = std::chrono::steady_clock::now();
  CopyResult result;
  result.region = region;
  auto copied = copy(settings, order, terminal, under_way, result);
  if (!copied) result.failure = copied.error();
  result.took =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  return result;
}

}  // namespace argosy::cli
