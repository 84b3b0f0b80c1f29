// ec2/describe_instances.cpp - see describe_instances.h.
#include "ec2/describe_instances.h"

#include <algorithm>
#include <array>

#include "catalogue/instances.h"
#include "catalogue/listing.h"
#include "ec2/dry_run.h"
#include "ec2/instance_shapes.h"
#include "ec2/page.h"
#include "ec2/shapes.h"
#include "instances/default_network.h"
#include "instances/errors.h"

namespace argosy::ec2 {
namespace {

namespace m = messages::ec2;
using instances::Instance;
using instances::InstanceState;

/// All of them must be the caller's own; the refusal names all that are not.
Result<void> check_ids(catalogue::Transaction& tx, access::Caller const& caller,
                       std::vector<std::string> const& ids) {
  std::vector<std::string> missing;
  for (auto const& id : ids) {
    auto const found = TRY(catalogue::find_instance(tx, id));
    if (!found || found->account != caller.account) missing.push_back(id);
  }
  if (!missing.empty()) return instances::instance_not_found(missing);
  return {};
}

/// What DescribeInstances and DescribeInstanceStatus have in common: `list` lists what `selection` leaves, by
/// the filters of one, `add` puts an instance on its page and tells its size. Gives the token of the next
/// page. Without MaxResults the pages become one answer, in which a reservation stands once: a page ends
/// where one does, whose instances were created at one moment.
template <class Request, class List, class Add>
Result<std::optional<std::string>> fill_page(catalogue::Transaction& tx, access::Caller const& caller,
                                             std::string const& region, crypto::Key const& token_key,
                                             Request const& request, catalogue::Selection selection,
                                             List list, Add const& add) {
  auto const ids = TRY(to_selector(request.instance_id, "InstanceId"));
  for (auto const& id : ids) TRY(instances::check_instance_id(id));
  if (!ids.empty() && request.max_results)
    return images::invalid_parameter_combination(
        "The parameter instancesSet cannot be used with the parameter maxResults");
  auto page = TRY(parse_page(token_key, caller.account, request, 5, 1'000));
  TRY(stop_if_dry_run(request.dry_run));
  if (page.is_first()) TRY(check_ids(tx, caller, ids));
  selection.account = caller.account;
  selection.ids = ids;
  selection.region = region;
  selection.filters = to_filters(request.filter);
  page.last = page.after;
  for (bool more = true; more;) {
    auto const found = TRY(list(tx, selection, page.last, page.limit));
    more = found.size() == page.limit;
    for (auto const& position : found) {
      bool const may_end = request.max_results || position.created != page.last.created;
      if (page.is_full() && may_end) return next_token(token_key, caller.account, request, page);
      auto const instance = TRY(catalogue::find_owned_instance(tx, caller.account, position.id));
      auto const item_bytes = TRY(add(instance));
      page.take(position, item_bytes);
    }
  }
  return std::nullopt;
}

/// Of DescribeInstanceAttribute.
constexpr std::array<std::string_view, 14> kAttributes{"instanceType",
                                                       "userData",
                                                       "disableApiTermination",
                                                       "disableApiStop",
                                                       "instanceInitiatedShutdownBehavior",
                                                       "rootDeviceName",
                                                       "blockDeviceMapping",
                                                       "groupSet",
                                                       "ebsOptimized",
                                                       "enaSupport",
                                                       "sourceDestCheck",
                                                       "kernel",
                                                       "ramdisk",
                                                       "sriovNetSupport"};

/// A machine is reachable as soon as it runs: nobody looks into the guest.
m::InstanceStatusSummary summary_of(InstanceState state) {
  if (state != InstanceState::running) return {{}, "not-applicable"};
  return {{{std::nullopt, "reachability", "passed"}}, "ok"};
}

}  // namespace

Result<m::DescribeInstancesResponse> describe_instances(catalogue::Transaction& tx,
                                                        access::Caller const& caller,
                                                        std::string const& region,
                                                        crypto::Key const& token_key,
                                                        m::DescribeInstancesRequest const& request) {
  m::DescribeInstancesResponse out;
  auto& all = out.reservation_set;
  auto const add = [&](Instance const& instance) -> Result<std::size_t> {
    // Those of another reservation of the same moment may stand in between.
    auto reservation = std::ranges::find(all, instance.reservation_id, &m::Reservation::reservation_id);
    if (reservation == all.end())
      reservation = all.insert(all.end(), to_reservation(caller.account, instance.reservation_id));
    auto& items = reservation->instances_set;
    items.push_back(TRY(to_shape(tx, caller, region, instance)));
    return wire::size_of_parts(items.back());
  };
  out.next_token = TRY(fill_page(tx, caller, region, token_key, request, {}, catalogue::list_instances, add));
  return out;
}

Result<m::DescribeInstanceStatusResponse> describe_instance_status(
    catalogue::Transaction& tx, access::Caller const& caller, std::string const& region,
    crypto::Key const& token_key, m::DescribeInstanceStatusRequest const& request) {
  catalogue::Selection selection;
  selection.only_running = !request.include_all_instances.value_or(false);
  m::DescribeInstanceStatusResponse out;
  auto& items = out.instance_status_set;
  auto const add = [&](Instance const& instance) -> Result<std::size_t> {
    items.push_back({instances::default_network(caller.account, region).availability_zone, instance.id,
                     to_shape(instance.state), summary_of(instance.state), summary_of(instance.state)});
    return wire::size_of_parts(items.back());
  };
  out.next_token = TRY(fill_page(tx, caller, region, token_key, request, std::move(selection),
                                 catalogue::list_instance_statuses, add));
  return out;
}

Result<m::DescribeInstanceAttributeResponse> describe_instance_attribute(
    catalogue::Transaction& tx, access::Caller const& caller, std::string const& region,
    m::DescribeInstanceAttributeRequest const& request) {
  TRY(instances::check_instance_id(request.instance_id));
  auto const& name = request.attribute;
  if (std::ranges::find(kAttributes, name) == kAttributes.end())
    return images::invalid_parameter_value("Value (" + name.substr(0, 100) +
                                           ") for parameter attribute is invalid. Unknown attribute.");
  TRY(stop_if_dry_run(request.dry_run));
  auto const instance = TRY(catalogue::find_owned_instance(tx, caller.account, request.instance_id));
  auto shape = TRY(to_shape(tx, caller, region, instance));
  m::DescribeInstanceAttributeResponse out;
  out.instance_id = instance.id;
  if (name == "instanceType") {
    out.instance_type = {{instance.instance_type}};
  } else if (name == "userData") {
    out.user_data.emplace();
    if (!instance.user_data.empty()) out.user_data->value = to_base64(instance.user_data);
  } else if (name == "disableApiTermination") {
    out.disable_api_termination = {{instance.termination_protected}};
  } else if (name == "disableApiStop") {
    out.disable_api_stop = {{instance.stop_protected}};
  } else if (name == "instanceInitiatedShutdownBehavior") {
    out.instance_initiated_shutdown_behavior = {{instance.terminates_on_shutdown ? "terminate" : "stop"}};
  } else if (name == "rootDeviceName") {
    out.root_device_name = {{instance.root_device_name}};
  } else if (name == "blockDeviceMapping") {
    out.block_device_mapping = std::move(shape.block_device_mapping);
  } else if (name == "groupSet") {
    out.group_set = std::move(shape.group_set);
  } else if (name == "ebsOptimized") {
    out.ebs_optimized = {{false}};
  } else if (name == "enaSupport") {
    out.ena_support = {{instance.ena_support.value_or(false)}};
  } else if (name == "sourceDestCheck") {
    out.source_dest_check = {{true}};
  } else if (name == "kernel") {
    out.kernel.emplace();
  } else if (name == "ramdisk") {
    out.ramdisk.emplace();
  } else if (name == "sriovNetSupport") {
    out.sriov_net_support.emplace();
  }
  return out;
}

Result<std::string> check_console_output(catalogue::Transaction& tx, access::Caller const& caller,
                                         m::GetConsoleOutputRequest const& request) {
  TRY(instances::check_instance_id(request.instance_id));
  TRY(stop_if_dry_run(request.dry_run));
  auto const instance = TRY(catalogue::find_owned_instance(tx, caller.account, request.instance_id));
  return instance.id;
}

}  // namespace argosy::ec2
