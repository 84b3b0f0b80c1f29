// tests/fuzz/text.cpp - small texts: times, hexadecimal, base64, addresses, endpoints, ids, durations.
#include "base/clock.h"
#include "cli/format.h"
#include "cli/reference.h"
#include "fuzz/fuzz.h"
#include "http/url.h"
#include "images/ids.h"

namespace argosy::fuzz {
namespace {

void read_times(std::string_view text) {
  auto time = parse_iso8601(text);
  check_error(time);
  if (time) ARGOSY_ASSERT(parse_iso8601(to_iso8601(*time)) == *time);
  auto signed_at = parse_amz_date(text);
  check_error(signed_at);
  if (signed_at) ARGOSY_ASSERT(parse_amz_date(to_amz_date(*signed_at)) == *signed_at);
}

void read_bytes(std::string_view text) {
  auto bytes = from_hex(text);
  check_error(bytes);
  if (bytes) ARGOSY_ASSERT(bytes->size() == text.size() / 2 && from_hex(to_hex(*bytes)) == *bytes);
  bytes = from_base64(text);
  check_error(bytes);
  if (bytes) ARGOSY_ASSERT(to_base64(*bytes) == text);
  ARGOSY_ASSERT(from_base64(to_base64(as_bytes(text))) == to_bytes(as_bytes(text)));
  ARGOSY_ASSERT(from_hex(to_hex(as_bytes(text))) == to_bytes(as_bytes(text)));
}

void read_addresses(std::string_view text) {
  check_error(http::parse_address(text));
  auto endpoint = http::parse_endpoint(text);
  check_error(endpoint);
  if (!endpoint) return;
  auto again =
      http::parse_endpoint((endpoint->tls ? "https://" : "http://") + endpoint->authority() + endpoint->path);
  ARGOSY_ASSERT(again && again->host == endpoint->host && again->port == endpoint->port &&
                again->path == endpoint->path && again->tls == endpoint->tls);
}

void read_arguments(std::string_view text) {
  auto duration = cli::parse_duration(std::string(text));
  if (duration) ARGOSY_ASSERT(duration->count() >= 0 && !cli::show_duration(*duration).empty());
  auto reference = cli::parse_reference(text, {"ami-", "snap-"});
  if (reference) ARGOSY_ASSERT(text.ends_with(reference->id));
  ARGOSY_ASSERT(cli::check_image_name(cli::image_name_of(text)));
  static_cast<void>(cli::count_columns(text));
}

}  // namespace

void try_input(ByteView input) {
  auto const text = as_text(input);
  read_times(text);
  read_bytes(text);
  read_addresses(text);
  read_arguments(text);
  if (images::has_id_form(text, "ami-")) ARGOSY_ASSERT(text.size() == 21 || text.size() == 12);
}

}  // namespace argosy::fuzz
