#include "cli/identity.h"

#include <gtest/gtest.h>

#include "unit/cli/scripted_service.h"

namespace argosy::cli {
namespace {

TEST(Identity, that_is_refused_is_told_with_the_call_that_asked_for_it) {
  ScriptedService service;
  service.answers["GetCallerIdentity"] = {
      "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error><RequestId>7</RequestId>"
      "</ErrorResponse>"};
  auto session = service.open();
  auto identity = get_caller_identity(*session);
  ASSERT_FALSE(identity);
  EXPECT_EQ(identity.error().code, "AccessDenied");
  EXPECT_NE(identity.error().message.find("GetCallerIdentity"), std::string::npos);
}

}  // namespace
}  // namespace argosy::cli
