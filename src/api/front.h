// api/front.h - one request from bytes to answer: authenticate, find region and operation, run, encode.
#pragma once
#include "api/service.h"
#include "http/message.h"

namespace argosy::api {

/// Shows every operation that is answered among the metrics, from the start.
void declare_operations(metrics::Requests& requests);

/// Any thread. Never throws.
http::Response handle(Service& service, http::Request const& request);

/// What is answered when a request is refused before it is read: 400, 413, 431, 503.
http::Response refuse(int status, std::string_view target, Entropy& entropy);

}  // namespace argosy::api
