// cli/verify_launch.cpp - see verify_launch.h.
#include "cli/verify_launch.h"

#include "cli/format.h"
#include "cli/launch.h"
#include "cli/reference.h"
#include "cli/target.h"

namespace argosy::cli {
namespace {

/// A name is that of an image of the caller's; the account that launches it has no such.
Outcome<Target> find_image_of(VerifyLaunchOptions const& options, Settings const& caller,
                              Settings const& launcher) {
  auto const parsed = TRY(parse_reference(options.image, {"ami-"}));
  return open_target(parsed.name.empty() ? launcher : caller, options.image, {"ami-"});
}

boost::json::object to_json(Target const& target, VerifyLaunchOptions const& options,
                            LaunchReport const& report, std::optional<Failure> const& failure) {
  auto text = [](std::string const& value) {
    return value.empty() ? boost::json::value(nullptr) : boost::json::value(value);
  };
  return {{"region", target.session->region()},
          {"image_id", target.id},
          {"profile", text(options.profile)},
          {"instance_id", text(report.instance_id)},
          {"booted", !report.line.empty()},
          {"expected", text(options.expected)},
          {"line", text(report.line)},
          {"state", text(report.state)},
          {"milliseconds", report.took.count()},
          {"terminated", report.terminated},
          {"error", or_null(failure)}};
}

}  // namespace

Outcome<Exit> verify_launch(VerifyLaunchOptions const& options, Settings const& settings,
                            Terminal& terminal) {
  auto const launcher = options.profile.empty() ? settings : TRY(settings.of_profile(options.profile));
  auto target = TRY(find_image_of(options, settings, launcher));
  auto session = TRY(Session::open(launcher, target.session->region()));
  LaunchReport report;
  auto launched = launch_and_watch(*session, {target.id, options.instance_type, options.expected},
                                   settings.patience, terminal, report);
  auto const failure = launched ? std::nullopt : std::optional(launched.error());
  auto const who = options.profile.empty() ? std::string() : " as " + options.profile;
  if (terminal.format() == Format::json) {
    terminal.print(to_json(target, options, report, failure));
  } else if (!report.line.empty()) {
    terminal.print(target.text() + " boots" + who + ": \"" + report.line + "\" after " +
                   show_duration(report.took) + "; " + report.instance_id +
                   (report.terminated ? " is terminated\n" : " could not be terminated\n"));
  }
  if (!failure) return Exit::done;
  terminal.complain(target.text() +
                    (report.line.empty() ? " did not boot" : " boots, but could not be terminated") + who +
                    ": " + explain(*failure));
  return failure->exit;
}

}  // namespace argosy::cli
