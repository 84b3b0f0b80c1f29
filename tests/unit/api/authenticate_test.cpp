#include "api/authenticate.h"

#include <gtest/gtest.h>

#include "remote/sign.h"

namespace argosy::api {
namespace {

constexpr auto kSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

class AuthenticateTest : public testing::Test {
 protected:
  http::Request signed_request(std::string const& body = "Action=DescribeRegions",
                               std::string const& service = "ec2",
                               remote::Payload payload = remote::Payload::hashed) {
    http::Request request;
    request.method = "POST";
    request.path = "/";
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = to_bytes(as_bytes(body));
    remote::sign(request, endpoint_, {"AKIAKNOWN", kSecret, {}}, {"us-east-1", service}, payload, now_);
    return request;
  }
  std::expected<Signer, AuthFailure> check(http::Request const& request) {
    auto find = [&](CredentialsClaim const& claim) -> Result<std::optional<KnownCredentials>> {
      claim_ = claim;
      if (claim.access_key_id != "AKIAKNOWN") return std::nullopt;
      access::Credentials credentials{{"111111111111", "AKIAKNOWN", "", ""}, kSecret, enabled_};
      return KnownCredentials{std::move(credentials), std::nullopt, expired_};
    };
    auto answer = authenticate(request, now_, find);
    EXPECT_TRUE(answer);
    return *answer;
  }
  std::string fault(http::Request const& request) {
    auto answer = check(request);
    return answer ? "good" : to_error(answer.error(), "sts").code;
  }
  static std::string& header(http::Request& request, std::string_view name) {
    for (auto& [key, value] : request.headers)
      if (key == name) return value;
    return request.headers.emplace_back(std::string(name), "").second;
  }
  static void replace(std::string& text, std::string_view what, std::string_view with) {
    auto at = text.find(what);
    ASSERT_NE(at, std::string::npos);
    text.replace(at, what.size(), with);
  }

  http::Endpoint endpoint_{false, "127.0.0.1", 8080, {}};
  Time now_ = *parse_iso8601("2026-05-09T14:22:31Z");
  bool enabled_ = true;
  bool expired_ = false;
  CredentialsClaim claim_;  ///< what was looked for last
};

TEST_F(AuthenticateTest, knows_who_signed_and_for_which_region_and_service) {
  auto signer = check(signed_request());
  ASSERT_TRUE(signer) << signer.error().message;
  EXPECT_EQ(signer->caller.account, "111111111111");
  EXPECT_EQ(signer->region, "us-east-1");
  EXPECT_EQ(signer->service, "ec2");
  EXPECT_TRUE(signer->payload_signed);
}

TEST_F(AuthenticateTest, refuses_whatever_was_changed_after_signing) {
  auto request = signed_request();
  request.body.back() ^= std::byte{1};
  EXPECT_EQ(fault(request), "SignatureDoesNotMatch") << "body";
  request = signed_request();
  request.path = "/other";
  EXPECT_EQ(fault(request), "SignatureDoesNotMatch") << "path";
  request = signed_request();
  request.query = "a=b";
  EXPECT_EQ(fault(request), "SignatureDoesNotMatch") << "query";
  request = signed_request();
  request.method = "PUT";
  EXPECT_EQ(fault(request), "SignatureDoesNotMatch") << "method";
  request = signed_request();
  header(request, "Content-Type") = "text/plain";
  EXPECT_EQ(fault(request), "SignatureDoesNotMatch") << "a signed header";
  request = signed_request();
  request.headers.emplace_back("Content-Type", "text/plain");
  EXPECT_EQ(fault(request), "SignatureDoesNotMatch") << "a signed header that comes twice";
  request = signed_request();
  replace(header(request, "Authorization"), "us-east-1", "us-west-2");
  EXPECT_EQ(fault(request), "SignatureDoesNotMatch") << "region";
  request = signed_request();
  std::erase_if(request.headers, [](auto const& item) { return item.first == "Content-Type"; });
  EXPECT_EQ(fault(request), "SignatureDoesNotMatch") << "a signed header that is gone";
}

TEST_F(AuthenticateTest, tells_an_unknown_key_and_a_disabled_one_alike) {
  auto request = signed_request();
  replace(header(request, "Authorization"), "AKIAKNOWN", "AKIANONE0");
  auto unknown = check(request);
  enabled_ = false;
  auto disabled = check(signed_request());
  ASSERT_FALSE(unknown);
  ASSERT_FALSE(disabled);
  EXPECT_EQ(unknown.error().fault, AuthFault::unknown_key);
  EXPECT_EQ(disabled.error().fault, AuthFault::unknown_key);
  EXPECT_EQ(unknown.error().message, disabled.error().message);
}

TEST_F(AuthenticateTest, takes_a_signature_for_fifteen_minutes_either_way) {
  auto request = signed_request();
  auto const signed_at = now_;
  now_ = signed_at + kMaxSkew;
  EXPECT_EQ(fault(request), "good");
  now_ = signed_at + kMaxSkew + Duration{1};
  EXPECT_EQ(to_error(check(request).error(), "ec2").code, "RequestExpired");
  now_ = signed_at - kMaxSkew;
  EXPECT_EQ(fault(request), "good");
  now_ = signed_at - kMaxSkew - std::chrono::seconds(1);
  EXPECT_EQ(to_error(check(request).error(), "ec2").code, "RequestExpired");
}

TEST_F(AuthenticateTest, says_what_a_signature_lacks) {
  http::Request request;
  EXPECT_EQ(fault(request), "MissingAuthenticationToken");
  for (auto const* part : {"Credential=", "SignedHeaders=", "Signature="}) {
    request = signed_request();
    replace(header(request, "Authorization"), part, "Nothing=");
    EXPECT_EQ(fault(request), "IncompleteSignature") << part;
  }
  request = signed_request();
  header(request, "Authorization") = "Bearer token";
  EXPECT_EQ(fault(request), "IncompleteSignature");
  request = signed_request();
  std::erase_if(request.headers, [](auto const& item) { return item.first == "X-Amz-Date"; });
  EXPECT_EQ(fault(request), "IncompleteSignature");
  request = signed_request();
  replace(header(request, "Authorization"), "host;", "");
  EXPECT_EQ(fault(request), "IncompleteSignature") << "the host must be signed";
}

TEST_F(AuthenticateTest, takes_the_names_of_signed_headers_in_order_and_each_once) {
  auto with = [&](std::string_view names) {
    auto request = signed_request();
    replace(header(request, "Authorization"), "host;", names);
    return fault(request);
  };
  EXPECT_EQ(with("host;"), "good");
  EXPECT_EQ(with("host;host;"), "IncompleteSignature") << "would be collected as often as it is named";
  EXPECT_EQ(with("zzz;host;"), "IncompleteSignature");
  EXPECT_EQ(with("host;;"), "IncompleteSignature");
}

TEST_F(AuthenticateTest, tells_that_a_body_was_not_signed) {
  auto request = signed_request("block", "ebs", remote::Payload::unsigned_payload);
  request.body.back() ^= std::byte{1};
  auto signer = check(request);
  ASSERT_TRUE(signer);
  EXPECT_FALSE(signer->payload_signed);
}

TEST_F(AuthenticateTest, takes_a_presigned_url_until_it_expires) {
  auto url = remote::presign(endpoint_, "Action=DescribeRegions&Version=2016-11-15",
                             {"AKIAKNOWN", kSecret, {}}, {"us-east-1", "ec2"}, 60, now_);
  http::Request request;
  request.method = "GET";
  request.path = "/";
  request.query = url.substr(url.find('?') + 1);
  request.headers = {{"Host", endpoint_.authority()}};
  EXPECT_EQ(fault(request), "good");
  auto tampered = request;
  replace(tampered.query, "DescribeRegions", "DescribeImagesX");
  EXPECT_EQ(fault(tampered), "SignatureDoesNotMatch");
  auto longer = request;
  replace(longer.query, "X-Amz-Expires=60", "X-Amz-Expires=6000");
  EXPECT_EQ(fault(longer), "SignatureDoesNotMatch");
  auto endless = request;
  replace(endless.query, "X-Amz-Expires=60", "X-Amz-Expires=604801");
  EXPECT_EQ(fault(endless), "IncompleteSignature");
  auto both = request;
  both.headers.emplace_back("Authorization", "AWS4-HMAC-SHA256 Credential=x");
  EXPECT_EQ(fault(both), "IncompleteSignature");
  now_ += std::chrono::seconds(61);
  EXPECT_EQ(to_error(check(request).error(), "ec2").code, "RequestExpired");
}

TEST_F(AuthenticateTest, looks_for_credentials_by_the_token_that_they_come_with_and_in_their_region) {
  auto request = signed_request();
  EXPECT_EQ(fault(request), "good");
  EXPECT_EQ(claim_.session_token, "");
  EXPECT_EQ(claim_.region, "us-east-1");
  http::Request tokened{"POST", "/", "", {}, {}, "", {}};
  remote::sign(tokened, endpoint_, {"AKIAKNOWN", kSecret, "the+token="}, {"us-west-2", "ebs"},
               remote::Payload::hashed, now_);
  EXPECT_EQ(fault(tokened), "good");
  EXPECT_EQ(claim_.session_token, "the+token=");
  EXPECT_EQ(claim_.region, "us-west-2");
  auto url = remote::presign(endpoint_, "Action=DescribeRegions", {"AKIAKNOWN", kSecret, "the+token="},
                             {"us-east-1", "ec2"}, 60, now_);
  http::Request presigned{"GET", "/", url.substr(url.find('?') + 1), {}, {}, "", {}};
  presigned.headers = {{"Host", endpoint_.authority()}};
  EXPECT_EQ(fault(presigned), "good");
  EXPECT_EQ(claim_.session_token, "the+token=");
}

TEST_F(AuthenticateTest, says_that_a_token_has_expired_only_to_who_holds_its_secret) {
  expired_ = true;
  auto request = signed_request();
  EXPECT_EQ(to_error(check(request).error(), "ec2").code, "RequestExpired");
  EXPECT_EQ(to_error(check(request).error(), "sts").code, "ExpiredToken");
  EXPECT_EQ(to_error(check(request).error(), "ebs").code, "ExpiredTokenException");
  request.body.back() ^= std::byte{1};
  EXPECT_EQ(fault(request), "SignatureDoesNotMatch");
}

TEST_F(AuthenticateTest, gives_each_service_its_own_codes) {
  AuthFailure unknown{AuthFault::unknown_key, "m", ""};
  EXPECT_EQ(to_error(unknown, "ec2").code, "AuthFailure");
  EXPECT_EQ(to_error(unknown, "ec2").message, "AWS was not able to validate the provided access credentials");
  EXPECT_EQ(to_error(unknown, "sts").code, "InvalidClientTokenId");
  EXPECT_EQ(to_error(unknown, "ebs").code, "UnrecognizedClientException");
  AuthFailure wrong{AuthFault::bad_signature, "m", ""};
  EXPECT_EQ(to_error(wrong, "ec2").code, "AuthFailure");
  EXPECT_EQ(to_error(wrong, "ebs").code, "InvalidSignatureException");
}

TEST_F(AuthenticateTest, claims_the_access_key_that_is_looked_for) {
  auto const request = signed_request();
  EXPECT_EQ(claimed_access_key(request), "AKIAKNOWN");
  auto const url = remote::presign(endpoint_, "a=X-Amz-Credential=AKIAOTHER", {"AKIAKNOWN", kSecret, {}},
                                   {"us-east-1", "ec2"}, 60, now_);
  http::Request presigned{"GET", "/", url.substr(url.find('?') + 1), {}, {}, "", {}};
  presigned.headers = {{"Host", endpoint_.authority()}};
  EXPECT_EQ(fault(presigned), "good");
  EXPECT_EQ(claimed_access_key(presigned), "AKIAKNOWN");
  replace(presigned.query, "=AKIAKNOWN", "=AK%49AKNOWN");
  EXPECT_EQ(fault(presigned), "good");
  EXPECT_EQ(claimed_access_key(presigned), "AKIAKNOWN");
  auto with_another = request;
  replace(header(with_another, "Authorization"), "Credential=", "XCredential=AKIAOTHER/, Credential=");
  EXPECT_EQ(fault(with_another), "good");
  EXPECT_EQ(claimed_access_key(with_another), "AKIAKNOWN");
}

TEST_F(AuthenticateTest, claims_no_access_key_where_none_can_be_read) {
  http::Request request;
  EXPECT_EQ(claimed_access_key(request), "");
  request.headers = {{"Authorization", "Basic eA=="}};
  EXPECT_EQ(claimed_access_key(request), "");
  request.headers = {{"Authorization", "AWS4-HMAC-SHA256 Credential=AKIAKNOWN/20260509/r/s/aws4_request"}};
  EXPECT_EQ(claimed_access_key(request), "");
}

TEST_F(AuthenticateTest, refuses_a_parameter_of_the_signature_that_is_given_twice) {
  auto request = signed_request();
  replace(header(request, "Authorization"), "Credential=", "Credential=AKIAOTHER/x, Credential=");
  EXPECT_EQ(fault(request), "IncompleteSignature");
  EXPECT_EQ(claimed_access_key(request), "");
  auto const url = remote::presign(endpoint_, "X-Amz-%43redential=AKIAOTHER%2Fx", {"AKIAKNOWN", kSecret, {}},
                                   {"us-east-1", "ec2"}, 60, now_);
  http::Request presigned{"GET", "/", url.substr(url.find('?') + 1), {}, {}, "", {}};
  presigned.headers = {{"Host", endpoint_.authority()}};
  EXPECT_EQ(fault(presigned), "IncompleteSignature");
  EXPECT_EQ(claimed_access_key(presigned), "");
}

}  // namespace
}  // namespace argosy::api
