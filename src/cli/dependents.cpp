// cli/dependents.cpp - argosy key dependents: what becomes unreadable when a key goes.
#include <algorithm>

#include "cli/ec2.h"
#include "cli/format.h"
#include "cli/key_target.h"
#include "cli/page.h"
#include "cli/permissions.h"
#include "cli/program.h"

namespace argosy::cli {
namespace {

struct DependentsOptions {
  std::string key;
};

struct DependentImage {
  ec2::Image image;
  std::optional<Audience> may_start;
};

struct DependentSnapshot {
  ec2::Snapshot snapshot;
  std::optional<Audience> may_copy;
};

/// What hangs on the key in its own region, or on a replica of it in another. What is optional is nothing
/// where these credentials may not look.
struct Place {
  std::string region;
  std::string key_arn;
  std::string state;
  std::optional<bool> is_ebs_default;
  std::vector<DependentSnapshot> snapshots;
  std::vector<DependentImage> images;
  std::optional<std::vector<kms::GrantListEntry>> grants;
};

struct Report {
  std::vector<Place> places;                              ///< first that of the key itself
  std::vector<std::pair<std::string, Failure>> failures;  ///< replicas that could not be looked at
};

/// Since it was listed.
bool has_gone(Failure const& failure) { return failure.code.ends_with(".NotFound"); }

template <class Permission>
Outcome<std::optional<Audience>> audience_of(Outcome<std::vector<Permission>>&& found) {
  auto const permissions = TRY(if_allowed(std::move(found)));
  return permissions ? std::optional(to_audience(*permissions)) : std::nullopt;
}

Outcome<std::vector<DependentSnapshot>> find_snapshots(Session& session, std::string const& key_arn) {
  ec2::DescribeSnapshotsRequest request;
  request.owner = {"self"};
  request.filter = {filter("encrypted", {"true"})};
  std::vector<DependentSnapshot> out;
  for (auto& snapshot : TRY(describe_snapshots(session, std::move(request)))) {
    if (snapshot.kms_key_id != key_arn) continue;
    auto may_copy = audience_of(snapshot_permissions(session, snapshot.snapshot_id.value_or("")));
    if (!may_copy && has_gone(may_copy.error())) continue;
    if (!may_copy) return std::unexpected(may_copy.error());
    out.push_back({std::move(snapshot), *std::move(may_copy)});
  }
  return out;
}

Outcome<DependentImage> look_at(Session& session, std::string const& image_id) {
  auto image = TRY(find_image(session, image_id));
  auto may_start = TRY(audience_of(launch_permissions(session, image_id)));
  return DependentImage{std::move(image), std::move(may_start)};
}

Outcome<std::vector<DependentImage>> find_images(Session& session,
                                                 std::vector<DependentSnapshot> const& snapshots) {
  std::vector<std::string> ids;
  for (auto const& dependent : snapshots) ids.push_back(dependent.snapshot.snapshot_id.value_or(""));
  std::vector<std::string> image_ids;
  for (auto const& [snapshot, images] : TRY(find_images_using(session, ids)))
    if (std::ranges::find(ids, snapshot) != ids.end())
      image_ids.insert(image_ids.end(), images.begin(), images.end());
  std::vector<DependentImage> out;
  for (auto const& id : without_repeats(image_ids)) {
    auto image = look_at(session, id);
    if (!image && has_gone(image.error())) continue;
    if (!image) return std::unexpected(image.error());
    out.push_back(*std::move(image));
  }
  return out;
}

Outcome<Place> look_at(Session& session, kms::KeyMetadata const& key) {
  Place place;
  place.region = session.region();
  place.key_arn = key.arn;
  place.state = key.key_state;
  place.snapshots = TRY(find_snapshots(session, key.arn));
  place.images = TRY(find_images(session, place.snapshots));
  auto const default_key = TRY(default_ebs_key(session));
  if (default_key) place.is_ebs_default = *default_key == key.arn;
  place.grants = TRY(if_allowed(list_grants(session, key.arn)));
  return place;
}

Outcome<Place> look_at_replica(Session const& session, kms::MultiRegionKey const& replica) {
  auto there = TRY(session.open_in(replica.region));
  return look_at(*there, TRY(describe_key(*there, replica.arn)));
}

/// The key's relatives: its primary and the other replicas.
std::vector<kms::MultiRegionKey> relatives_of(kms::KeyMetadata const& key) {
  std::vector<kms::MultiRegionKey> out;
  if (!key.multi_region_configuration) return out;
  out.push_back(key.multi_region_configuration->primary_key);
  for (auto const& replica : key.multi_region_configuration->replica_keys) out.push_back(replica);
  std::erase_if(out, [&](auto const& relative) { return relative.arn == key.arn; });
  return out;
}

Outcome<Report> gather(KeyTarget const& target) {
  Report report;
  report.places.push_back(TRY(look_at(*target.session, target.key)));
  for (auto const& relative : relatives_of(target.key)) {
    auto place = look_at_replica(*target.session, relative);
    if (place) {
      report.places.push_back(*std::move(place));
    } else {
      report.failures.emplace_back(relative.arn, place.error());
    }
  }
  return report;
}

/// Accounts other than the key's that have it by a grant: they may have snapshots under it.
std::optional<std::vector<std::string>> foreign_grantees(Place const& place) {
  if (!place.grants) return std::nullopt;
  std::vector<std::string> out;
  auto own = "::" + read_key_arn(place.key_arn).account + ":";
  for (auto const& grant : *place.grants)
    if (!grant.grantee_principal.contains(own)) out.push_back(grant.grantee_principal);
  return without_repeats(out);
}

constexpr char const* kNotSeen =
    "snapshots, images and machines of other accounts under the key, and volumes; what else of the key's "
    "ciphertexts is in use";

constexpr char const* kNotLookedAt = "could not be looked at";

std::string show_shared(std::optional<Audience> const& audience) {
  return audience ? list_audience(*audience) : kNotLookedAt;
}

void describe(Page& page, Place const& place) {
  page.heading(show_key(place.key_arn) + "  " + place.state);
  auto const ebs_default = "the default key of EBS in " + place.region;
  if (!place.is_ebs_default) page.add("Whether it is " + ebs_default + " " + kNotLookedAt + ".\n");
  if (place.is_ebs_default.value_or(false)) page.add("It is " + ebs_default + ".\n");
  std::vector<std::vector<std::string>> rows{{"DEPENDS ON IT", "STATE", "SHARED WITH", "NAME"}};
  for (auto const& [image, may_start] : place.images)
    rows.push_back({place.region + "/" + image.image_id.value_or("?"), image.image_state.value_or("?"),
                    show_shared(may_start), image.name.value_or("-")});
  for (auto const& [snapshot, may_copy] : place.snapshots)
    rows.push_back({place.region + "/" + snapshot.snapshot_id.value_or("?"), snapshot.status.value_or("?"),
                    show_shared(may_copy), snapshot.description.value_or("-")});
  page.add(rows.size() == 1 ? "Nothing of yours depends on it.\n" : show_table(rows));
  auto const grantees = foreign_grantees(place);
  if (!grantees) page.add("Whom a grant opens it to " + std::string(kNotLookedAt) + ".\n");
  if (grantees)
    for (auto const& grantee : *grantees) page.add("Open by a grant to " + grantee + ".\n");
}

boost::json::object to_json(Place const& place) {
  boost::json::array images;
  for (auto const& [image, may_start] : place.images)
    images.push_back({{"image_id", or_null(image.image_id)},
                      {"name", or_null(image.name)},
                      {"state", or_null(image.image_state)},
                      {"may_start", or_null(may_start)}});
  boost::json::array snapshots;
  for (auto const& [snapshot, may_copy] : place.snapshots)
    snapshots.push_back({{"snapshot_id", or_null(snapshot.snapshot_id)},
                         {"state", or_null(snapshot.status)},
                         {"size_gib", or_null(snapshot.volume_size)},
                         {"may_copy", or_null(may_copy)}});
  auto const grantees = foreign_grantees(place);
  return {{"region", place.region},
          {"key", place.key_arn},
          {"state", place.state},
          {"ebs_default", or_null(place.is_ebs_default)},
          {"images", std::move(images)},
          {"snapshots", std::move(snapshots)},
          {"open_by_grant_to", grantees ? boost::json::value_from(*grantees) : boost::json::value(nullptr)}};
}

boost::json::object to_json(Report const& report) {
  boost::json::array places;
  for (auto const& place : report.places) places.push_back(to_json(place));
  for (auto const& [arn, failure] : report.failures)
    places.push_back({{"region", read_key_arn(arn).region}, {"key", arn}, {"error", to_json(failure)}});
  return {{"places", std::move(places)}, {"not_seen", kNotSeen}};
}

Outcome<Exit> run(DependentsOptions const& options, Settings const& settings, Terminal& terminal) {
  auto report = TRY(gather(TRY(open_key(settings, options.key))));
  for (auto const& [arn, failure] : report.failures)
    terminal.complain(show_key(arn) + "  " + explain(failure));
  if (terminal.format() == Format::json) {
    terminal.print(to_json(report));
  } else {
    Page page;
    for (auto const& place : report.places) describe(page, place);
    page.add("\nNot seen: " + std::string(kNotSeen) + ".\n");
    terminal.print(page.text().substr(1));  // no empty line before the first heading
  }
  return report.failures.empty() ? Exit::done : Exit::partly;
}

constexpr char const* kExamples = R"(  argosy key dependents us-east-1/alias/images
  argosy key dependents us-east-1/alias/images -o json | jq -r '.places[].images[].image_id'

Look here before ScheduleKeyDeletion: when the key is gone, what is listed can never be read again. Of a
multi-Region key the replicas in other regions are looked at too. Copies under another key do not depend
on this one. Other accounts' snapshots under the key cannot be seen. What these credentials may not look at is
told as such, and is null in JSON.
)";

}  // namespace

void add_key_dependents(Program& program) {
  auto options = std::make_shared<DependentsOptions>();
  program.add_verb("key dependents", "What becomes unreadable when a key goes", kExamples, options, &run)
      .add_option("KEY", options->key, "REGION/ID, REGION/alias/NAME or an ARN")
      ->required()
      ->option_text(" ");
}

}  // namespace argosy::cli
