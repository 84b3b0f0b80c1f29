// machines/qmp.h - what is said to a running QEMU: its Machine Protocol. Source: QEMU's
// docs/interop/qmp-spec.
#pragma once
#include <boost/json.hpp>
#include <string>

#include "base/descriptor.h"
#include "base/error.h"

namespace argosy::machines {

/// One connection; QEMU serves one at a time, so it lives as long as a conversation. One thread at a time.
class Qmp {
 public:
  /// To the socket `name` of a machine's folder. Fails with `unavailable` if QEMU does not answer.
  static Result<Qmp> connect(std::string const& folder, std::string const& name);

  /// What the command returns. Fails with `invalid` and QEMU's own words if it refuses.
  Result<boost::json::value> execute(std::string const& command, boost::json::object arguments = {});

 private:
  explicit Qmp(Descriptor socket) : socket_(std::move(socket)) {}
  /// The next message that is not an event.
  Result<boost::json::object> receive();
  Result<std::string> receive_line();

  Descriptor socket_;
  std::string received_;  ///< beyond the lines that were taken
};

}  // namespace argosy::machines
