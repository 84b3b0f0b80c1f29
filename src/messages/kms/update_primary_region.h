// messages/kms/update_primary_region.h - what UpdatePrimaryRegion says. See types.h.
#pragma once
#include <boost/describe.hpp>
#include <string>

namespace argosy::messages::kms {

struct UpdatePrimaryRegionRequest {
  std::string key_id;
  std::string primary_region;
};
BOOST_DESCRIBE_STRUCT(UpdatePrimaryRegionRequest, (), (key_id, primary_region))

}  // namespace argosy::messages::kms
