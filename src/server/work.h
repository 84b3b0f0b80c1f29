// server/work.h - something long that an operator asks for, done region by region while its lines are taken.
#pragma once
#include <boost/json.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/message.h"
#include "server/region.h"

namespace argosy::server {

/// Something long in one region. Stepped on one thread at a time.
class Work {
 public:
  virtual ~Work() = default;
  /// A bounded piece; true at the end.
  virtual Result<bool> step() = 0;
  /// How far it is, and at the end what came of it.
  virtual boost::json::object tell() const = 0;
};
using MakeWork = std::function<Result<std::unique_ptr<Work>>(Region&)>;

/// A query's parameter; nothing if it is not there or the query is no form, which the door refuses.
std::optional<std::string> parameter(http::Request const& request, std::string_view name);

/// The regions that the parameter "region" names, or all of them. Fails with `not_found`.
Result<std::vector<Region*>> chosen(std::vector<std::unique_ptr<Region>> const& regions,
                                    http::Request const& request);

/// Streams a line of JSON now and then, and one with "done": true, and "error" if it failed, for each chosen
/// region.
http::Response answer_work(std::vector<std::unique_ptr<Region>> const& regions, http::Request const& request,
                           MakeWork make);

}  // namespace argosy::server
