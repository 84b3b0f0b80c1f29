// wire/form.cpp - see form.h: what does not depend on the struct.
#include "wire/form.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/bytes.h"
#include "base/text.h"

namespace argosy::wire {
namespace {

/// Deeper than any parameter of EC2.
constexpr int kMaxDepth = 8;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Result<std::string> unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out.push_back(' ');
    } else if (text[i] != '%') {
      out.push_back(text[i]);
    } else {
      int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0)
        return fail(Fault::invalid, "MalformedQueryString",
                    "The query string contains a malformed escape sequence");
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    }
  }
  return out;
}

void escape(std::string_view text, std::string& out) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.' || c == '~') {
      out.push_back(c);
    } else {
      auto byte = static_cast<unsigned char>(c);
      out.push_back('%');
      out.push_back(digits[byte >> 4U]);
      out.push_back(digits[byte & 15U]);
    }
  }
}

bool belongs_to_protocol(std::string_view name) {
  constexpr std::array<std::string_view, 8> kNames{"Action",    "Version",         "AWSAccessKeyId",
                                                   "Signature", "SignatureMethod", "SignatureVersion",
                                                   "Timestamp", "SecurityToken"};
  return std::ranges::find(kNames, name) != kNames.end() || name.starts_with("X-Amz-");
}

std::unexpected<Error> too_many(std::size_t most, std::string const& what) {
  return fail(Fault::invalid, "InvalidParameterValue",
              "The request has more than " + std::to_string(most) + " " + what);
}

}  // namespace

Result<Pairs> parse_form(std::string_view text) {
  Pairs pairs;
  while (!text.empty()) {
    auto end = text.find('&');
    auto pair = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (pair.empty()) continue;
    if (pairs.size() == kMaxFormPairs) return too_many(kMaxFormPairs, "parameters");
    auto equals = pair.find('=');
    auto name = TRY(unescape(pair.substr(0, equals)));
    auto value = equals == std::string_view::npos ? std::string() : TRY(unescape(pair.substr(equals + 1)));
    if (!is_utf8(name) || !is_utf8(value))
      return fail(Fault::invalid, "MalformedQueryString", "The query string contains text that is not UTF-8");
    pairs.emplace_back(std::move(name), std::move(value));
  }
  return pairs;
}

std::string print_form(Pairs const& pairs) {
  std::string out;
  for (auto const& [name, value] : pairs) {
    if (!out.empty()) out.push_back('&');
    escape(name, out);
    out.push_back('=');
    escape(value, out);
  }
  return out;
}

std::optional<std::string_view> find_pair(Pairs const& pairs, std::string_view name) {
  for (auto const& [key, value] : pairs)
    if (key == name) return value;
  return std::nullopt;
}

Result<FormNode> FormNode::make(Pairs const& pairs) {
  FormNode root;
  std::size_t nodes = 0;
  for (auto const& [name, value] : pairs) {
    if (belongs_to_protocol(name)) continue;
    FormNode* node = &root;
    std::size_t start = 0;
    for (int depth = 0;; ++depth) {
      auto end = name.find('.', start);
      auto segment = name.substr(start, end == std::string::npos ? end : end - start);
      auto const [child, is_new] = node->children_.try_emplace(segment);
      node = &child->second;
      if (is_new) {
        if (++nodes > kMaxFormNodes) return too_many(kMaxFormNodes, "parts of parameters");
        node->name_ = name.substr(0, end);
      }
      if (end == std::string::npos) break;
      if (depth == kMaxDepth)
        return fail(Fault::invalid, "UnknownParameter", "The parameter " + name + " is not recognized");
      start = end + 1;
    }
    if (node->value_)
      return fail(Fault::invalid, "InvalidParameterValue",
                  "The parameter " + name + " is given more than once");
    node->value_ = value;
  }
  return root;
}

FormNode* FormNode::find(std::string const& segment) {
  auto found = children_.find(segment);
  if (found == children_.end()) return nullptr;
  found->second.touched_ = true;
  return &found->second;
}

Result<std::vector<FormNode*>> FormNode::items() {
  if (value_ && (!value_->empty() || !children_.empty())) return form::bad_value(*this, "a list");
  std::vector<std::pair<std::uint32_t, FormNode*>> numbered;
  for (auto& [segment, child] : children_) {
    std::uint32_t number = 0;
    auto [end, error] = std::from_chars(segment.data(), segment.data() + segment.size(), number);
    if (error != std::errc{} || end != segment.data() + segment.size() || number == 0)
      return std::unexpected(child.unknown());
    child.touched_ = true;
    numbered.emplace_back(number, &child);
  }
  std::ranges::sort(numbered);
  std::vector<FormNode*> out;
  for (auto const& [number, child] : numbered) out.push_back(child);
  return out;
}

Error FormNode::unknown() const {
  FormNode const* node = this;
  while (!node->value_ && !node->children_.empty()) node = &node->children_.begin()->second;
  return {Fault::invalid, "UnknownParameter", "The parameter " + node->name_ + " is not recognized"};
}

namespace form {

std::unexpected<Error> bad_value(FormNode const& node, char const* expected) {
  std::string shown = node.value().value_or("");
  if (shown.size() > 200) shown = shown.substr(0, 200) + "...";
  return fail(
      Fault::invalid, "InvalidParameterValue",
      "Value (" + shown + ") for parameter " + node.name() + " is invalid. Expected " + expected + ".");
}

std::unexpected<Error> missing(std::string const& name) {
  return fail(Fault::invalid, "MissingParameter", "The request must contain the parameter " + name);
}

Result<std::string> text(FormNode const& node) {
  if (node.has_children()) return std::unexpected(node.children().begin()->second.unknown());
  return *node.value();
}

Result<bool> boolean(FormNode const& node) {
  auto const value = to_lower(TRY(text(node)));
  if (value == "true") return true;
  if (value == "false") return false;
  return bad_value(node, "true or false");
}

Result<std::int64_t> integer(FormNode const& node, std::int64_t least, std::int64_t most) {
  auto value = TRY(text(node));
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (value.empty() || error != std::errc{} || end != value.data() + value.size() || number < least ||
      number > most)
    return bad_value(node, "an integer");
  return number;
}

}  // namespace form
}  // namespace argosy::wire
