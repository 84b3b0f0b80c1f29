#include <gtest/gtest.h>

#include "messages/ebs/ebs.h"
#include "messages/ec2/copy_image.h"
#include "messages/ec2/describe_images.h"
#include "messages/ec2/modify_image_attribute.h"
#include "messages/ec2/register_image.h"
#include "wire/form.h"
#include "wire/json.h"
#include "wire/xml.h"

namespace argosy::wire {
namespace {

using namespace messages::ec2;

template <class Request>
Result<Request> from(std::string_view text) {
  auto pairs = parse_form(text);
  if (!pairs) return std::unexpected(pairs.error());
  return decode_form<Request>(*pairs);
}

TEST(Form, decodes_what_the_aws_command_sends) {
  auto request = from<CopyImageRequest>(
      "Action=CopyImage&Version=2016-11-15&Name=Copied+AMI%21&SourceImageId=ami-1&SourceRegion=us-east-1&"
      "CopyImageTags=True"
      "&TagSpecification.1.ResourceType=image&TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1."
      "Value=");
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->name, "Copied AMI!");
  EXPECT_EQ(request->copy_image_tags, true);
  EXPECT_FALSE(request->description);
  ASSERT_EQ(request->tag_specification.size(), 1U);
  EXPECT_EQ(request->tag_specification[0].tag[0].value, "") << "an empty value is there, not absent";
}

TEST(Form, sorts_list_items_by_number_and_tolerates_gaps) {
  auto request = from<DescribeImagesRequest>("ImageId.10=c&ImageId.9=b&ImageId.2=a");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->image_id, (std::vector<std::string>{"a", "b", "c"}));
}

TEST(Form, decodes_nested_structures) {
  auto request = from<ModifyImageAttributeRequest>(
      "ImageId=ami-1&LaunchPermission.Add.1.UserId=123456789012&LaunchPermission.Remove.1.Group=all&"
      "Description.Value=x");
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->launch_permission->add[0].user_id, "123456789012");
  EXPECT_EQ(request->launch_permission->remove[0].group, "all");
  EXPECT_EQ(request->description->value, "x");
}

TEST(Form, names_the_parameter_as_the_client_sent_it) {
  auto code = [](std::string_view text) {
    auto request = from<RegisterImageRequest>(text);
    return request ? "none" : request.error().code + ": " + request.error().message;
  };
  EXPECT_EQ(code("Description=x"), "MissingParameter: The request must contain the parameter Name");
  EXPECT_EQ(code("Name=abc&Bogus=1"), "UnknownParameter: The parameter Bogus is not recognized");
  EXPECT_EQ(code("Name=abc&BlockDeviceMapping.1.Ebs.Size=1"),
            "UnknownParameter: The parameter BlockDeviceMapping.1.Ebs.Size is not recognized");
  EXPECT_EQ(
      code("Name=abc&EnaSupport=maybe"),
      "InvalidParameterValue: Value (maybe) for parameter EnaSupport is invalid. Expected true or false.");
  EXPECT_EQ(code("Name=abc&BlockDeviceMapping.1.Ebs.VolumeSize=1x").substr(0, 21), "InvalidParameterValue");
  EXPECT_EQ(code("Name=abc&BlockDeviceMapping.x.DeviceName=a").substr(0, 16), "UnknownParameter");
  EXPECT_EQ(code("Name=abc&BlockDeviceMapping.0.DeviceName=a").substr(0, 16), "UnknownParameter");
  EXPECT_EQ(code("Name=abc&Name=abd"), "InvalidParameterValue: The parameter Name is given more than once");
  EXPECT_EQ(code("Name.1=abc").substr(0, 16), "UnknownParameter");
  EXPECT_EQ(code("Name=%4"), "MalformedQueryString: The query string contains a malformed escape sequence");
}

TEST(Form, leaves_signatures_and_the_protocol_alone) {
  EXPECT_TRUE(from<DescribeImagesRequest>("Action=DescribeImages&Version=x&X-Amz-Signature=1&X-Amz-Date=2"));
}

TEST(Form, refuses_more_parameters_than_any_operation_takes) {
  std::string text;
  for (std::size_t i = 1; i <= kMaxFormPairs + 1; ++i) text += "ImageId." + std::to_string(i) + "=a&";
  EXPECT_EQ(from<DescribeImagesRequest>(text).error().code, "InvalidParameterValue");
}

TEST(Form, takes_as_many_parameters_as_it_says_but_no_deeper_tree_than_operations_need) {
  std::string flat = "ImageId=ami-1";
  std::string deep = "ImageId=ami-1";
  for (std::size_t i = 1; i < kMaxFormPairs; ++i) {
    auto const number = std::to_string(i);
    flat += "&LaunchPermission.Add." + number + ".UserId=1";
    deep += "&" + number + ".a.b.c=1";
  }
  EXPECT_TRUE(from<ModifyImageAttributeRequest>(flat));
  auto const error = from<ModifyImageAttributeRequest>(deep).error();
  EXPECT_EQ(error.code, "InvalidParameterValue") << "and not UnknownParameter: " << error.message;
}

TEST(Form, comes_back_from_its_own_encoding) {
  RegisterImageRequest request;
  request.name = "a (b) & c";
  request.ena_support = true;
  request.block_device_mapping.push_back({});
  request.block_device_mapping[0].device_name = "/dev/xvda";
  request.block_device_mapping[0].ebs.emplace().volume_size = 8;
  auto back = from<RegisterImageRequest>(print_form(encode_form(request)));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->name, request.name);
  EXPECT_EQ(back->block_device_mapping[0].ebs->volume_size, 8);
}

TEST(Xml, shows_lists_as_items_and_leaves_out_what_is_absent) {
  DescribeImagesResponse response;
  EXPECT_EQ(encode_xml(response, Naming::lower_camel), "<imagesSet></imagesSet>");
  Image image;
  image.image_id = "ami-1";
  image.name = "a<b>&\x01";
  image.is_public = false;
  image.block_device_mapping.push_back({});
  image.block_device_mapping[0].ebs.emplace().volume_initialization_rate = 3;
  response.images_set.push_back(image);
  EXPECT_EQ(encode_xml(response, Naming::lower_camel),
            "<imagesSet><item><blockDeviceMapping><item><ebs><VolumeInitializationRate>3</"
            "VolumeInitializationRate></ebs>"
            "</item></blockDeviceMapping><name>a&lt;b&gt;&amp;</name><imageId>ami-1</"
            "imageId><isPublic>false</isPublic>"
            "</item></imagesSet>");
}

TEST(Xml, leaves_out_the_characters_that_xml_cannot_hold) {
  EXPECT_EQ(escape_xml("\x01x\x1fy\t\n"), "xy\t\n");
  EXPECT_EQ(escape_xml("\uffff\uffffx\ufffey\uffff"), "xy");
  EXPECT_EQ(escape_xml("\ufffd\U0010ffff"), "\ufffd\U0010ffff");
  EXPECT_EQ(xml_text("\x01<a & b>\r\ufffe\x7f"), "<a & b>\r\x7f");
}

TEST(Xml, tells_how_long_a_text_becomes_before_it_is_encoded) {
  for (std::string const text : {"", "plain", "a < b && c > \"d\"\r\n", "\x01\uffff\u2603"})
    EXPECT_GE(xml::escaped_bytes(text), escape_xml(text).size()) << text;
  EXPECT_EQ(xml::escaped_bytes("\"\""), escape_xml("\"\"").size());
}

TEST(Xml, comes_back_from_its_own_encoding) {
  DescribeImagesResponse response;
  response.next_token = "t";
  response.images_set.emplace_back().tag_set.push_back({"k", "v & w"});
  auto document = *parse_xml("<r>" + encode_xml(response, Naming::lower_camel) + "<unknown/></r>");
  auto back = decode_xml<DescribeImagesResponse>(document->child("r"), Naming::lower_camel);
  EXPECT_EQ(back.next_token, "t");
  ASSERT_EQ(back.images_set.size(), 1U);
  EXPECT_EQ(back.images_set[0].tag_set[0].value, "v & w");
}

TEST(Xml, keeps_a_text_of_blanks_and_takes_none_for_an_item) {
  auto document =
      parse_xml("<R>\n <imagesSet>\n  <item><description> </description></item>\n </imagesSet></R>");
  ASSERT_TRUE(document);
  auto response = decode_xml<DescribeImagesResponse>((*document)->document_element(), Naming::lower_camel);
  ASSERT_EQ(response.images_set.size(), 1U);
  EXPECT_EQ(response.images_set[0].description, " ");
}

TEST(Json, comes_back_from_its_own_encoding_under_either_naming) {
  messages::ebs::StartSnapshotRequest request;
  request.volume_size = 8;
  request.tags.push_back({"k", "v"});
  request.encrypted = false;
  for (auto naming : {Naming::upper_camel, Naming::snake}) {
    auto back = decode_json<messages::ebs::StartSnapshotRequest>(encode_json(request, naming), naming);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->volume_size, 8);
    EXPECT_EQ(back->tags[0].value, "v");
    EXPECT_EQ(back->encrypted, false);
  }
  EXPECT_TRUE(encode_json(request, Naming::upper_camel).contains("\"VolumeSize\":8"));
}

TEST(Json, is_utf8_also_where_a_text_is_not) {
  auto text = encode_json(messages::ebs::ErrorBody{"There is no /\xff", {}}, Naming::upper_camel);
  EXPECT_EQ(text, R"({"Message":"There is no /?"})");
}

TEST(Json, names_the_member_that_is_wrong) {
  auto error = [](std::string_view text) {
    return decode_json<messages::ebs::StartSnapshotRequest>(text, Naming::upper_camel).error().message;
  };
  EXPECT_EQ(error("{}"), "VolumeSize: expected a value: it is required");
  EXPECT_EQ(error(R"({"VolumeSize":"8"})"), "VolumeSize: expected an integer");
  EXPECT_EQ(error(R"({"VolumeSize":1,"Tags":{}})"), "Tags: expected a list");
  EXPECT_TRUE(error("{").starts_with("not JSON"));
  for (std::string const time : {"-1", "1e12", "0e400", "\"0\""})
    EXPECT_EQ(
        decode_json<messages::ebs::ListSnapshotBlocksResponse>(
            R"({"VolumeSize":1,"BlockSize":1,"Blocks":[],"ExpiryTime":)" + time + "}", Naming::upper_camel)
            .error()
            .message,
        "ExpiryTime: expected a time in seconds");
  EXPECT_TRUE(error(std::string(100, '[')).starts_with("not JSON"));
}

}  // namespace
}  // namespace argosy::wire
