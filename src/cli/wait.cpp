// cli/wait.cpp - argosy wait: until images are available.
#include "cli/follow.h"
#include "cli/format.h"
#include "cli/parallel.h"
#include "cli/program.h"

namespace argosy::cli {
namespace {

constexpr std::size_t kImagesAtOnce = 64;

struct WaitOptions {
  std::vector<std::string> images;
};

Outcome<void> wait_for(Settings const& settings, Reference const& reference, Terminal& terminal,
                       ImageProgress& progress) {
  auto session = TRY(Session::open(settings, *reference.region));
  auto line = terminal.begin(*reference.region + "/" + reference.id);
  auto followed =
      follow_image(*session, reference.id, Freshness::known, settings.patience, terminal, line, progress);
  terminal.end(line);
  return followed;
}

Outcome<Exit> run(WaitOptions const& options, Settings const& settings, Terminal& terminal) {
  std::vector<Reference> references;
  for (auto const& text : options.images) {
    auto reference = TRY(parse_reference(text, {"ami-"}));
    if (!reference.region) reference.region = TRY(settings.region());
    references.push_back(std::move(reference));
  }
  std::vector<ImageProgress> progress(references.size());
  std::vector<std::optional<Failure>> failures(references.size());
  run_each(kImagesAtOnce, references.size(), [&](std::size_t i) {
    auto waited = wait_for(settings, references[i], terminal, progress[i]);
    if (!waited) failures[i] = waited.error();
    auto name = *references[i].region + "/" + references[i].id;
    waited ? terminal.note(name + "  " + show_outcome(progress[i]))
           : terminal.complain(name + "  " + explain(waited.error()));
  });
  if (terminal.format() == Format::json) {
    boost::json::array items;
    for (std::size_t i = 0; i < references.size(); ++i) {
      boost::json::object item{{"region", *references[i].region}, {"image_id", references[i].id}};
      for (auto const& [name, value] : to_json(progress[i])) item[name] = value;
      item["error"] = or_null(failures[i]);
      items.push_back(std::move(item));
    }
    terminal.print(items);
  }
  return failures.size() == 1 && failures[0] ? failures[0]->exit : combine(failures);
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
  verb.add_option("IMAGE", options->images, "REGION/ami-… or ami-…, one or more")
      ->required()
      ->option_text("...");
}

}  // namespace argosy::cli
