// wire/json.cpp - see json.h: what does not depend on the struct.
#include "wire/json.h"

namespace argosy::wire::json {

std::unexpected<Error> bad_member(std::string const& name, char const* expected) {
  return fail(Fault::invalid, name + ": expected " + expected);
}

}  // namespace argosy::wire::json
