// http/connection.h - one connection, from its acceptance to its end: requests are read, run and answered.
#pragma once
#include <string>

#include "http/admission.h"

namespace boost::asio {
class io_context;
}

namespace argosy::http {

/// A connection as the listener hands it over.
struct Accepted {
  int descriptor = -1;
  int family = 0;       ///< AF_INET, AF_INET6, AF_UNIX
  std::string address;  ///< the client's; empty of a local socket
};

/// Serves a connection that came in, on this context, until either side ends it; closes the descriptor.
/// `admission` must outlive what the context holds.
void serve_connection(boost::asio::io_context& context, Admission& admission, Accepted const& accepted);

}  // namespace argosy::http
