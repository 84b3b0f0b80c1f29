// api/errors.h - failures as each protocol tells them: EC2's and STS's XML, EBS direct's and KMS's JSON.
// Source: ec2-semantics A3, A7, F, G.
#pragma once
#include <string_view>

#include "base/error.h"
#include "http/message.h"

namespace argosy::api {

enum class Protocol { ec2, sts, ebs, kms };

/// What a message that was not understood was probably meant for.
Protocol guess_protocol(http::Request const& request);

http::Response to_response(Protocol protocol, Error const& error, std::string_view request_id);

}  // namespace argosy::api
