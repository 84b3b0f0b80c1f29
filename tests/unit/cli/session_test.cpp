#include "cli/session.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "cli/ec2.h"
#include "unit/cli/scripted_service.h"

namespace argosy::cli {
namespace {

http::Response response(int status, std::string_view body, http::Headers headers = {}) {
  return {status, std::move(headers), to_bytes(as_bytes(body)), {}};
}

TEST(Ec2Failure, has_code_message_and_request_id) {
  auto failure = read_ec2_failure(response(400,
                                           "<Response><Errors><Error><Code>InvalidAMIID.NotFound</"
                                           "Code><Message>The image id '[ami-1]' does not exist</Message>"
                                           "</Error></Errors><RequestID>ea966190</RequestID></Response>"));
  EXPECT_EQ(failure.code, "InvalidAMIID.NotFound");
  EXPECT_EQ(failure.message, "The image id '[ami-1]' does not exist");
  EXPECT_EQ(failure.request_id, "ea966190");
  EXPECT_EQ(failure.exit, Exit::service);
}

TEST(Ec2Failure, of_what_is_in_use_or_protected_has_an_exit_code_of_its_own) {
  for (auto code : {"InvalidSnapshot.InUse", "OperationNotPermitted"})
    EXPECT_EQ(Failure(Error{Fault::conflict, code, ""}).exit, Exit::guarded) << code;
}

TEST(StsFailure, has_code_message_and_request_id) {
  auto failure =
      read_sts_failure(response(403,
                                "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</"
                                "Code><Message>no</Message></Error>"
                                "<RequestId>7</RequestId></ErrorResponse>"));
  EXPECT_EQ(failure.code, "InvalidClientTokenId");
  EXPECT_EQ(failure.message, "no");
  EXPECT_EQ(failure.request_id, "7");
}

TEST(EbsFailure, has_type_message_reason_and_request_id) {
  auto failure = read_ebs_failure(
      response(400, R"({"Message":"bad block","Reason":"INVALID_BLOCK"})",
               {{"x-amzn-ErrorType", "ValidationException:http://x"}, {"x-amzn-RequestId", "7"}}));
  EXPECT_EQ(failure.code, "ValidationException");
  EXPECT_EQ(failure.message, "bad block (INVALID_BLOCK)");
  EXPECT_EQ(failure.request_id, "7");
}

TEST(KmsFailure, has_type_message_and_request_id_wherever_the_type_stands) {
  for (auto const& answer :
       {response(400, R"({"__type":"com.amazonaws.kms#NotFoundException","message":"no key"})",
                 {{"x-amzn-RequestId", "7"}}),
        response(400, R"({"Message":"no key"})",
                 {{"x-amzn-ErrorType", "NotFoundException:http://x"}, {"x-amzn-RequestId", "7"}})}) {
    auto failure = read_kms_failure(answer);
    EXPECT_EQ(failure.code, "NotFoundException");
    EXPECT_EQ(failure.message, "no key");
    EXPECT_EQ(failure.request_id, "7");
    EXPECT_EQ(failure.exit, Exit::service);
  }
}

TEST(OtherServers, are_told_from_the_service) {
  for (auto const& failure :
       {read_ec2_failure(response(404, "<html><body>nginx</body></html>")),
        read_ec2_failure(response(404, "not found")), read_ebs_failure(response(404, "not found")),
        read_kms_failure(response(404, "[]"))}) {
    EXPECT_TRUE(failure.code.empty());
    EXPECT_NE(failure.message.find("is the endpoint URL right?"), std::string::npos);
    EXPECT_EQ(failure.exit, Exit::failed);
  }
  EXPECT_EQ(read_ec2_failure(response(502, "bad gateway")).exit, Exit::temporary);
}

TEST(AwsEndpoint, follows_the_partition) {
  EXPECT_EQ(aws_endpoint_url("ec2", "us-east-1"), "https://ec2.us-east-1.amazonaws.com");
  EXPECT_EQ(aws_endpoint_url("ebs", "cn-north-1"), "https://ebs.cn-north-1.amazonaws.com.cn");
}

TEST(Session, takes_other_credentials_when_its_own_have_run_out) {
  constexpr char const* kRegions =
      "<R><regionInfo><item><regionName>us-west-2</regionName></item></regionInfo></R>";
  ScriptedService service;
  int resolved = 0;
  service.settings.resolve_again = [&]() -> Outcome<Settings> {
    auto settings = service.settings;
    settings.credentials = remote::Credentials{"AKIANEW", "secret", "token"};
    ++resolved;
    return settings;
  };
  auto session = service.open();
  for (auto const* code : {"RequestExpired", "ExpiredToken"})
    service.answers["DescribeRegions"].push_back(ec2_error(code));
  service.answers["DescribeRegions"].push_back(kRegions);
  auto failed = describe_regions(*session);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, "ExpiredToken") << "once only";
  EXPECT_EQ(session->credentials().access_key_id, "AKIANEW");
  EXPECT_TRUE(describe_regions(*session));
  EXPECT_EQ(service.count("DescribeRegions"), 3);
  service.answers["DescribeRegions"] = {ec2_error("RequestExpired")};
  EXPECT_FALSE(describe_regions(*session));
  EXPECT_EQ(service.count("DescribeRegions"), 4) << "there are no others";
  EXPECT_EQ(resolved, 2);
}

TEST(Session, signs_each_attempt_anew) {
  std::set<std::string> dates;
  ScriptedService service;
  service.settings.max_attempts = 3;
  {
    auto server = *http::Server::start(
        {},
        [&](http::Request const& request) {
          dates.emplace(http::find_header(request.headers, "x-amz-date").value_or(""));
          std::this_thread::sleep_for(std::chrono::milliseconds(1'100));
          return http::Response{503, {}, {}, {}};
        },
        [](int status, std::string_view) {
          return http::Response{status, {}, {}, {}};
        });
    service.settings.endpoint_urls["ec2"] = "http://127.0.0.1:" + std::to_string(server->port());
    EXPECT_FALSE(describe_regions(*service.open()));
  }
  EXPECT_EQ(dates.size(), 3U);
}

TEST(Session, asks_again_where_its_region_is_when_there_was_no_answer) {
  ScriptedService service;
  auto session = service.open();
  std::string const elsewhere =
      "<Response><Errors><Error><Code>AuthFailure</Code><Message>Credential should be scoped to a valid "
      "region."
      "</Message></Error></Errors></Response>";
  service.answers["DescribeImages"] = {elsewhere};
  service.answers["DescribeRegions"] = {ec2_error("Unavailable"), "<R><regionInfo/></R>"};
  for (int calls = 0; calls < 3; ++calls)
    EXPECT_EQ(find_image(*session, "ami-1").error().code, "AuthFailure");
  EXPECT_EQ(service.count("DescribeRegions"), 2) << "once it has answered it is not asked again";
}

TEST(Lists, come_in_pages_unless_ids_are_named) {
  ScriptedService service;
  auto session = service.open();
  service.answers["DescribeImages"] = {
      "<R><imagesSet><item><imageId>ami-1</imageId></item></imagesSet><nextToken>t</nextToken></R>",
      "<R><imagesSet/></R>"};
  EXPECT_EQ(describe_own_images(*session, {})->size(), 1U);
  EXPECT_EQ(service.parameters("DescribeImages", "MaxResults"), (std::vector<std::string>{"1000", "1000"}));
  EXPECT_EQ(service.parameter("DescribeImages", "NextToken"), "t");
  service.answers["DescribeSnapshots"] = {"<R/>"};
  EXPECT_TRUE(describe_snapshots(*session, {}));
  EXPECT_EQ(service.parameter("DescribeSnapshots", "MaxResults"), "1000");
  EXPECT_FALSE(find_snapshot(*session, "snap-1"));
  EXPECT_EQ(service.parameter("DescribeSnapshots", "MaxResults"), "");
}

TEST(OwnSnapshots, are_asked_for_by_filters_which_leave_out_what_is_gone) {
  ScriptedService service;
  auto session = service.open();
  service.answers["DescribeSnapshots"] = {
      "<R><snapshotSet><item><snapshotId>snap-1</snapshotId></item></snapshotSet></R>", "<R/>"};
  std::vector<std::string> ids;
  for (int i = 1; i <= 201; ++i) ids.push_back("snap-" + std::to_string(i));
  EXPECT_EQ(own_snapshots(*session, ids)->size(), 1U);
  EXPECT_EQ(service.parameters("DescribeSnapshots", "SnapshotId.1"), (std::vector<std::string>{"", ""}));
  EXPECT_EQ(service.parameters("DescribeSnapshots", "Owner.1"), (std::vector<std::string>{"self", "self"}));
  EXPECT_EQ(service.parameters("DescribeSnapshots", "Filter.1.Value.1"),
            (std::vector<std::string>{"snap-1", "snap-201"}));
  EXPECT_EQ(service.parameter("DescribeSnapshots", "Filter.1.Name"), "snapshot-id");
  EXPECT_TRUE(own_snapshots(*session, {})->empty());
  EXPECT_EQ(service.count("DescribeSnapshots"), 2);
}

TEST(Session, refuses_an_endpoint_that_is_no_url) {
  Settings settings;
  settings.endpoint_urls["ec2"] = "127.0.0.1:80";
  EXPECT_EQ(Session::open(settings, "us-east-1").error().exit, Exit::configuration);
}

}  // namespace
}  // namespace argosy::cli
