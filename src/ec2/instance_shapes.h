// ec2/instance_shapes.h - instances -> EC2's shapes.
#pragma once
#include <string>
#include <vector>

#include "access/caller.h"
#include "catalogue/schema.h"
#include "instances/instance.h"
#include "messages/ec2/instances.h"

namespace argosy::ec2 {

messages::ec2::InstanceState to_shape(instances::InstanceState state);
/// With its volumes and the caller's tags.
Result<messages::ec2::Instance> to_shape(catalogue::Transaction& tx, access::Caller const& caller,
                                         std::string const& region, instances::Instance const& instance);
/// The instances of one call of RunInstances, in their order.
messages::ec2::Reservation to_reservation(std::string const& account, std::string const& reservation_id);
std::vector<messages::ec2::GroupIdentifier> default_groups(std::string const& account,
                                                           std::string const& region);

}  // namespace argosy::ec2
