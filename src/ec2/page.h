// ec2/page.h - MaxResults and NextToken: tokens are bound to the caller, the operation and the rest of the
// request.
#pragma once
#include <optional>
#include <string>
#include <typeinfo>

#include "catalogue/listing.h"
#include "crypto/crypto.h"
#include "wire/form.h"
#include "wire/xml.h"

namespace argosy::ec2 {

/// A page ends with the item that makes it as long as this, by wire::size_of_parts: whatever the items are,
/// so much is held of a list at once, and one item more.
inline constexpr std::size_t kPageBytes = 1U << 20U;

/// Where a list goes on, and what was taken of it so far.
struct Page {
  catalogue::Position after;
  std::size_t limit = 0;
  std::size_t items = 0;
  std::size_t bytes = 0;
  catalogue::Position last;

  bool is_first() const { return after == catalogue::Position{}; }
  bool is_full() const { return items >= limit || bytes >= kPageBytes; }
  /// Counts an item. False if it is the page's last one.
  bool take(catalogue::Position position, std::size_t item_bytes) {
    last = std::move(position);
    ++items;
    bytes += item_bytes;
    return !is_full();
  }
};

namespace page {
/// Fails with InvalidParameterValue.
Result<std::size_t> check_limit(std::optional<std::int32_t> max_results, std::int32_t least,
                                std::int32_t most);
Result<catalogue::Position> open_token(crypto::Key const& key, std::string_view bound_to,
                                       std::string const& token);
std::string make_token(crypto::Key const& key, std::string_view bound_to, catalogue::Position const& after);

/// What a token is bound to. Requests of two operations may have the same form, so their type is named, too.
template <class Request>
std::string binding(std::string_view account, Request request) {
  request.next_token.reset();
  request.max_results.reset();
  return std::string(account) + "\n" + typeid(Request).name() + "\n" +
         wire::print_form(wire::encode_form(request));
}
}  // namespace page

/// The page that a request asks for. Without MaxResults it is the largest there is; the front asks on until
/// the end.
template <class Request>
Result<Page> parse_page(crypto::Key const& key, std::string_view account, Request const& request,
                        std::int32_t least, std::int32_t most) {
  Page out;
  out.limit = TRY(page::check_limit(request.max_results, least, most));
  if (request.next_token && !request.next_token->empty())
    out.after = TRY(page::open_token(key, page::binding(account, request), *request.next_token));
  return out;
}

/// The token behind the last item, if there may be more.
template <class Request>
std::optional<std::string> next_token(crypto::Key const& key, std::string_view account,
                                      Request const& request, Page const& page) {
  if (!page.is_full()) return std::nullopt;
  return page::make_token(key, page::binding(account, request), page.last);
}

}  // namespace argosy::ec2
