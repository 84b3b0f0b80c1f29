// cli/wait.cpp - argosy wait: until images are available.
#include "cli/follow.h"
#include "cli/format.h"
#include "cli/parallel.h"
#include "cli/program.h"
#include "cli/target.h"

namespace argosy::cli {
namespace {

constexpr std::size_t kImagesAtOnce = 64;

struct WaitOptions {
  std::vector<std::string> images;
};

Outcome<void> wait_for(Settings const& settings, Target const& target, Terminal& terminal,
                       ImageProgress& progress) {
  auto line = terminal.begin(target.text());
  auto followed = follow_image(*target.session, target.id, Freshness::perhaps_just_made, settings.patience,
                               terminal, line, progress);
  terminal.end(line);
  return followed;
}

Outcome<Exit> run(WaitOptions const& options, Settings const& settings, Terminal& terminal) {
  auto targets = TRY(open_targets(settings, options.images, {"ami-"}));
  std::vector<ImageProgress> progress(targets.size());
  std::vector<std::optional<Failure>> failures(targets.size());
  run_each(kImagesAtOnce, targets.size(), [&](std::size_t i) {
    auto waited = wait_for(settings, targets[i], terminal, progress[i]);
    if (!waited) failures[i] = waited.error();
    auto name = targets[i].text();
    waited ? terminal.note(name + "  " + show_outcome(progress[i]))
           : terminal.complain(name + "  " + explain(waited.error()));
  });
  if (terminal.format() == Format::json) {
    boost::json::array items;
    for (std::size_t i = 0; i < targets.size(); ++i) {
      boost::json::object item{{"region", targets[i].session->region()}, {"image_id", targets[i].id}};
      for (auto const& [name, value] : to_json(progress[i])) item[name] = value;
      item["error"] = or_null(failures[i]);
      items.push_back(std::move(item));
    }
    terminal.print(items);
  }
  return conclude(failures);
}

constexpr char const* kExamples =
    R"(  argosy wait us-west-2/ami-… eu-west-1/ami-…         after copy --detach or Ctrl-C

Ends with 1 and the reason if an image fails. Gives up, with 6, only when nothing moved for
--timeout.
)";

}  // namespace

void add_wait(Program& program) {
  auto options = std::make_shared<WaitOptions>();
  auto& verb = program.add_verb("wait", "Wait until images are available", kExamples, options, &run);
  verb.add_option("IMAGE", options->images, "REGION/ami-…, ami-… or name:NAME, one or more")
      ->required()
      ->option_text("...");
}

}  // namespace argosy::cli
