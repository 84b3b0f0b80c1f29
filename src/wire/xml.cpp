// wire/xml.cpp - see xml.h: what does not depend on the struct.
#include "wire/xml.h"

#include <algorithm>

#include "base/bytes.h"

namespace argosy::wire {
namespace {

/// Beside control characters, what UTF-8 can hold and XML 1.0 cannot (section 2.2, Char).
constexpr std::string_view kFffe = "\xef\xbf\xbe";
constexpr std::string_view kFfff = "\xef\xbf\xbf";

}  // namespace

std::string xml_text(std::string_view text) {
  auto out = to_utf8(text);
  std::size_t kept = 0;
  for (std::size_t at = 0; at < out.size();) {
    auto const rest = std::string_view(out).substr(at);
    if (rest.starts_with(kFffe) || rest.starts_with(kFfff)) {
      at += kFffe.size();
      continue;
    }
    char const c = out[at++];
    if (static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\n' || c == '\r') out[kept++] = c;
  }
  out.resize(kept);
  return out;
}

std::string escape_xml(std::string_view text) {
  auto const held = xml_text(text);
  std::string out;
  out.reserve(held.size());
  for (char const c : held) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\r':
        out += "&#xD;";
        break;
      default:
        out.push_back(c);
    }
  }
  return out;
}

namespace xml {

std::size_t escaped_bytes(std::string_view text) {
  constexpr std::size_t kLongestEscape = 6;  // &quot;
  auto const escaped =
      std::ranges::count_if(text, [](char c) { return std::string_view("&<>\"\r").contains(c); });
  return text.size() + (kLongestEscape - 1) * static_cast<std::size_t>(escaped);
}

void open_tag(std::string& out, std::string_view name) { (out.append("<").append(name)) += '>'; }
void close_tag(std::string& out, std::string_view name) { (out.append("</").append(name)) += '>'; }

}  // namespace xml

Result<std::unique_ptr<pugi::xml_document>> parse_xml(std::string_view text) {
  auto document = std::make_unique<pugi::xml_document>();
  auto parsed =
      document->load_buffer(text.data(), text.size(), pugi::parse_default | pugi::parse_ws_pcdata_single);
  if (!parsed) return fail(Fault::corrupt, std::string("not XML: ") + parsed.description());
  return document;
}

}  // namespace argosy::wire
