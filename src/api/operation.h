// api/operation.h - what an operation is to the front: a name and a function from a call to a response. The
// templates below put decoding, transactions and encoding around the functions of ec2/.
#pragma once
#include <functional>
#include <map>
#include <string>

#include "access/caller.h"
#include "api/service.h"
#include "catalogue/schema.h"
#include "http/message.h"
#include "wire/form.h"
#include "wire/xml.h"

namespace argosy::api {

/// One authenticated request to one region.
struct Call {
  Service& service;
  Region& region;
  access::Caller const& caller;
  wire::Pairs const& parameters;
  std::string action;
  std::string request_id;
  Time now{};
  std::string endpoint;  ///< the authority that the client reached
};

using Operation = std::function<Result<http::Response>(Call const&)>;
using Operations = std::map<std::string, Operation, std::less<>>;

/// EC2's table: every operation that is answered.
Operations const& ec2_operations();

/// How often a transaction runs again when another one was in its way.
inline constexpr int kMaxAttempts = 10;

/// Interrupts what reads for a request longer, from now on, than the service lets it: filters may be costly.
/// Fails with RequestLimitExceeded.
sql::Interrupt read_limit(Service const& service);

/// Runs `function(tx)`, commits what writes, and runs it again on a serialisation conflict.
template <class Function>
auto run_transaction(sql::Pool& pool, sql::Access access, Function const& function,
                     sql::Interrupt const& interrupt = nullptr)
    -> decltype(function(std::declval<catalogue::Transaction&>())) {
  for (int attempt = 1;; ++attempt) {
    auto result = [&]() -> decltype(function(std::declval<catalogue::Transaction&>())) {
      auto session = TRY(pool.take());
      auto tx = TRY(catalogue::Transaction::begin(*session, access, interrupt));
      auto made = TRY(function(tx));
      if (access == sql::Access::write) TRY(tx.commit());
      return made;
    }();
    bool const conflict = !result && result.error().fault == Fault::conflict &&
                          (result.error().code.empty() || result.error().code == "unique");
    if (!conflict || attempt == kMaxAttempts) return result;
  }
}

namespace envelope {
std::string open(std::string const& action, std::string const& request_id);
std::string close(std::string const& action);
http::Response respond(std::string const& request_id, std::string body);
http::Response respond(std::string const& request_id, http::BodySource stream);
}  // namespace envelope

template <class Response>
http::Response to_xml(Call const& call, Response const& response) {
  return envelope::respond(call.request_id, envelope::open(call.action, call.request_id) +
                                                wire::encode_xml(response, wire::Naming::lower_camel) +
                                                envelope::close(call.action));
}

/// An operation that is one transaction: `function(tx, call, request)`.
template <class Request, class Function>
Operation transaction_operation(sql::Access access, Function function) {
  return [access, function](Call const& call) -> Result<http::Response> {
    auto request = TRY(wire::decode_form<Request>(call.parameters));
    auto const interrupt = access == sql::Access::read ? read_limit(call.service) : sql::Interrupt();
    auto response = TRY(run_transaction(
        call.region.catalogue, access,
        [&](catalogue::Transaction& tx) { return function(tx, call, request); }, interrupt));
    return to_xml(call, response);
  };
}
template <class Request, class Function>
Operation reading(Function function) {
  return transaction_operation<Request>(sql::Access::read, function);
}
template <class Request, class Function>
Operation writing(Function function) {
  return transaction_operation<Request>(sql::Access::write, function);
}

/// A list. Without MaxResults all of it is sent, page by page as the client takes it, each page from a
/// transaction of its own: memory does not grow with the list, and no transaction waits for a slow client.
template <class Request, class List, class Function>
Operation listing(std::string element, List list, Function function) {
  return [element, list, function](Call const& call) -> Result<http::Response> {
    auto request = TRY(wire::decode_form<Request>(call.parameters));
    auto page_of = [function](Call const& from, Request const& asked) {
      return run_transaction(
          from.region.catalogue, sql::Access::read,
          [&](catalogue::Transaction& tx) { return function(tx, from, asked); }, read_limit(from.service));
    };
    auto first = TRY(page_of(call, request));
    if (request.max_results || !first.next_token) return to_xml(call, first);
    struct State {
      Service& service;
      Region& region;
      access::Caller caller;
      std::string action;
      std::string request_id;
      Time now;
      Request request;
      decltype(first) page;
      bool begun = false;
      bool ended = false;
    };
    auto state = std::make_shared<State>(State{call.service, call.region, call.caller, call.action,
                                               call.request_id, call.now, std::move(request),
                                               std::move(first)});  // shared: std::function is copied
    return envelope::respond(call.request_id, [state, element, list, page_of]() -> Result<Bytes> {
      if (state->ended) return Bytes{};
      std::string out;
      if (!state->begun) out = envelope::open(state->action, state->request_id) + "<" + element + ">";
      if (state->begun) {
        state->request.next_token = state->page.next_token;
        wire::Pairs const none;
        Call next{state->service, state->region,     state->caller, none,
                  state->action,  state->request_id, state->now,    {}};
        state->page = TRY(page_of(next, state->request));
      }
      state->begun = true;
      for (auto const& item : state->page.*list) out += wire::encode_xml_item(item);
      state->ended = !state->page.next_token;
      if (state->ended) out += "</" + element + ">" + envelope::close(state->action);
      return to_bytes(as_bytes(out));
    });
  };
}

}  // namespace argosy::api
