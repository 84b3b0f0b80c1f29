#include "manual/manual.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/Config.hpp>

namespace argosy::manual {
namespace {

using testing::HasSubstr;
using testing::Not;

class Page : public testing::Test {
 protected:
  Page() : app_("Serve images\nMore of it.", "serve") {
    app_.add_option("-p,--port", port_, "Where it listens")->option_text("PORT");
    auto* make = app_.add_subcommand("make", "Make a thing");
    make->add_option("THING", thing_, "Its name");
    make->add_option("-p,--port", port_, "Where it listens");
    make->add_flag("--fast", fast_, "In no time");
    make->footer(".in the beginning\nback\\slash 'quoted' \xe2\x80\xa6\n");
    app_.add_subcommand("secret", "Not for people")->group("");
  }
  CLI::App app_;
  bool fast_ = false;
  int port_ = 0;
  std::string thing_;
};

TEST_F(Page, names_the_command_its_options_and_those_below) {
  auto page = write_page(app_, "serve", {"serve 1", 8, "other(1)"}, Below::names);
  EXPECT_THAT(page, HasSubstr(".TH SERVE 8 \"\" \"serve 1\"\n.SH NAME\nserve \\- Serve images\n"));
  EXPECT_THAT(page, HasSubstr("\\fB\\-p\\fR, \\fB\\-\\-port\\fR \\fIPORT\\fR\nWhere it listens\n"));
  EXPECT_THAT(page, HasSubstr(".TP\n\\fBmake\\fR\nMake a thing\n"));
  EXPECT_THAT(page, HasSubstr(".SH SEE ALSO\nother(1)\n"));
  EXPECT_THAT(page, Not(HasSubstr("secret")));
  EXPECT_THAT(page, Not(HasSubstr("fast")));
}

TEST_F(Page, has_a_section_for_each_command_below_without_what_stands_above) {
  auto page = write_page(app_, "serve", {"serve 1", 8, ""}, Below::all);
  auto section = page.substr(page.find(".SH SERVE MAKE"));
  EXPECT_THAT(section, HasSubstr("\\fBserve make\\fR [\\fIOPTIONS\\fR] \\fITHING\\fR"));
  EXPECT_THAT(section, HasSubstr("\\-\\-fast"));
  EXPECT_THAT(section, Not(HasSubstr("\\-\\-port")));
}

TEST_F(Page, shows_every_character_as_it_is) {
  auto page = write_page(app_, "serve", {"serve 1", 8, ""}, Below::all);
  EXPECT_THAT(page, HasSubstr("\n\\&.in the beginning\nback\\eslash \\(aqquoted\\(aq \\[u2026]\n"));
}

}  // namespace
}  // namespace argosy::manual
