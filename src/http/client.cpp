// http/client.cpp - see client.h: Beast with a deadline on each operation, run to its end by the calling
// thread.
#include "http/client.h"

#include <sys/socket.h>
#include <algorithm>
#include <array>

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <cerrno>
#include <mutex>
#include <variant>
#include <vector>

#include "http/bounded_parser.h"
#include "http/listener.h"

namespace argosy::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
/// TCP and local sockets are reached by the same code.
using Protocol = asio::generic::stream_protocol;
using Plain = beast::basic_stream<Protocol>;
using Tls = beast::ssl_stream<Plain>;

constexpr std::size_t kKeptConnections = 32;
/// The most of a body that a sink is given at once.
constexpr std::size_t kPieceBytes = 64U << 10U;
/// Of a response's header, and of what surrounds its chunks.
constexpr std::uint32_t kHeaderLimitBytes = 64U << 10U;

template <class Body>
using Parser = BoundedParser<false, Body>;
using HeadParser = Parser<beast::http::empty_body>;

class Connection {
 public:
  /// `tls`: nothing for plain HTTP.
  Connection(Endpoint const& endpoint, ClientOptions const& options, std::shared_ptr<ssl_ctx_st> tls)
      : endpoint_(endpoint), options_(options), tls_(std::move(tls)) {
    if (tls_) {
      SSL_CTX_up_ref(tls_.get());  // what the next line gives up when it goes; the stream holds its own
      asio::ssl::context own(tls_.get());
      stream_.emplace<Tls>(context_, own);
    } else {
      stream_.emplace<Plain>(context_);
    }
  }

  Result<void> connect() {
    std::optional<LocalName> name;
    if (!endpoint_.local_socket.empty()) name.emplace(TRY(LocalName::open(endpoint_.local_socket)));
    std::vector<Protocol::endpoint> found;
    error_code error;
    if (name) {
      found.emplace_back(asio::local::stream_protocol::endpoint(name->text()));
    } else {
      asio::ip::tcp::resolver resolver(context_);
      for (auto const& entry : resolver.resolve(endpoint_.host, std::to_string(endpoint_.port), error))
        found.emplace_back(entry.endpoint());
    }
    if (error) return failure("cannot resolve", error);
    lowest().expires_after(options_.connect_timeout);
    lowest().async_connect(found, [&](error_code result, Protocol::endpoint const&) { error = result; });
    run();
    if (error) return failure("cannot connect", error);
    if (!name) lowest().socket().set_option(asio::ip::tcp::no_delay(true), error);
    if (auto* tls = std::get_if<Tls>(&stream_)) {
      auto const& server = options_.server_name.empty() ? endpoint_.host : options_.server_name;
      SSL_set_tlsext_host_name(tls->native_handle(), server.c_str());
      tls->set_verify_callback(asio::ssl::host_name_verification(server));
      lowest().expires_after(options_.connect_timeout);
      tls->async_handshake(asio::ssl::stream_base::client, [&](error_code result) { error = result; });
      run();
      if (error) return failure("TLS failed", error);
    }
    return {};
  }

  /// Whether it was made with these certificates.
  bool uses(std::shared_ptr<ssl_ctx_st> const& tls) const { return tls_ == tls; }

  /// False if it was closed, or if there is something to read although nothing was asked.
  bool is_quiet() {
    char byte = 0;
    auto const got = ::recv(lowest().socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }

  /// `closed` becomes true if the server ends the connection before a byte of a response. With a `sink` the
  /// body goes there.
  Result<Response> exchange(Request const& request, bool& keep, bool& closed, BodySink const& sink = {}) {
    deadline_ = options_.call_timeout ? std::chrono::steady_clock::now() + *options_.call_timeout
                                      : std::chrono::steady_clock::time_point::max();
    try {
      return std::visit([&](auto& stream) { return exchange_on(stream, request, keep, closed, sink); },
                        stream_);
    } catch (std::exception const& exception) {  // of the parser, or for want of memory
      keep = false;
      return fail(Fault::unavailable, endpoint_.authority() + ": no response: " + exception.what());
    }
  }

 private:
  Plain& lowest() {
    return std::visit(
        [](auto& stream) -> Plain& {
          if constexpr (std::is_same_v<std::remove_cvref_t<decltype(stream)>, std::monostate>) {
            std::abort();
          } else {
            return beast::get_lowest_layer(stream);
          }
        },
        stream_);
  }
  /// Before each operation: it must move a byte in time, and the call must end in time.
  void expect_progress() {
    lowest().expires_at(std::min(std::chrono::steady_clock::now() + options_.io_timeout, deadline_));
  }
  /// Whether nothing is to be expected any more: a server that is silent may still be at work.
  static bool is_end(error_code const& error) { return error && error != beast::error::timeout; }
  void run() {
    context_.restart();
    context_.run();
  }
  std::unexpected<Error> failure(char const* what, error_code const& error) {
    auto const& where = endpoint_.local_socket.empty() ? endpoint_.authority() : endpoint_.local_socket;
    return fail(Fault::unavailable, where + ": " + what + ": " + error.message());
  }

  Result<Response> exchange_on(std::monostate&, Request const&, bool&, bool&, BodySink const&) {
    std::abort();
  }

  template <class Stream>
  Result<Response> exchange_on(Stream& stream, Request const& request, bool& keep, bool& closed,
                               BodySink const& sink) {
    TRY(write(stream, request, closed));
    beast::flat_buffer buffer(kHeaderLimitBytes);
    HeadParser parser(kHeaderLimitBytes);
    if (sink) {
      parser.body_limit(boost::none);
    } else {
      parser.body_limit(options_.body_limit_bytes);
    }
    parser.skip(request.method == "HEAD");
    error_code error;
    expect_progress();
    beast::http::async_read_header(stream, buffer, parser,
                                   [&](error_code result, std::size_t) { error = result; });
    run();
    closed = is_end(error) && !parser.got_some() && buffer.size() == 0;
    if (error) return failure("no response", error);

    Response response;
    response.status = static_cast<int>(parser.get().result_int());
    for (auto const& field : parser.get())
      response.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
    keep = parser.get().keep_alive();
    if (request.method == "HEAD" || response.status == 204) {
      keep = keep && buffer.size() == 0;
      return response;
    }
    if (sink && response.status == 200) {
      TRY(pour_body(stream, buffer, std::move(parser), sink));
    } else {
      response.body = TRY(read_body(stream, buffer, std::move(parser)));
    }
    keep = keep && buffer.size() == 0;  // what comes behind a response answers nothing that was asked
    return response;
  }

  template <class Stream>
  Result<void> write(Stream& stream, Request const& request, bool& closed) {
    std::string head = request.method + " " + request.path +
                       (request.query.empty() ? "" : "?" + request.query) + " HTTP/1.1\r\n";
    if (!find_header(request.headers, "host")) head += "Host: " + endpoint_.authority() + "\r\n";
    for (auto const& [name, value] : request.headers) head += name + ": " + value + "\r\n";
    head += "Content-Length: " + std::to_string(request.body.size()) + "\r\n\r\n";
    using Parts = std::array<asio::const_buffer, 2>;
    beast::buffers_suffix<Parts> rest(
        Parts{asio::buffer(head), asio::buffer(request.body.data(), request.body.size())});
    while (beast::buffer_bytes(rest) > 0) {
      error_code error;
      std::size_t put = 0;
      expect_progress();
      stream.async_write_some(rest, [&](error_code result, std::size_t bytes) {
        error = result;
        put = bytes;
      });
      run();
      closed = is_end(error);
      if (error) return failure("cannot send", error);
      rest.consume(put);
    }
    return {};
  }

  template <class Stream>
  Result<Bytes> read_body(Stream& stream, beast::flat_buffer& buffer, HeadParser&& parser) {
    error_code error;
    auto length = parser.content_length();
    if (length && *length > options_.body_limit_bytes)
      return fail(Fault::limit, endpoint_.authority() + ": the response is too large");
    if (!length) {
      Parser<beast::http::vector_body<std::byte>> whole(std::move(parser));
      whole.body_limit(options_.body_limit_bytes);
      while (!whole.is_done()) {
        expect_progress();
        beast::http::async_read_some(stream, buffer, whole,
                                     [&](error_code result, std::size_t) { error = result; });
        run();
        if (error) return failure("the response broke off", error);
      }
      return std::move(whole.get().body());
    }
    Bytes body(*length);
    auto have = asio::buffer_copy(asio::buffer(body.data(), body.size()), buffer.data());
    buffer.consume(have);
    while (have < body.size()) {
      std::size_t got = 0;
      expect_progress();
      stream.async_read_some(asio::buffer(body.data() + have, body.size() - have),
                             [&](error_code result, std::size_t bytes) {
                               error = result;
                               got = bytes;
                             });
      run();
      if (error) return failure("the response broke off", error);
      have += got;
    }
    return body;
  }

  template <class Stream>
  Result<void> pour_body(Stream& stream, beast::flat_buffer& buffer, HeadParser&& parser,
                         BodySink const& sink) {
    Parser<beast::http::buffer_body> whole(std::move(parser));
    Bytes piece(kPieceBytes);
    while (!whole.is_done()) {
      whole.get().body().data = piece.data();
      whole.get().body().size = piece.size();
      error_code error;
      expect_progress();
      beast::http::async_read_some(stream, buffer, whole,
                                   [&](error_code result, std::size_t) { error = result; });
      run();
      if (error && error != beast::http::error::need_buffer) return failure("the response broke off", error);
      auto const filled = piece.size() - whole.get().body().size;
      if (filled > 0) TRY(sink({piece.data(), filled}));
    }
    return {};
  }

  Endpoint const& endpoint_;
  ClientOptions const& options_;
  std::shared_ptr<ssl_ctx_st> tls_;
  std::chrono::steady_clock::time_point deadline_;
  asio::io_context context_{1};
  std::variant<std::monostate, Plain, Tls> stream_;
};

}  // namespace

struct Client::State {
  Endpoint endpoint;
  ClientOptions options;
  Result<std::unique_ptr<TlsContext>> tls;  ///< of endpoints of https
  std::mutex mutex;                         // guards idle
  std::vector<std::unique_ptr<Connection>> idle;

  /// What a new connection begins with: nothing for plain HTTP.
  Result<std::shared_ptr<ssl_ctx_st>> current_tls() {
    if (!tls) return std::unexpected(tls.error());
    return *tls ? (*tls)->current() : nullptr;
  }
  std::unique_ptr<Connection> take(std::shared_ptr<ssl_ctx_st> const& current) {
    std::lock_guard lock(mutex);
    std::erase_if(
        idle, [&](auto const& connection) { return !connection->uses(current) || !connection->is_quiet(); });
    if (idle.empty()) return nullptr;
    auto connection = std::move(idle.back());
    idle.pop_back();
    return connection;
  }
  void give_back(std::unique_ptr<Connection> connection) {
    std::lock_guard lock(mutex);
    if (idle.size() < kKeptConnections) idle.push_back(std::move(connection));
  }
};

Client::Client(Endpoint endpoint, ClientOptions options) : state_(std::make_unique<State>()) {
  state_->endpoint = std::move(endpoint);
  state_->options = std::move(options);
  if (state_->endpoint.tls) state_->tls = TlsContext::open(TlsContext::Role::client, state_->options.tls);
}
Client::~Client() = default;

Endpoint const& Client::endpoint() const { return state_->endpoint; }

Result<Response> Client::send(Request const& request) {
  auto const tls = TRY(state_->current_tls());
  auto connection = state_->take(tls);
  bool const kept = connection != nullptr;
  bool keep = false;
  bool closed = false;
  if (kept) {
    auto response = connection->exchange(request, keep, closed);
    if (response || !closed) {
      if (response && keep) state_->give_back(std::move(connection));
      return response;
    }
  }
  connection = std::make_unique<Connection>(state_->endpoint, state_->options, tls);
  TRY(connection->connect());
  auto response = connection->exchange(request, keep, closed);
  if (response && keep) state_->give_back(std::move(connection));
  return response;
}

Result<Response> Client::send(Request const& request, BodySink const& sink) {
  auto const tls = TRY(state_->current_tls());
  Connection connection(state_->endpoint, state_->options, tls);
  TRY(connection.connect());
  bool keep = false;
  bool closed = false;
  return connection.exchange(request, keep, closed, sink);
}

}  // namespace argosy::http
