// cli/key_target.cpp - see key_target.h.
#include "cli/key_target.h"

#include "cli/permissions.h"

namespace argosy::cli {
namespace {

Outcome<KeyTarget> open_with(Settings const& settings, KeyReference const& reference) {
  KeyTarget target;
  target.session =
      TRY(Session::open(settings, reference.region ? *reference.region : TRY(settings.region())));
  target.key = TRY(describe_key(*target.session, reference.id));
  return target;
}

}  // namespace

Outcome<KeyTarget> open_key(Settings const& settings, std::string_view reference) {
  auto parsed = TRY(parse_key_reference(reference));
  if (!parsed.profile) return open_with(settings, parsed);
  return open_with(TRY(settings.of_profile(*parsed.profile)), parsed);
}

Outcome<void> check_account(std::string const& account) {
  auto audience = TRY(parse_audience({account}));
  if (audience.accounts.empty())
    return stop(Exit::usage, "an account has 12 digits; a key is opened to organizations by its policy");
  return {};
}

}  // namespace argosy::cli
