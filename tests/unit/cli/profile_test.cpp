#include "cli/profile.h"

#include <gtest/gtest.h>

#include "cli/profile_files.h"

namespace argosy::cli {
namespace {

constexpr char const* kConfig = R"(
# comment
[default]
region = eu-west-1

[profile lab]
region=us-west-2   # where the lab is
endpoint_url = http://127.0.0.1:8000
services = lab-services
max_attempts = 7

[profile outside]
credential_process = /bin/keys --for "me"

[services lab-services]
ebs =
  endpoint_url = http://127.0.0.1:9000
)";
constexpr char const* kCredentials = R"(
[default]
aws_access_key_id = AKIADEFAULT
aws_secret_access_key = default-secret
[lab]
aws_access_key_id = AKIALAB
aws_secret_access_key = lab/secret+=
aws_session_token = token
)";

/// The two files in a home folder, and a process that answers `answer`.
Sources sources(Environment environment, std::string answer = "") {
  environment.emplace("HOME", "/home/me");
  return {std::move(environment),
          [](std::string const& path) -> std::optional<std::string> {
            if (path == "/home/me/.aws/config") return kConfig;
            if (path == "/home/me/.aws/credentials" || path == "/elsewhere") return kCredentials;
            return std::nullopt;
          },
          [answer](std::string const& command) -> Outcome<std::string> {
            if (command != "/bin/keys --for \"me\"")
              return stop(Exit::configuration, "unexpected command " + command);
            return answer;
          }};
}

TEST(Profile, default_one_is_used_when_nothing_is_said) {
  auto settings = resolve({}, sources({}));
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->credentials->access_key_id, "AKIADEFAULT");
  EXPECT_EQ(*settings->region(), "eu-west-1");
  EXPECT_TRUE(settings->endpoint_urls.empty());
}

TEST(Profile, environment_goes_before_the_profile_and_the_flag_before_both) {
  Environment environment{{"AWS_ACCESS_KEY_ID", "AKIAENV"},
                          {"AWS_SECRET_ACCESS_KEY", "s"},
                          {"AWS_REGION", "eu-west-3"},
                          {"AWS_DEFAULT_REGION", "eu-west-2"},
                          {"AWS_ENDPOINT_URL", "http://127.0.0.1:1"},
                          {"AWS_ENDPOINT_URL_EBS", "http://127.0.0.1:2"},
                          {"AWS_MAX_ATTEMPTS", "2"},
                          {"AWS_CA_BUNDLE", "/ca.pem"},
                          {"AWS_PROFILE", "lab"}};
  auto settings = resolve({}, sources(environment));
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->credentials->access_key_id, "AKIAENV");
  EXPECT_FALSE(settings->credentials->session_token);
  EXPECT_EQ(*settings->region(), "eu-west-3");
  EXPECT_EQ(settings->endpoint_urls["ec2"], "http://127.0.0.1:1");
  EXPECT_EQ(settings->endpoint_urls["ebs"], "http://127.0.0.1:2");
  EXPECT_EQ(settings->max_attempts, 2);
  EXPECT_EQ(settings->ca_path, "/ca.pem");

  Flags flags;
  flags.profile = "lab";
  flags.regions = {"us-east-1", "us-west-1"};
  flags.endpoint_url = "http://127.0.0.1:3";
  settings = resolve(flags, sources(environment));
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->credentials->access_key_id, "AKIALAB");
  EXPECT_EQ(settings->credentials->secret_access_key, "lab/secret+=");
  EXPECT_EQ(settings->credentials->session_token, "token");
  EXPECT_EQ(settings->regions, flags.regions);
  EXPECT_EQ(settings->endpoint_urls["ec2"], "http://127.0.0.1:3");
  EXPECT_EQ(settings->endpoint_urls["ebs"], "http://127.0.0.1:3");
}

TEST(Profile, named_one_gives_region_endpoints_and_attempts) {
  auto settings = resolve({}, sources({{"AWS_PROFILE", "lab"}}));
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(*settings->region(), "us-west-2");
  EXPECT_EQ(settings->endpoint_urls["ec2"], "http://127.0.0.1:8000");
  EXPECT_EQ(settings->endpoint_urls["ebs"], "http://127.0.0.1:9000");
  EXPECT_EQ(settings->max_attempts, 7);
}

TEST(Profile, beside_a_reference_goes_before_flags_and_environment) {
  Flags flags;
  flags.regions = {"us-east-1"};
  flags.endpoint_url = "http://127.0.0.1:3";
  auto settings = resolve(flags, sources({{"AWS_REGION", "eu-west-3"},
                                          {"AWS_ACCESS_KEY_ID", "AKIAENV"},
                                          {"AWS_SECRET_ACCESS_KEY", "s"},
                                          {"AWS_ENDPOINT_URL_EC2", "http://127.0.0.1:1"}}));
  ASSERT_TRUE(settings) << settings.error().message;
  auto lab = settings->of_profile("lab");
  ASSERT_TRUE(lab) << lab.error().message;
  EXPECT_EQ(lab->credentials->access_key_id, "AKIALAB");
  EXPECT_EQ(*lab->region(), "us-west-2");
  EXPECT_EQ(lab->endpoint_urls["ec2"], "http://127.0.0.1:8000");
  EXPECT_EQ(lab->endpoint_urls["ebs"], "http://127.0.0.1:9000");
  auto other = settings->of_profile("outside");  // says neither region nor endpoint
  ASSERT_TRUE(other) << other.error().message;
  EXPECT_EQ(other->endpoint_urls["ec2"], "http://127.0.0.1:3");
  EXPECT_EQ(*other->region(), "us-east-1");
  EXPECT_EQ(settings->of_profile("nobody").error().exit, Exit::configuration);
}

TEST(Profile, is_asked_again_for_credentials_that_changed_meanwhile) {
  auto changing = sources({{"AWS_PROFILE", "outside"}});
  int asked = 0;
  changing.run = [&](std::string const&) -> Outcome<std::string> {
    return R"({"Version":1,"AccessKeyId":"AKIA)" + std::to_string(++asked) + R"(","SecretAccessKey":"s"})";
  };
  auto settings = resolve({}, changing);
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->credentials->access_key_id, "AKIA1");
  EXPECT_EQ(settings->resolve_again()->credentials->access_key_id, "AKIA2");
  EXPECT_EQ(settings->of_profile("outside")->resolve_again()->credentials->access_key_id, "AKIA4");
}

TEST(Profile, of_a_role_or_of_single_sign_on_is_not_used_with_keys_that_it_has_too) {
  for (auto const* key :
       {"role_arn = arn:x", "Role_ARN = arn:x", "sso_account_id = 1", "web_identity_token_file = /x"}) {
    auto changed = sources({});
    changed.read_file = [&](std::string const& path) -> std::optional<std::string> {
      if (path == "/home/me/.aws/config")
        return std::string("[profile lab]\nregion = us-west-2\n") + key + "\n";
      return path == "/home/me/.aws/credentials" ? std::optional<std::string>(kCredentials) : std::nullopt;
    };
    Flags flags;
    flags.profile = "lab";
    auto settings = resolve(flags, changed);
    ASSERT_TRUE(settings) << settings.error().message;
    ASSERT_FALSE(settings->credentials) << key;
    EXPECT_EQ(settings->credentials.error().exit, Exit::configuration);
    EXPECT_NE(settings->credentials.error().message.find("export-credentials --profile lab"),
              std::string::npos);
    EXPECT_EQ(resolve({}, changed)->credentials->access_key_id, "AKIADEFAULT");
  }
}

TEST(Profile, of_both_variables_is_the_one_that_the_aws_command_takes) {
  auto settings = resolve({}, sources({{"AWS_DEFAULT_PROFILE", "lab"}, {"AWS_PROFILE", "outside"}}));
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->credentials->access_key_id, "AKIALAB");
}

TEST(Profile, endpoints_are_ignored_on_request_however_it_is_written) {
  auto settings =
      resolve({}, sources({{"AWS_PROFILE", "lab"}, {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "True"}}));
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_TRUE(settings->endpoint_urls.empty());
}

TEST(Profile, names_and_regions_are_listed_from_both_files) {
  EXPECT_EQ(list_profiles(sources({})), (std::vector<std::string>{"default", "lab", "outside"}));
  EXPECT_EQ(list_known_regions(sources({{"AWS_REGION", "eu-west-3"}})),
            (std::vector<std::string>{"eu-west-3", "eu-west-1", "us-west-2"}));
}

TEST(Profile, state_lies_where_the_xdg_specification_says) {
  EXPECT_EQ(resolve({}, sources({}))->state_directory, "/home/me/.local/state/argosy");
  EXPECT_EQ(resolve({}, sources({{"XDG_STATE_HOME", "/state"}}))->state_directory, "/state/argosy");
}

TEST(Profile, process_is_asked_for_credentials) {
  Flags flags;
  flags.profile = "outside";
  auto settings = resolve(
      flags,
      sources({}, R"({"Version":1,"AccessKeyId":"AKIAOUT","SecretAccessKey":"s","SessionToken":"t"})"));
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->credentials->access_key_id, "AKIAOUT");
  EXPECT_EQ(settings->credentials->session_token, "t");
  for (auto answer : {"", "{}", R"({"Version":2,"AccessKeyId":"A","SecretAccessKey":"s"})",
                      R"({"Version":1,"AccessKeyId":"A"})"})
    EXPECT_EQ(resolve(flags, sources({}, answer))->credentials.error().exit, Exit::configuration) << answer;
}

TEST(Profile, may_have_a_name_in_quotes_in_the_config_file) {
  auto quoted = sources({});
  quoted.read_file = [](std::string const& path) -> std::optional<std::string> {
    if (path == "/home/me/.aws/credentials")
      return "[my dev]\naws_access_key_id = AKIADEV\naws_secret_access_key = s\n";
    return "[profile 'my dev']\nregion = us-west-1\n"
           "[profile 'it'\"'\"'s']\nregion = us-west-2\n"
           "[profile \"a \\\"b\\\"\"]\nregion = us-west-3\n"
           "[profile c\\ d]\nregion = us-west-4\n"
           "[profile 'open]\nregion = us-west-5\n"
           "[profile plain words]\nregion = us-west-6\n";
  };
  std::map<std::string, std::string> const regions{{"my dev", "us-west-1"},  {"it's", "us-west-2"},
                                                   {"a \"b\"", "us-west-3"}, {"c d", "us-west-4"},
                                                   {"'open", "us-west-5"},   {"plain words", "us-west-6"}};
  for (auto const& [name, region] : regions) {
    auto profile = load_profile(name, quoted);
    ASSERT_TRUE(profile) << profile.error().message;
    EXPECT_EQ(find(profile->config, "region"), region) << name;
  }
  Flags flags;
  flags.profile = "my dev";
  EXPECT_EQ(resolve(flags, quoted)->credentials->access_key_id, "AKIADEV");
}

TEST(Profile, attempts_are_at_most_a_hundred) {
  for (auto const* many : {"100", "1000", "99999999999999999999"})
    EXPECT_EQ(resolve({}, sources({{"AWS_MAX_ATTEMPTS", many}}))->max_attempts, 100) << many;
  for (auto const* none : {"0", "-1", "3x"})
    EXPECT_EQ(resolve({}, sources({{"AWS_MAX_ATTEMPTS", none}})).error().exit, Exit::configuration) << none;
}

TEST(Profile, lack_of_anything_needed_is_a_mistake_of_configuration) {
  auto nothing = resolve({}, {{}, [](auto const&) { return std::nullopt; }, nullptr});
  ASSERT_TRUE(nothing) << "credentials are missed when they are needed";
  EXPECT_EQ(nothing->credentials.error().exit, Exit::configuration);
  EXPECT_EQ(resolve({}, sources({{"AWS_PROFILE", "nobody"}})).error().exit, Exit::configuration);
  EXPECT_EQ(resolve({}, sources({{"AWS_ACCESS_KEY_ID", "A"}}))->credentials.error().exit,
            Exit::configuration);
  EXPECT_EQ(resolve({}, sources({{"AWS_MAX_ATTEMPTS", "many"}})).error().exit, Exit::configuration);
  auto elsewhere =
      resolve({}, sources({{"AWS_CONFIG_FILE", "/none"}, {"AWS_SHARED_CREDENTIALS_FILE", "/elsewhere"}}));
  ASSERT_TRUE(elsewhere) << elsewhere.error().message;
  EXPECT_EQ(elsewhere->region().error().exit, Exit::configuration);
}

}  // namespace
}  // namespace argosy::cli
