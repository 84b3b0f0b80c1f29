// cli/program.cpp - see program.h.
#include "cli/program.h"

#include <unistd.h>

#include <cstdio>

#include "cli/completion.h"
#include "cli/format.h"

namespace argosy::cli {
namespace {

/// The first line stands alone under NAME in the manual.
constexpr char const* kSummary =
    R"(Argosy: machine images in several regions.
Speaks the EC2, EBS direct and KMS APIs: to argosyd with --endpoint-url or AWS_ENDPOINT_URL, to AWS itself
without.
)";

constexpr char const* kFooter = R"(The main job:
  argosy import disk.qcow2 --name web-1 --region us-east-1       prints ami-…
  argosy copy us-east-1/ami-… --to us-west-2,eu-west-1           to several regions at once
  argosy share us-west-2/ami-… 123456789012                      who may start it
  argosy ls --shared-with-me --all-regions                       as the recipient
  argosy unshare us-west-2/ami-… 123456789012                    take it back
  argosy why --account 123456789012 us-west-2/ami-…              when he cannot start it

Each verb teaches with examples: argosy copy --help

An image is written REGION/ami-… or ami-… alone, then in the region of --region, AWS_REGION, AWS_DEFAULT_REGION
or the profile; REGION/name:NAME is your own image of that name. PROFILE: before it, as in lab:us-east-1/ami-…,
takes account, endpoint and region from that profile. Credentials: AWS_ACCESS_KEY_ID and
AWS_SECRET_ACCESS_KEY, or a profile of AWS's own files. HTTPS_PROXY is not used.

Exit codes: 0 done; 1 failed; 2 verify found a difference; 3 partly done, run it again for the rest;
4 refused, nothing was changed; 5 temporary, try later; 6 nothing moved for --timeout, the work goes on at
the server; 7 in use or protected; 8 another run is at it; 129, 130, 143 interrupted; 252 usage;
253 configuration or credentials; 254 the service answered with an error.
)";

/// What the shells' scripts call; no verb, so that its words are taken as they are.
constexpr std::string_view kComplete = "__complete";

}  // namespace

Program::Program() : app_(kSummary, "argosy") {
  app_.set_version_flag("--version", "argosy " ARGOSY_VERSION, "Print the version and end");
  app_.require_subcommand(0, 1);
  app_.failure_message([](CLI::App const* app, CLI::Error const& error) {
    std::string verb;
    for (auto chosen = app->get_subcommands(); !chosen.empty(); chosen = chosen.front()->get_subcommands())
      verb += " " + chosen.front()->get_name();
    return "argosy: " + std::string(error.what()) + "\n  See argosy" + verb + " --help.\n";
  });
  app_.footer(kFooter);
  app_.get_formatter()->column_width(34);
  add_import(*this);
  add_export(*this);
  add_attach(*this);
  add_ls(*this);
  add_show(*this);
  add_copy(*this);
  add_share(*this);
  add_unshare(*this);
  add_why(*this);
  add_wait(*this);
  add_verify(*this);
  add_connect(*this);
  add_deregister(*this);
  add_snapshot(*this);
  add_key(*this);
  add_doctor(*this);
  add_completion(*this);
  add_man(*this);
  add_shared_options(app_);  // last: so they stand last in the help
}

CLI::App& Program::begin_verb(std::string const& name, std::string const& summary,
                              std::string const& examples) {
  auto blank = name.find(' ');
  auto& parent = blank == std::string::npos ? app_ : *app_.get_subcommand(name.substr(0, blank));
  auto& verb = *parent.add_subcommand(blank == std::string::npos ? name : name.substr(blank + 1), summary);
  verb.footer("Examples:\n" + examples);
  return verb;
}

void Program::add_group(std::string const& name, std::string const& summary, std::string const& footer) {
  app_.add_subcommand(name, summary)->require_subcommand(1)->footer(footer);
}

void Program::add_shared_options(CLI::App& app) {
  std::string const group = "Options of every verb";
  app.set_help_flag("-h,--help", "Print this and end")->group(group);
  add_values(app, "-r,--region", flags_.regions, "Region; where several make sense, repeated or with commas")
      .group(group)
      ->option_text("REGIONS");
  app.add_option("--profile", flags_.profile, "Profile in the config and credentials files of AWS")
      ->group(group)
      ->option_text("PROFILE");
  app.add_option("--endpoint-url", flags_.endpoint_url, "Where the service is, e.g. http://127.0.0.1:8080")
      ->group(group)
      ->option_text("URL");
  app.add_option("-o,--output", flags_.output, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->group(group)
      ->option_text("FORMAT");
  app.add_option("--timeout", flags_.timeout,
                 "Give up waiting when nothing moved for so long: 90s, 30m (the default), 2h")
      ->group(group)
      ->option_text("TIME");
  app.add_flag("-q,--quiet", flags_.quiet, "Only data and errors")->group(group);
  app.add_flag("--no-progress", flags_.no_progress, "Neither bars nor lines of progress")->group(group);
  for (auto* below : app.get_subcommands({})) add_shared_options(*below);
}

Exit Program::run(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == kComplete) {
    print_completion(app_, {argv + 2, argv + argc});
    return Exit::done;
  }
  try {
    app_.parse(argc, argv);
  } catch (CLI::ParseError const& error) {
    bool asked = error.get_exit_code() == 0;  // --help, --version
    app_.exit(error);
    return asked ? Exit::done : Exit::usage;
  }
  if (!job_) {
    std::fputs(app_.help().c_str(), stderr);
    return Exit::usage;
  }
  auto format = flags_.output == "json" ? Format::json : Format::table;
  auto style = choose_progress_style(flags_, process_environment(), isatty(STDERR_FILENO) == 1);
  Terminal terminal(format, style, flags_.quiet);
  auto outcome = job_(terminal);
  if (!outcome) {
    if (format == Format::json) terminal.print(boost::json::object{{"error", to_json(outcome.error())}});
    terminal.complain("argosy: " + explain(outcome.error()));
  }
  if (auto finished = terminal.finish(); !finished) {
    terminal.complain("argosy: " + explain(finished.error()));
    return Exit::failed;
  }
  return outcome ? *outcome : outcome.error().exit;
}

CLI::App const* find_verb(CLI::App const& above, std::string_view name) {
  auto found = above.get_subcommands([&](CLI::App const* verb) { return verb->get_name() == name; });
  return found.empty() ? nullptr : found.front();
}

CLI::Option& add_values(CLI::App& app, std::string const& names, std::vector<std::string>& values,
                        std::string const& description) {
  return *app.add_option(names, values, description)->delimiter(',')->allow_extra_args(false);
}

}  // namespace argosy::cli
