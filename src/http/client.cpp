// http/client.cpp - see client.h: Beast with a deadline on each operation, run to its end by the calling
// thread.
#include "http/client.h"

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <mutex>
#include <variant>
#include <vector>

namespace argosy::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kKeptConnections = 32;

class Connection {
 public:
  Connection(Endpoint const& endpoint, ClientOptions const& options, asio::ssl::context* tls)
      : endpoint_(endpoint), options_(options) {
    if (tls != nullptr) {
      stream_.emplace<Tls>(context_, *tls);
    } else {
      stream_.emplace<beast::tcp_stream>(context_);
    }
  }

  Result<void> connect() {
    tcp::resolver resolver(context_);
    error_code error;
    auto found = resolver.resolve(endpoint_.host, std::to_string(endpoint_.port), error);
    if (error) return failure("cannot resolve", error);
    lowest().expires_after(options_.connect_timeout);
    lowest().async_connect(found, [&](error_code result, tcp::endpoint const&) { error = result; });
    run();
    if (error) return failure("cannot connect", error);
    lowest().socket().set_option(tcp::no_delay(true), error);
    if (auto* tls = std::get_if<Tls>(&stream_)) {
      SSL_set_tlsext_host_name(tls->native_handle(), endpoint_.host.c_str());
      tls->set_verify_callback(asio::ssl::host_name_verification(endpoint_.host));
      lowest().expires_after(options_.connect_timeout);
      tls->async_handshake(asio::ssl::stream_base::client, [&](error_code result) { error = result; });
      run();
      if (error) return failure("TLS failed", error);
    }
    return {};
  }

  /// `answered` becomes true with the first byte of a response.
  Result<Response> exchange(Request const& request, bool& keep, bool& answered) {
    return std::visit([&](auto& stream) { return exchange_on(stream, request, keep, answered); }, stream_);
  }

 private:
  using Tls = beast::ssl_stream<beast::tcp_stream>;

  beast::tcp_stream& lowest() {
    return std::visit(
        [](auto& stream) -> beast::tcp_stream& {
          if constexpr (std::is_same_v<std::remove_cvref_t<decltype(stream)>, std::monostate>) {
            std::abort();
          } else {
            return beast::get_lowest_layer(stream);
          }
        },
        stream_);
  }
  void run() {
    context_.restart();
    context_.run();
  }
  std::unexpected<Error> failure(char const* what, error_code const& error) {
    return fail(Fault::unavailable, endpoint_.authority() + ": " + what + ": " + error.message());
  }

  Result<Response> exchange_on(std::monostate&, Request const&, bool&, bool&) { std::abort(); }

  template <class Stream>
  Result<Response> exchange_on(Stream& stream, Request const& request, bool& keep, bool& answered) {
    std::string head = request.method + " " + request.path +
                       (request.query.empty() ? "" : "?" + request.query) + " HTTP/1.1\r\n";
    if (!find_header(request.headers, "host")) head += "Host: " + endpoint_.authority() + "\r\n";
    for (auto const& [name, value] : request.headers) head += name + ": " + value + "\r\n";
    head += "Content-Length: " + std::to_string(request.body.size()) + "\r\n\r\n";
    // A vector: of an array of two, Asio 1.81 writes the first alone over TLS when both are too large to be
    // joined.
    std::vector<asio::const_buffer> parts{asio::buffer(head),
                                          asio::buffer(request.body.data(), request.body.size())};
    error_code error;
    lowest().expires_after(options_.io_timeout);
    asio::async_write(stream, parts, [&](error_code result, std::size_t) { error = result; });
    run();
    if (error) return failure("cannot send", error);

    beast::flat_buffer buffer;
    beast::http::response_parser<beast::http::empty_body> parser;
    parser.body_limit(options_.body_limit_bytes);
    parser.skip(request.method == "HEAD");
    lowest().expires_after(options_.io_timeout);
    beast::http::async_read_header(stream, buffer, parser,
                                   [&](error_code result, std::size_t) { error = result; });
    run();
    answered = parser.got_some() || buffer.size() > 0;
    if (error) return failure("no response", error);

    Response response;
    response.status = static_cast<int>(parser.get().result_int());
    for (auto const& field : parser.get())
      response.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
    keep = parser.get().keep_alive();
    auto length = parser.content_length();
    if (request.method == "HEAD" || response.status == 204) return response;
    if (length && *length > options_.body_limit_bytes)
      return fail(Fault::limit, endpoint_.authority() + ": the response is too large");
    if (!length) {
      beast::http::response_parser<beast::http::vector_body<std::byte>> whole(std::move(parser));
      whole.body_limit(options_.body_limit_bytes);
      lowest().expires_after(options_.io_timeout);
      beast::http::async_read(stream, buffer, whole, [&](error_code result, std::size_t) { error = result; });
      run();
      if (error) return failure("the response broke off", error);
      response.body = std::move(whole.get().body());
      return response;
    }
    response.body.resize(*length);
    auto have = asio::buffer_copy(asio::buffer(response.body.data(), response.body.size()), buffer.data());
    while (have < response.body.size()) {
      std::size_t got = 0;
      lowest().expires_after(options_.io_timeout);
      stream.async_read_some(asio::buffer(response.body.data() + have, response.body.size() - have),
                             [&](error_code result, std::size_t bytes) {
                               error = result;
                               got = bytes;
                             });
      run();
      if (error) return failure("the response broke off", error);
      have += got;
    }
    return response;
  }

  Endpoint const& endpoint_;
  ClientOptions const& options_;
  asio::io_context context_{1};
  std::variant<std::monostate, beast::tcp_stream, Tls> stream_;
};

}  // namespace

struct Client::State {
  Endpoint endpoint;
  ClientOptions options;
  std::unique_ptr<asio::ssl::context> tls;
  std::string tls_failure;
  std::mutex mutex;  // guards idle
  std::vector<std::unique_ptr<Connection>> idle;

  std::unique_ptr<Connection> take() {
    std::lock_guard lock(mutex);
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
  if (!state_->endpoint.tls) return;
  state_->tls = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client);
  auto& tls = *state_->tls;
  auto const& made = state_->options;
  error_code error;
  tls.set_verify_mode(asio::ssl::verify_peer);
  if (made.ca_path.empty()) {
    tls.set_default_verify_paths(error);
  } else {
    tls.load_verify_file(made.ca_path, error);
  }
  if (!error && !made.certificate_path.empty()) tls.use_certificate_chain_file(made.certificate_path, error);
  if (!error && !made.key_path.empty())
    tls.use_private_key_file(made.key_path, asio::ssl::context::pem, error);
  if (error) state_->tls_failure = "cannot set up TLS: " + error.message();
}
Client::~Client() = default;

Endpoint const& Client::endpoint() const { return state_->endpoint; }

Result<Response> Client::send(Request const& request) {
  if (!state_->tls_failure.empty()) return fail(Fault::invalid, state_->tls_failure);
  auto connection = state_->take();
  bool const kept = connection != nullptr;
  bool keep = false;
  bool answered = false;
  if (kept) {
    auto response = connection->exchange(request, keep, answered);
    if (response || answered) {
      if (response && keep) state_->give_back(std::move(connection));
      return response;
    }
  }
  connection = std::make_unique<Connection>(state_->endpoint, state_->options, state_->tls.get());
  TRY(connection->connect());
  auto response = connection->exchange(request, keep, answered);
  if (response && keep) state_->give_back(std::move(connection));
  return response;
}

}  // namespace argosy::http
