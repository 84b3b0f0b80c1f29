// wire/json_text.cpp - see json_text.h.
#include "wire/json_text.h"

#include <boost/json.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <limits>
#include <set>
#include <vector>

namespace argosy::wire {
namespace {

using boost::json::string_view;
using boost::system::error_code;

constexpr std::size_t kMaxShownBytes = 100;

boost::json::parse_options options() {
  boost::json::parse_options out;
  out.max_depth = kMaxJsonDepth;
  return out;
}

/// Hears what a text holds, and builds nothing.
class Counter {
 public:
  // What boost::json::basic_parser asks of its handlers.
  static constexpr std::size_t max_object_size = kMaxJsonMembers;
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();

  explicit Counter(JsonLimits limits) : limits_(limits) {}

  std::optional<std::string> const& repeated() const { return repeated_; }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code& error) {
    names_.emplace_back();
    return count(error);
  }
  bool on_object_end(std::size_t, error_code&) {
    names_.pop_back();
    return true;
  }
  bool on_array_begin(error_code& error) { return count(error); }
  bool on_array_end(std::size_t, error_code&) { return true; }
  bool on_key_part(string_view part, std::size_t, error_code&) {
    if (!limits_.repeated_names) name_.append(part.data(), part.size());
    return true;
  }
  bool on_key(string_view part, std::size_t size, error_code& error) {
    if (limits_.repeated_names) return true;
    on_key_part(part, size, error);
    if (!names_.back().insert(name_).second) {
      repeated_ = std::move(name_);
      error = boost::json::error::syntax;
      return false;
    }
    name_.clear();
    return true;
  }
  bool on_string_part(string_view, std::size_t, error_code&) { return true; }
  bool on_string(string_view, std::size_t, error_code& error) { return count(error); }
  bool on_number_part(string_view, error_code&) { return true; }
  bool on_int64(std::int64_t, string_view, error_code& error) { return count(error); }
  bool on_uint64(std::uint64_t, string_view, error_code& error) { return count(error); }
  bool on_double(double, string_view, error_code& error) { return count(error); }
  bool on_bool(bool, error_code& error) { return count(error); }
  bool on_null(error_code& error) { return count(error); }
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }

 private:
  bool count(error_code& error) {
    if (++values_ <= limits_.values) return true;
    error = boost::json::error::array_too_large;
    return false;
  }

  JsonLimits limits_;
  std::size_t values_ = 0;
  std::vector<std::set<std::string>> names_;  // of each object that is open
  std::string name_;                          // the parts of the present one
  std::optional<std::string> repeated_;
};

}  // namespace

Result<boost::json::value> parse_json(std::string_view text, JsonLimits limits) {
  boost::json::basic_parser<Counter> counter(options(), limits);
  error_code error;
  counter.write_some(false, text.data(), text.size(), error);
  if (auto const& name = counter.handler().repeated())
    return fail(Fault::invalid, "the member " + name->substr(0, kMaxShownBytes) + " is there twice");
  if (error == boost::json::error::object_too_large || error == boost::json::error::array_too_large)
    return fail(Fault::invalid, "more JSON than any message has");
  if (error) return fail(Fault::invalid, "not JSON: " + error.message());
  auto value = boost::json::parse({text.data(), text.size()}, error, {}, options());
  if (error) return fail(Fault::invalid, "not JSON: " + error.message());
  return value;
}

std::optional<std::string> find_repeated_name(std::string_view text) {
  JsonLimits const limits{.values = text.size()};
  boost::json::basic_parser<Counter> counter(options(), limits);
  error_code error;
  counter.write_some(false, text.data(), text.size(), error);
  return counter.handler().repeated();
}

}  // namespace argosy::wire
