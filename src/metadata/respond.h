// metadata/respond.h - one request to the metadata service and its answer. Source: EC2 User Guide, "Use the
// Instance Metadata Service".
#pragma once
#include "crypto/crypto.h"
#include "http/message.h"
#include "metadata/facts.h"

namespace argosy::metadata {

/// What a machine asks is answered with: 200; 400 for a token without a proper time to live; 401 without a
/// token where one is required, or with one that is not valid; 403 where the service is switched off, or a
/// proxy asks for a token; 404; 405.
http::Response respond(Facts const& facts, crypto::Key const& token_key, Time now,
                       http::Request const& request);
/// A page that says no more than the status.
http::Response refuse(int status);

}  // namespace argosy::metadata
