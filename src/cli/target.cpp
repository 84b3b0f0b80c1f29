// cli/target.cpp - see target.h.
#include "cli/target.h"

#include "cli/ec2.h"
#include "cli/reference.h"

namespace argosy::cli {
namespace {

Outcome<std::string> find_image_named(Session& session, std::string const& name) {
  auto found = TRY(describe_own_images(session, {filter("name", {name})}));
  if (found.empty()) return stop(Exit::refused, "you have no image \"" + name + "\" in " + session.region());
  return found.front().image_id.value_or("");
}

Outcome<Target> open_with(Settings const& settings, Reference const& reference) {
  Target target;
  target.profile = reference.profile.value_or("");
  target.session =
      TRY(Session::open(settings, reference.region ? *reference.region : TRY(settings.region())));
  target.id = reference.name.empty() ? reference.id : TRY(find_image_named(*target.session, reference.name));
  return target;
}

}  // namespace

std::string Target::text_of(std::string const& other_id) const {
  return (profile.empty() ? "" : profile + ":") + session->region() + "/" + other_id;
}

Outcome<Target> open_target(Settings const& settings, std::string_view reference,
                            std::vector<std::string_view> const& prefixes) {
  auto parsed = TRY(parse_reference(reference, prefixes));
  if (!parsed.profile) return open_with(settings, parsed);
  return open_with(TRY(settings.of_profile(*parsed.profile)), parsed);
}

Outcome<std::vector<Target>> open_targets(Settings const& settings,
                                          std::vector<std::string> const& references,
                                          std::vector<std::string_view> const& prefixes) {
  for (auto const& reference : references) TRY(parse_reference(reference, prefixes));  // mistakes first
  std::vector<Target> targets;
  for (auto const& reference : references) targets.push_back(TRY(open_target(settings, reference, prefixes)));
  return targets;
}

}  // namespace argosy::cli
