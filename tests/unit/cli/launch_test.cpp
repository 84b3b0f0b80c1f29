#include "cli/launch.h"

#include <gtest/gtest.h>

#include "cli/patience.h"
#include "unit/cli/scripted_service.h"

namespace argosy::cli {
namespace {

std::string instance(std::string const& state, std::string const& reason = "") {
  return "<R><reservationSet><item><instancesSet><item><instanceId>i-1</instanceId><instanceState><name>" +
         state + "</name></instanceState>" +
         (reason.empty() ? ""
                         : "<stateReason><code>" + reason + "</code><message>why</message></stateReason>") +
         "</item></instancesSet></item></reservationSet></R>";
}
std::string console(std::string const& text) {
  return "<R><output>" + to_base64(as_bytes(text)) + "</output></R>";
}

class Launch : public testing::Test {
 protected:
  Launch() {
    service_.answers["DescribeImages"] = {
        "<R><imagesSet><item><imageId>ami-1</imageId><blockDeviceMapping>"
        "<item><deviceName>/dev/xvda</deviceName>"
        "<ebs><deleteOnTermination>false</deleteOnTermination></ebs></item>"
        "<item><deviceName>/dev/sdb</deviceName><virtualName>ephemeral0</virtualName></item>"
        "<item><deviceName>/dev/sdf</deviceName><ebs><volumeSize>1</volumeSize></ebs></item>"
        "</blockDeviceMapping></item></imagesSet></R>"};
    service_.answers["RunInstances"] = {
        "<R><instancesSet><item><instanceId>i-1</instanceId></item></instancesSet></R>"};
    service_.answers["TerminateInstances"] = {"<R/>"};
    service_.answers["DescribeInstances"] = {instance("pending"), instance("running")};
    service_.answers["GetConsoleOutput"] = {"<R/>", console("kernel\r\nboot"),
                                            console("kernel\r\nbooted\r\n")};
  }
  Outcome<void> launch(std::string const& expected,
                       std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    auto session = service_.open();
    return launch_and_watch(*session, {"ami-1", "t3.nano", expected}, limit, terminal_, report_);
  }

  ScriptedService service_;
  Terminal terminal_{Format::table, ProgressStyle::none, true};
  LaunchReport report_;
};

TEST_F(Launch, ends_with_the_line_that_was_waited_for) {
  auto launched = launch("booted");
  ASSERT_TRUE(launched) << explain(launched.error());
  EXPECT_EQ(report_.line, "booted");
  EXPECT_EQ(report_.state, "running");
  EXPECT_TRUE(report_.terminated);
  EXPECT_EQ(service_.parameter("RunInstances", "ImageId"), "ami-1");
  EXPECT_EQ(service_.parameter("RunInstances", "InstanceType"), "t3.nano");
  EXPECT_EQ(service_.parameter("RunInstances", "MaxCount"), "1");
  EXPECT_FALSE(service_.parameter("RunInstances", "ClientToken").empty());
  EXPECT_EQ(service_.parameter("TerminateInstances", "InstanceId.1"), "i-1");
  EXPECT_EQ(service_.count("TerminateInstances"), 1);
}

TEST_F(Launch, leaves_no_volume_behind_that_the_image_would_keep) {
  ASSERT_TRUE(launch("booted"));
  auto mapping = [&](std::string const& member) {
    return service_.parameter("RunInstances", "BlockDeviceMapping." + member);
  };
  EXPECT_EQ(mapping("1.DeviceName"), "/dev/xvda");
  EXPECT_EQ(mapping("1.Ebs.DeleteOnTermination"), "true");
  EXPECT_EQ(mapping("2.DeviceName"), "/dev/sdf");
  EXPECT_EQ(mapping("2.Ebs.DeleteOnTermination"), "true");
  EXPECT_EQ(mapping("2.Ebs.VolumeSize"), "") << "the image says it";
  EXPECT_EQ(mapping("3.DeviceName"), "");
}

TEST_F(Launch, takes_the_first_line_at_all_where_none_is_expected) {
  ASSERT_TRUE(launch(""));
  EXPECT_EQ(report_.line, "kernel");
}

TEST_F(Launch, reads_what_a_machine_wrote_before_it_powered_off) {
  service_.answers["DescribeInstances"] = {instance("stopped")};
  service_.answers["GetConsoleOutput"] = {console("done")};
  ASSERT_TRUE(launch("done"));
  EXPECT_EQ(report_.state, "stopped");
}

TEST_F(Launch, fails_with_the_reason_of_an_instance_that_ended) {
  service_.answers["DescribeInstances"] = {instance("pending"),
                                           instance("terminated", "Client.InternalError")};
  service_.answers["GetConsoleOutput"] = {"<R/>"};
  auto launched = launch("booted");
  ASSERT_FALSE(launched);
  EXPECT_EQ(launched.error().exit, Exit::failed);
  EXPECT_NE(launched.error().message.find("Client.InternalError: why"), std::string::npos);
  EXPECT_TRUE(report_.terminated);
}

TEST_F(Launch, gives_up_when_the_line_does_not_come_and_still_terminates) {
  service_.answers["GetConsoleOutput"] = {console("something else")};
  auto launched = launch("booted", std::chrono::milliseconds(300));
  ASSERT_FALSE(launched);
  EXPECT_EQ(launched.error().exit, Exit::timed_out);
  EXPECT_EQ(service_.count("TerminateInstances"), 1);
}

TEST_F(Launch, that_is_refused_leaves_nothing_to_terminate) {
  service_.answers["RunInstances"] = {ec2_error("InvalidAMIID.Unavailable")};
  auto launched = launch("booted");
  ASSERT_FALSE(launched);
  EXPECT_EQ(launched.error().exit, Exit::service);
  EXPECT_EQ(service_.count("TerminateInstances"), 0);
  EXPECT_TRUE(report_.instance_id.empty());
}

TEST_F(Launch, without_an_answer_is_tried_again_with_the_same_token) {
  service_.answers["RunInstances"].push_front(kNoAnswer);
  EXPECT_TRUE(launch("booted"));
  auto const tokens = service_.parameters("RunInstances", "ClientToken");
  ASSERT_EQ(tokens.size(), 2U);
  EXPECT_EQ(tokens[0], tokens[1]);
}

TEST_F(Launch, whose_last_attempt_was_turned_away_may_have_begun_with_one_before_it) {
  for (auto const* code : {"RequestLimitExceeded", "Unavailable"})
    service_.answers["RunInstances"].push_front(ec2_error(code));
  EXPECT_TRUE(launch("booted"));
  EXPECT_EQ(service_.count("RunInstances"), 3);
}

TEST_F(Launch, for_which_there_is_no_room_is_not_tried_again) {
  service_.answers["RunInstances"].push_front(ec2_error("InsufficientInstanceCapacity"));
  auto launched = launch("booted");
  ASSERT_FALSE(launched);
  EXPECT_EQ(launched.error().exit, Exit::temporary);
  EXPECT_EQ(launched.error().message, "no") << "nothing is to be looked for";
  EXPECT_EQ(service_.count("RunInstances"), 1);
}

TEST_F(Launch, says_that_it_waits_for_an_answer) {
  service_.answers["DescribeInstances"] = std::deque<std::string>(25, kNoAnswer);
  service_.answers["DescribeInstances"].push_back(instance("running"));
  Terminal lines(Format::table, ProgressStyle::lines, false);
  auto session = service_.open();
  testing::internal::CaptureStderr();
  auto launched =
      launch_and_watch(*session, {"ami-1", "t3.nano", "booted"}, std::chrono::seconds(20), lines, report_);
  auto const said = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(launched);
  EXPECT_NE(said.find(kTryingAgain), said.npos) << said;
}

TEST_F(Launch, does_not_mind_that_the_instance_is_not_known_at_once) {
  service_.answers["DescribeInstances"].push_front(ec2_error("InvalidInstanceID.NotFound"));
  EXPECT_TRUE(launch("booted"));
}

TEST_F(Launch, terminates_also_what_is_not_known_at_once) {
  service_.answers["TerminateInstances"].push_front(ec2_error("InvalidInstanceID.NotFound"));
  EXPECT_TRUE(launch("booted"));
  EXPECT_TRUE(report_.terminated);
  EXPECT_EQ(service_.count("TerminateInstances"), 2);
}

TEST_F(Launch, asks_older_types_for_the_output_that_they_have) {
  service_.answers["GetConsoleOutput"] = {ec2_error("UnsupportedOperation"), console("booted")};
  EXPECT_TRUE(launch("booted"));
  EXPECT_EQ(service_.parameter("GetConsoleOutput", "Latest"), "");
}

TEST_F(Launch, says_that_it_could_not_terminate) {
  service_.answers["TerminateInstances"] = {ec2_error("OperationNotPermitted")};
  auto launched = launch("booted");
  ASSERT_FALSE(launched);
  EXPECT_EQ(launched.error().exit, Exit::guarded);
  EXPECT_FALSE(report_.terminated);
}

TEST(ConsoleLine, is_found_by_a_part_of_it) {
  EXPECT_EQ(find_line("a\r\nlogin: \r\n", "login"), "login: ");
  EXPECT_EQ(find_line("a\nlogin", "login"), "login");
  EXPECT_EQ(find_line("a\nb\n", "login"), std::nullopt);
  EXPECT_EQ(find_line("", ""), std::nullopt);
  EXPECT_EQ(find_line("\r\n  \r\n\nfirst\n", ""), "first");
}

TEST(ConsoleLine, does_nothing_to_the_terminal_that_shows_it) {
  EXPECT_EQ(find_line("\x1b]0;evil\x07\x1b[2Jhello\n", "hello"), " ]0;evil  [2Jhello");
  EXPECT_EQ(find_line("\xc2\x9b"
                      "2J\xc2\x9d"
                      "0;evil\xc2\x9chello\n",
                      "hello"),
            " 2J 0;evil hello")
      << "U+0080 to U+009F are control characters, too";
}

}  // namespace
}  // namespace argosy::cli
