// cli/launch.cpp - see launch.h.
#include "cli/launch.h"

#include <algorithm>
#include <array>

#include "cli/ec2.h"
#include "cli/format.h"
#include "cli/patience.h"
#include "cli/temporary_instance.h"

namespace argosy::cli {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// EC2 is eventually consistent: so long may it not know an id that it has just given out.
constexpr std::chrono::seconds kVisibleAfter{60};

bool has_ended(std::string_view state) {
  constexpr std::array<std::string_view, 4> kEnds{"stopping", "stopped", "shutting-down", "terminated"};
  return std::ranges::find(kEnds, state) != kEnds.end();
}

/// As it can be shown to a person.
std::string show_line(std::string_view line) {
  while (line.ends_with('\r')) line.remove_suffix(1);  // consoles end lines with it
  return show_text(to_utf8(line));
}

bool is_blank(std::string_view text) { return text.find_first_not_of(' ') == std::string_view::npos; }

Failure ended_early(LaunchWish const& wish, LaunchReport const& report, std::string const& reason) {
  return Failure(Exit::failed, report.instance_id + " is " + report.state + ", and there was " +
                                   (wish.expected.empty() ? std::string("nothing")
                                                          : "no line with \"" + wish.expected + "\"") +
                                   " in its console output" + (reason.empty() ? "" : ": " + reason));
}

/// Its volumes go with it, also where the image would keep them.
ec2::RunInstancesRequest to_request(LaunchWish const& wish, ec2::Image const& image) {
  ec2::RunInstancesRequest request;
  request.image_id = wish.image_id;
  request.instance_type = wish.instance_type;
  request.min_count = 1;
  request.max_count = 1;
  auto& tags = request.tag_specification.emplace_back();
  tags.resource_type = "instance";
  tags.tag.push_back({"Name", "argosy verify --launch"});
  for (auto const& disk : image.block_device_mapping) {
    if (!disk.ebs) continue;
    auto& mapping = request.block_device_mapping.emplace_back();
    mapping.device_name = disk.device_name;
    mapping.ebs.emplace().delete_on_termination = true;
  }
  return request;
}

/// Until the line is there: then `report.line` is.
Outcome<void> watch(Session& session, LaunchWish const& wish, std::chrono::milliseconds limit,
                    Terminal& terminal, Terminal::Line line, LaunchReport& report) {
  Patience patience(limit, [&] { terminal.update(line, {kTryingAgain, 0, 0, std::nullopt}); });
  Pauses pauses;
  auto const began = SteadyClock::now();
  while (true) {
    auto instance = patience.persist([&] { return find_instance(session, report.instance_id); });
    bool const not_yet = !instance && instance.error().code == "InvalidInstanceID.NotFound" &&
                         SteadyClock::now() - began < kVisibleAfter;
    if (!instance && !not_yet) return std::unexpected(std::move(instance).error());
    auto const state = instance ? state_of(*instance) : "pending";
    if (state != report.state) patience.progressed();
    report.state = state;
    terminal.update(line, {state, 0, 0, std::nullopt});
    // After the state: what an instance that has ended wrote is complete.
    auto const console = state == "pending" ? std::string() : TRY(patience.persist([&] {
      return console_output(session, report.instance_id);
    }));
    if (auto found = find_line(console, wish.expected)) {
      report.line = std::move(*found);
      return {};
    }
    if (has_ended(state)) return std::unexpected(ended_early(wish, report, reason_of(*instance)));
    TRY(patience.pause(pauses));
  }
}

}  // namespace

std::optional<std::string> find_line(std::string_view console, std::string_view expected) {
  while (!console.empty()) {
    auto const end = console.find('\n');
    auto line = show_line(console.substr(0, end));
    if (expected.empty() ? !is_blank(line) : line.contains(expected)) return line;
    if (end == std::string_view::npos) break;
    console.remove_prefix(end + 1);
  }
  return std::nullopt;
}

Outcome<void> launch_and_watch(Session& session, LaunchWish const& wish, std::chrono::milliseconds limit,
                               Terminal& terminal, LaunchReport& report) {
  auto const image = TRY(find_image(session, wish.image_id));
  auto const began = SteadyClock::now();
  auto instance = TRY(TemporaryInstance::start(session, to_request(wish, image), terminal));
  report.instance_id = instance->id();
  auto const line = terminal.begin(report.instance_id);
  auto watched = watch(session, wish, limit, terminal, line, report);
  terminal.end(line);
  report.took = std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - began);
  auto const ended = instance->terminate();
  report.terminated = ended.has_value();
  return watched ? ended : watched;
}

}  // namespace argosy::cli
