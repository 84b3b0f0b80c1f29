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

/// A list that is sent page by page as the client takes it: memory does not grow with the list. `next` gives
/// the page behind a token; each that has a token has items, too.
template <class Page, class List, class Next>
http::Response stream_list(Call const& call, std::string const& element, List list, Page first, Next next) {
  struct State {
    std::string head;
    std::string tail;
    Page page;
    bool begun = false;
    bool ended = false;
  };
  auto state =
      std::make_shared<State>(State{envelope::open(call.action, call.request_id) + "<" + element + ">",
                                    "</" + element + ">" + envelope::close(call.action),
                                    std::move(first)});  // shared: std::function is copied
  return envelope::respond(call.request_id, [state, list, next]() -> Result<Bytes> {
    if (state->ended) return Bytes{};
    if (state->begun) state->page = TRY(next(*state->page.next_token));
    std::string out = state->begun ? "" : state->head;
    auto const items = std::move(state->page.*list);  // not held while the client reads
    for (auto const& item : items) out += wire::encode_xml_item(item);
    state->begun = true;
    state->ended = !state->page.next_token;
    if (state->ended) out += state->tail;
    return to_bytes(as_bytes(out));
  });
}

/// A list. Without MaxResults all of it is sent, each page from a transaction of its own: no transaction
/// waits for a slow client.
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
    struct Asked {
      Service& service;
      Region& region;
      access::Caller caller;
      std::string action;
      std::string request_id;
      Time now;
      Request request;
    };
    auto asked = std::make_shared<Asked>(Asked{call.service, call.region, call.caller, call.action,
                                               call.request_id, call.now, std::move(request)});
    return stream_list(call, element, list, std::move(first), [asked, page_of](std::string const& token) {
      asked->request.next_token = token;
      wire::Pairs const none;
      Call const from{asked->service, asked->region,     asked->caller, none,
                      asked->action,  asked->request_id, asked->now,    {}};
      return page_of(from, asked->request);
    });
  };
}

}  // namespace argosy::api
