// unit/api/service_of_a_region.h - the front of one region whose machines run only in name.
#pragma once
#include <gtest/gtest.h>

#include "api/service.h"
#include "support/machines.h"

namespace argosy::api {

class ServiceTest : public testing::Test {
 protected:
  ServiceTest() {
    service_.regions.push_back({region_.name, region_.catalogue, *region_.content, sources_, token_key_,
                                region_.keys, machines_.gates, machines_.ledger, machines_.launcher,
                                machines_.captures, [] {}});
  }

  tests::Region region_{"us-east-1"};
  crypto::Key token_key_ = crypto::Key::random(*region_.entropy);
  replication::Sources sources_;
  sql::Pool directory_{[] { return sql::open_sqlite(":memory:", sql::Durability::process); }, 1};
  metrics::Requests requests_;
  keystore::KeyChanges key_changes_;
  tests::Machines machines_{region_};
  Service service_{{}, {}, directory_, region_.master_keys, region_.clock, *region_.entropy,
                   "", {}, {},         requests_,           key_changes_};
};

}  // namespace argosy::api
