// http/bounded_parser.h - Beast's parser of a message, which takes fields and trailers within bounds.
#pragma once
#include <boost/beast/http/parser.hpp>
#include <cstdint>
#include <utility>

#include "http/header_bounds.h"

namespace argosy::http {

/// Fails with header_limit where a field is one too many or too large.
template <bool is_request, class Body>
class BoundedParser final : public boost::beast::http::parser<is_request, Body> {
  template <class AnyBody>
  using Beasts = boost::beast::http::parser<is_request, AnyBody>;

 public:
  /// `header_limit_bytes`: of all fields and trailers together.
  explicit BoundedParser(std::uint32_t header_limit_bytes) : bounds_(header_limit_bytes) {
    this->header_limit(header_limit_bytes);
  }
  /// Goes on behind the header that `head` has read.
  template <class Other>
  explicit BoundedParser(BoundedParser<is_request, Other>&& head)
      : Beasts<Body>(std::move(static_cast<Beasts<Other>&>(head))), bounds_(head.bounds_) {}

 private:
  template <bool, class>
  friend class BoundedParser;
  void on_field_impl(boost::beast::http::field field, boost::beast::string_view name,
                     boost::beast::string_view value, boost::beast::error_code& error) override {
    if (bounds_.take(name.size(), value.size())) {
      this->get().insert(field, name, value);
    } else {
      error = boost::beast::http::error::header_limit;
    }
  }
  HeaderBounds bounds_;
};

}  // namespace argosy::http
