// wire/xml.h - described structs -> XML as EC2 and STS answer it, and back for our own client.
#pragma once
#include <memory>
#include <pugixml.hpp>

#include "base/error.h"
#include "wire/described.h"

namespace argosy::wire {

/// What XML 1.0 can hold of a text; one that is no UTF-8 loses its bytes beyond ASCII.
std::string xml_text(std::string_view text);
/// The same with & < > " escaped.
std::string escape_xml(std::string_view text);

namespace xml {

/// At least as many as the text has when it is escaped.
std::size_t escaped_bytes(std::string_view text);

void open_tag(std::string& out, std::string_view name);
void close_tag(std::string& out, std::string_view name);

template <class T>
void encode(std::string& out, std::string const& name, T const& value, Naming naming, bool top);

template <class T>
void encode_members(std::string& out, T const& value, Naming naming, bool top) {
  for_each_member(value, naming, [&](std::string const& name, auto const& member) {
    encode(out, name, member, naming, top);
  });
}

template <class T>
void encode(std::string& out, std::string const& name, T const& value, Naming naming, bool top) {
  if constexpr (is_optional<T>) {
    if (value) encode(out, name, *value, naming, true);
  } else if constexpr (is_list<T>) {
    if (value.empty() && !top)
      return;  // an empty list inside an item is left out, the result's own list never
    open_tag(out, name);
    for (auto const& item : value)
      encode(out, naming == Naming::lower_camel ? "item" : "member", item, naming, false);
    close_tag(out, name);
  } else {
    open_tag(out, name);
    if constexpr (is_struct<T>) {
      encode_members(out, value, naming, false);
    } else if constexpr (std::is_same_v<T, bool>) {
      out += value ? "true" : "false";
    } else if constexpr (is_integer<T>) {
      out += std::to_string(value);
    } else if constexpr (std::is_same_v<T, Time>) {
      out += to_iso8601(value);
    } else {
      out += escape_xml(value);
    }
    close_tag(out, name);
  }
}

template <class T>
void decode(pugi::xml_node node, T& out, Naming naming) {
  if constexpr (is_optional<T>) {
    decode(node, out.emplace(), naming);
  } else if constexpr (is_list<T>) {
    for (auto item : node.children())
      if (item.type() == pugi::node_element) decode(item, out.emplace_back(), naming);
  } else if constexpr (is_struct<T>) {
    for_each_member(out, naming, [&](std::string const& name, auto& member) {
      if (auto child = node.child(name.c_str())) decode(child, member, naming);
    });
  } else if constexpr (std::is_same_v<T, bool>) {
    out = std::string_view(node.text().get()) == "true";
  } else if constexpr (is_integer<T>) {
    out = static_cast<T>(node.text().as_llong());
  } else if constexpr (std::is_same_v<T, Time>) {
    out = parse_iso8601(node.text().get()).value_or(Time{});
  } else {
    out = node.text().get();
  }
}

}  // namespace xml

/// The members one after the other, without a root element. EC2: lower_camel, lists of <item>; STS:
/// upper_camel, <member>.
template <class Response>
std::string encode_xml(Response const& response, Naming naming) {
  std::string out;
  xml::encode_members(out, response, naming, true);
  return out;
}

/// One item of a list that is streamed.
template <class Item>
std::string encode_xml_item(Item const& item) {
  std::string out;
  xml::encode(out, "item", item, Naming::lower_camel, false);
  return out;
}

/// What makes one item of a list larger than another: its texts, as they are sent, and its own lists.
template <class T>
std::size_t size_of_parts(T const& value) {
  if constexpr (is_optional<T>) {
    return value ? size_of_parts(*value) : std::size_t{0};
  } else if constexpr (is_list<T>) {
    std::size_t out = 0;
    for (auto const& item : value) out += sizeof(item) + size_of_parts(item);
    return out;
  } else if constexpr (is_struct<T>) {
    std::size_t out = 0;
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>(
        [&](auto member) { out += size_of_parts(value.*member.pointer); });
    return out;
  } else if constexpr (std::is_integral_v<T> || std::is_same_v<T, Time>) {
    return 0;
  } else {
    return xml::escaped_bytes(value);
  }
}

/// Parses a document; fails with `corrupt`. For answers of a service, not for what strangers send.
Result<std::unique_ptr<pugi::xml_document>> parse_xml(std::string_view text);

/// Unknown elements are ignored, missing ones leave the member as it was.
template <class Response>
Response decode_xml(pugi::xml_node root, Naming naming) {
  Response response;
  xml::decode(root, response, naming);
  return response;
}

}  // namespace argosy::wire
