// tests/fuzz/xml.cpp - the XML that the command reads: answers and errors of EC2, STS and EBS direct.
#include "wire/xml.h"

#include "cli/session.h"
#include "fuzz/fuzz.h"
#include "messages/ec2/change_instances.h"
#include "messages/ec2/copy_image.h"
#include "messages/ec2/deregister_image.h"
#include "messages/ec2/describe_image_attribute.h"
#include "messages/ec2/describe_images.h"
#include "messages/ec2/describe_instances.h"
#include "messages/ec2/describe_regions.h"
#include "messages/ec2/describe_snapshot_attribute.h"
#include "messages/ec2/describe_snapshots.h"
#include "messages/ec2/ebs_encryption.h"
#include "messages/ec2/register_image.h"
#include "messages/ec2/run_instances.h"
#include "messages/sts/get_caller_identity.h"

namespace argosy::fuzz {
namespace {

namespace m = messages::ec2;
using wire::Naming;

using Responses =
    boost::mp11::mp_list<m::CopyImageResponse, m::DeregisterImageResponse, m::DescribeImageAttributeResponse,
                         m::DescribeImagesResponse, m::DescribeInstancesResponse, m::DescribeRegionsResponse,
                         m::DescribeSnapshotAttributeResponse, m::DescribeSnapshotsResponse,
                         m::GetConsoleOutputResponse, m::GetEbsDefaultKmsKeyIdResponse,
                         m::GetEbsEncryptionByDefaultResponse, m::RegisterImageResponse,
                         m::RunInstancesResponse>;

std::string envelope(std::string const& members) { return "<R>" + members + "</R>"; }

/// What was read is written and read again the same.
template <class Response>
void decode(pugi::xml_node root, Naming naming) {
  auto said = wire::encode_xml(wire::decode_xml<Response>(root, naming), naming);
  auto document = wire::parse_xml(envelope(said));
  ARGOSY_ASSERT(document);
  auto again = wire::decode_xml<Response>((*document)->document_element(), naming);
  ARGOSY_ASSERT(wire::encode_xml(again, naming) == said);
}

void read_failures(ByteView body) {
  http::Response response;
  response.status = 400;
  response.body = to_bytes(body);
  ARGOSY_ASSERT(!cli::explain(cli::read_ec2_failure(response)).empty());
  response.headers = {{"x-amzn-ErrorType", "ValidationException"}};
  ARGOSY_ASSERT(!cli::explain(cli::read_ebs_failure(response)).empty());
}

}  // namespace

void try_input(ByteView input) {
  read_failures(input);
  auto document = wire::parse_xml(as_text(input));
  check_error(document);
  if (!document) return;
  auto root = (*document)->document_element();
  boost::mp11::mp_for_each<Responses>(
      [&](auto response) { decode<decltype(response)>(root, Naming::lower_camel); });
  decode<messages::sts::GetCallerIdentityResponse>(root, Naming::upper_camel);
}

}  // namespace argosy::fuzz
