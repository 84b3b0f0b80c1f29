// tests/fuzz/xml.cpp - the XML that the command reads: answers and errors of EC2 and of EBS direct.
#include "wire/xml.h"

#include "cli/session.h"
#include "fuzz/fuzz.h"
#include "messages/ec2/copy_image.h"
#include "messages/ec2/describe_image_attribute.h"
#include "messages/ec2/describe_images.h"
#include "messages/ec2/describe_regions.h"
#include "messages/ec2/describe_snapshot_attribute.h"
#include "messages/ec2/describe_snapshots.h"
#include "messages/ec2/register_image.h"

namespace argosy::fuzz {
namespace {

namespace m = messages::ec2;
using wire::Naming;

std::string envelope(std::string const& members) { return "<R>" + members + "</R>"; }

/// What was read is written and read again the same.
template <class Response>
void decode(pugi::xml_node root) {
  auto said = wire::encode_xml(wire::decode_xml<Response>(root, Naming::lower_camel), Naming::lower_camel);
  auto document = wire::parse_xml(envelope(said));
  ARGOSY_ASSERT(document);
  auto again = wire::decode_xml<Response>((*document)->document_element(), Naming::lower_camel);
  ARGOSY_ASSERT(wire::encode_xml(again, Naming::lower_camel) == said);
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
  decode<m::CopyImageResponse>(root);
  decode<m::DescribeImageAttributeResponse>(root);
  decode<m::DescribeImagesResponse>(root);
  decode<m::DescribeRegionsResponse>(root);
  decode<m::DescribeSnapshotAttributeResponse>(root);
  decode<m::DescribeSnapshotsResponse>(root);
  decode<m::RegisterImageResponse>(root);
}

}  // namespace argosy::fuzz
