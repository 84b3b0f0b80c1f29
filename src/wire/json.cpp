// wire/json.cpp - see json.h: what does not depend on the struct.
#include "wire/json.h"

namespace argosy::wire {

Result<boost::json::value> parse_json(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = 32;
  boost::system::error_code error;
  auto value = boost::json::parse({text.data(), text.size()}, error, {}, options);
  if (error) return fail(Fault::invalid, "not JSON: " + error.message());
  return value;
}

namespace json {

std::unexpected<Error> bad_member(std::string const& name, char const* expected) {
  return fail(Fault::invalid, name + ": expected " + expected);
}

}  // namespace json
}  // namespace argosy::wire
