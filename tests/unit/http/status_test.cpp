#include "http/status.h"

#include <gtest/gtest.h>

namespace argosy::http {
namespace {

TEST(Status, tells_a_client_the_kind_of_failure_that_the_server_meant) {
  for (auto fault : {Fault::invalid, Fault::denied, Fault::not_found, Fault::conflict, Fault::unavailable})
    EXPECT_EQ(fault_of(status_of(fault)), fault) << status_of(fault);
}

TEST(Status, lets_a_client_try_again_what_is_no_fault_of_his_request) {
  for (auto fault : {Fault::limit, Fault::corrupt})
    EXPECT_EQ(fault_of(status_of(fault)), Fault::unavailable) << status_of(fault);
  for (int status : {502, 504}) EXPECT_EQ(fault_of(status), Fault::unavailable);
}

TEST(Status, is_a_fault_of_the_request_for_any_other_from_400_on) {
  for (int status : {405, 413, 431}) EXPECT_EQ(fault_of(status), Fault::invalid);
}

}  // namespace
}  // namespace argosy::http
