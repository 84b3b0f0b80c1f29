// crypto/sigv4.cpp - see sigv4.h.
#include "crypto/sigv4.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "crypto/crypto.h"

namespace argosy::crypto {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Without blanks at both ends, runs of blanks folded to one.
std::string fold(std::string_view value) {
  std::string out;
  for (char c : value) {
    if (c == '\t') c = ' ';
    if (c == ' ' && (out.empty() || out.back() == ' ')) continue;
    out.push_back(c);
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

/// Pairs sorted by encoded name, then value; each re-encoded the one canonical way.
std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!query.empty()) {
    auto end = query.find('&');
    auto pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
    if (pair.empty()) continue;
    auto equals = pair.find('=');
    auto value = equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
    pairs.emplace_back(percent_encode(percent_decode(pair.substr(0, equals)), false),
                       percent_encode(percent_decode(value), false));
  }
  std::ranges::sort(pairs);
  std::string out;
  for (auto const& [name, value] : pairs) (out += out.empty() ? "" : "&") += name + "=" + value;
  return out;
}

}  // namespace

std::string percent_encode(std::string_view text, bool keep_slash) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    bool plain =
        std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' || c == '~' || (c == '/' && keep_slash);
    if (plain) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(digits[byte >> 4U]);
      out.push_back(digits[byte & 15U]);
    }
  }
  return out;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low >= 0) {
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

std::string canonical_request(SignedParts const& parts) {
  std::vector<std::pair<std::string, std::string>> headers;
  for (auto const& [name, value] : parts.headers) headers.emplace_back(to_lower(name), fold(value));
  std::ranges::stable_sort(headers, {}, &std::pair<std::string, std::string>::first);
  std::string lines;
  std::string names;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (i > 0 && headers[i].first == headers[i - 1].first) {  // sent twice: the values are one list
      lines.pop_back();
      lines += "," + headers[i].second + "\n";
      continue;
    }
    lines += headers[i].first + ":" + headers[i].second + "\n";
    names += (names.empty() ? "" : ";") + headers[i].first;
  }
  auto path = parts.path.empty() ? std::string("/") : percent_encode(parts.path, true);
  return parts.method + "\n" + path + "\n" + canonical_query(parts.query) + "\n" + lines + "\n" + names +
         "\n" + parts.payload_hash;
}

std::string signature(std::string_view secret_access_key, CredentialScope const& scope,
                      std::string_view amz_date, std::string_view canonical) {
  std::string to_sign = "AWS4-HMAC-SHA256\n" + std::string(amz_date) + "\n" + scope.text() + "\n" +
                        digest::sha256(as_bytes(canonical)).hex();
  auto key = hmac_sha256(as_bytes("AWS4" + std::string(secret_access_key)), as_bytes(scope.date));
  key = hmac_sha256(key.bytes, as_bytes(scope.region));
  key = hmac_sha256(key.bytes, as_bytes(scope.service));
  key = hmac_sha256(key.bytes, as_bytes("aws4_request"));
  return hmac_sha256(key.bytes, as_bytes(to_sign)).hex();
}

}  // namespace argosy::crypto
