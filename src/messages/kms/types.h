// messages/kms/types.h - what several families of KMS operations say and hear: JSON 1.1. Source: AWS KMS API
// reference 2014-11-01.
//
// JSON members are the names here and beside it in upper camel case. An operation that answers nothing has no
// response.
#pragma once
#include <boost/describe.hpp>
#include <map>
#include <string>

namespace argosy::messages::kms {

using Context = std::map<std::string, std::string>;

struct Tag {
  std::string tag_key;
  std::string tag_value;
};
BOOST_DESCRIBE_STRUCT(Tag, (), (tag_key, tag_value))

}  // namespace argosy::messages::kms
