// machines/socket_path.h - unix sockets in folders of any depth: an address takes 107 bytes only.
#pragma once
#include <string>

#include "base/descriptor.h"
#include "base/error.h"

namespace argosy::machines {

/// A short path to a socket in a folder, good as long as it lives. Source: unix(7), proc(5).
class SocketPath {
 public:
  static Result<SocketPath> open(std::string const& folder, std::string const& name);
  std::string const& text() const { return text_; }

 private:
  SocketPath(Descriptor folder, std::string text) : folder_(std::move(folder)), text_(std::move(text)) {}
  Descriptor folder_;
  std::string text_;
};

/// Whether somebody listens there.
bool accepts_connections(std::string const& folder, std::string const& name);
/// A connection whose reads and writes give up after `timeout_seconds`.
Result<Descriptor> connect_to(std::string const& folder, std::string const& name, int timeout_seconds);

}  // namespace argosy::machines
