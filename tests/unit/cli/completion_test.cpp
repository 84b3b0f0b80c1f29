#include "cli/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace argosy::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A small tree, and what is offered for a line of it.
class Line : public testing::Test {
 protected:
  Line() {
    app_.add_option("--profile", text_)->option_text("PROFILE");
    app_.add_option("--endpoint-url", text_)->option_text("URL");
    auto* copy = app_.add_subcommand("copy", "Copy it");
    copy->add_option("SOURCE", text_, "");
    copy->add_option("--to", texts_)->option_text("REGIONS");
    copy->add_option("-o,--output", text_)->check(CLI::IsMember({"table", "json"}));
    copy->add_flag("--wait", wait_, "Stay");
    auto* put = app_.add_subcommand("put", "Put it");
    put->add_option("FILE", texts_, "");
    auto* open = app_.add_subcommand("open", "Open it");
    open->add_option("KEY", text_, "");
    open->add_option("REGION", text_, "");
    app_.add_subcommand("snapshot", "Of disks")->add_subcommand("rm", "Delete");
    lookups_.profiles = [] { return std::vector<std::string>{"lab", "live"}; };
    lookups_.regions = [] { return std::vector<std::string>{"us-east-1", "us-west-2"}; };
    lookups_.images = [](std::string const& profile, std::string const& region) {
      return std::vector<Candidate>{{"ami-" + profile + region, "web"}};
    };
    lookups_.keys = [](std::string const& profile, std::string const& region) {
      return std::vector<Candidate>{{"alias/" + profile + region, "its id"}};
    };
  }
  std::vector<std::string> offered(std::vector<std::string> const& words) {
    std::vector<std::string> out;
    for (auto const& candidate : complete(app_, words, lookups_).candidates) out.push_back(candidate.word);
    return out;
  }
  CLI::App app_;
  Lookups lookups_;
  bool wait_ = false;
  std::string text_;
  std::vector<std::string> texts_;
};

TEST_F(Line, is_completed_with_commands_and_those_below_them) {
  EXPECT_THAT(offered({""}), ElementsAre("copy", "put", "open", "snapshot"));
  EXPECT_THAT(offered({"co"}), ElementsAre("copy"));
  EXPECT_THAT(offered({"snapshot", ""}), ElementsAre("rm"));
  EXPECT_THAT(offered({"x"}), IsEmpty());
  EXPECT_EQ(complete(app_, {"co"}, lookups_).candidates.front().meaning, "Copy it");
}

TEST_F(Line, is_completed_with_the_options_of_its_command) {
  EXPECT_THAT(offered({"copy", "--"}), ElementsAre("--help", "--to", "--output", "--wait"));
  EXPECT_THAT(offered({"copy", "--wait", "--to", "us-east-1", "--w"}), ElementsAre("--wait"));
}

TEST_F(Line, is_completed_with_the_values_of_an_option) {
  EXPECT_THAT(offered({"copy", "--output", ""}), ElementsAre("table", "json"));
  EXPECT_THAT(offered({"copy", "-o", "j"}), ElementsAre("json"));
  EXPECT_THAT(offered({"copy", "--output", "=", "j"}), ElementsAre("json"));
  EXPECT_THAT(offered({"copy", "--output=t"}), ElementsAre("--output=table"));
  EXPECT_THAT(offered({"--profile", "li"}), ElementsAre("live"));
  EXPECT_THAT(offered({"copy", "--to", "us-w"}), ElementsAre("us-west-2"));
  EXPECT_THAT(offered({"copy", "--to", "us-west-2,us-e"}), ElementsAre("us-west-2,us-east-1"));
}

TEST_F(Line, is_completed_also_behind_what_bash_splits) {
  EXPECT_THAT(offered({"--endpoint-url", "http", ":", "//127.0.0.1", ":", "8080", "copy", "us-e"}),
              ElementsAre("us-east-1/"));
  EXPECT_THAT(offered({"--endpoint-url", "=", "http", ":", "//h", ":", "8080", "--profile", "li"}),
              ElementsAre("live"));
  EXPECT_THAT(offered({"--profile", "me", "@", "lab", "copy", "us-e"}), ElementsAre("us-east-1/"));
  EXPECT_THAT(offered({"copy", "--output", "="}), ElementsAre("table", "json"));
  EXPECT_THAT(offered({"copy", "--output", "=", ""}), ElementsAre("us-east-1/", "us-west-2/"))
      << "a blank ends a word";
}

TEST_F(Line, is_completed_with_images_and_files_where_they_are_arguments) {
  EXPECT_THAT(offered({"copy", "us-e"}), ElementsAre("us-east-1/"));
  EXPECT_THAT(offered({"copy", "us-east-1/"}), ElementsAre("us-east-1/ami-us-east-1"));
  EXPECT_THAT(offered({"copy", "us-east-1/ami-1", ""}), IsEmpty()) << "it takes one image";
  EXPECT_TRUE(complete(app_, {"put", "a", "b"}, lookups_).files) << "it takes several files";
}

TEST_F(Line, is_completed_behind_a_profile_with_what_that_one_sees) {
  EXPECT_THAT(offered({"copy", "lab:us-e"}), ElementsAre("lab:us-east-1/"));
  EXPECT_THAT(offered({"copy", "lab:us-east-1/a"}), ElementsAre("lab:us-east-1/ami-labus-east-1"));
  EXPECT_THAT(offered({"copy", "lab", ":", "us-e"}), ElementsAre("us-east-1/")) << "bash keeps the colon";
  EXPECT_THAT(offered({"copy", "lab", ":"}), ElementsAre("us-east-1/", "us-west-2/"));
  EXPECT_THAT(offered({"copy", "lab", ":", "us-east-1/"}), ElementsAre("us-east-1/ami-labus-east-1"));
  EXPECT_THAT(offered({"open", "lab:us-w"}), ElementsAre("lab:us-west-2/"));
  EXPECT_THAT(offered({"open", "lab:us-west-2/"}), ElementsAre("lab:us-west-2/alias/labus-west-2"));
}

TEST_F(Line, is_not_completed_behind_a_name_or_the_beginning_of_an_arn) {
  EXPECT_THAT(offered({"copy", "name:"}), IsEmpty());
  EXPECT_THAT(offered({"open", "arn:"}), IsEmpty());
}

TEST_F(Line, is_completed_with_keys_and_regions_where_they_are_arguments) {
  EXPECT_THAT(offered({"open", "us-w"}), ElementsAre("us-west-2/"));
  EXPECT_THAT(offered({"open", "us-west-2/al"}), ElementsAre("us-west-2/alias/us-west-2"));
  EXPECT_THAT(offered({"open", "us-west-2/alias/images", "us-e"}), ElementsAre("us-east-1"));
}

}  // namespace
}  // namespace argosy::cli
