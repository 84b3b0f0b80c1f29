// http/server.cpp - sockets <-> Request and Response: with client.cpp the only place of Asio and Beast.
#include "http/server.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <vector>

#include "base/log.h"
#include "http/body_budget.h"
#include "http/date.h"
#include "http/idle_line.h"
#include "http/listener.h"
#include "http/workers.h"

namespace argosy::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
/// TCP and local sockets are served by the same code.
using Protocol = asio::generic::stream_protocol;
using Plain = beast::basic_stream<Protocol>;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
/// How long a request waits for room in the budget of bodies before it is refused.
constexpr auto kBudgetWait = std::chrono::seconds(5);
constexpr auto kBudgetPoll = std::chrono::milliseconds(10);
/// How soon a connection is accepted after there were no descriptors for it.
constexpr auto kDescriptorWait = std::chrono::milliseconds(5);

/// The client's address; empty of a local socket.
std::string address_of(Protocol::endpoint const& generic) {
  asio::ip::tcp::endpoint endpoint;
  if (generic.data()->sa_family == AF_UNIX || generic.size() > endpoint.capacity()) return {};
  std::memcpy(endpoint.data(), generic.data(), generic.size());
  return endpoint.address().to_string();
}

/// Who is at the other end of a connection.
struct Peer {
  std::string address;
  std::vector<std::string> names;
};

Request to_request(beast::http::request_header<> const& header, Peer const& peer) {
  Request request;
  request.method = std::string(header.method_string());
  std::string_view target(header.target().data(), header.target().size());
  auto mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark != std::string_view::npos) request.query = target.substr(mark + 1);
  for (auto const& field : header)
    request.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  request.peer_address = peer.address;
  request.peer_names = peer.names;
  return request;
}

}  // namespace

struct Server::State {
  ServerOptions options;
  Handler handler;
  Refusal refusal;
  std::unique_ptr<TlsContext> tls;
  std::unique_ptr<BodyBudget> bodies;
  IdleLine idle;
  std::unique_ptr<Workers> workers;
  std::atomic<std::size_t> connections = 0;
  std::atomic<std::uint64_t> received_bytes = 0;
  std::atomic<std::uint64_t> sent_bytes = 0;
  std::array<std::atomic<std::uint64_t>, kRefusalReasons.size()> refusals{};
  std::atomic<bool> stopping = false;
  std::uint16_t port = 0;
  std::string local_socket;  ///< its path; empty if this is none
  std::mutex mutex;          // guards active and complain_again
  std::condition_variable quiet;
  std::size_t active = 0;  ///< requests between their header and the end of their response
  std::chrono::steady_clock::time_point complain_again;
  // Last, so that they go first: the connections that they still hold refer to what stands above.
  std::vector<std::unique_ptr<asio::io_context>> contexts;
  std::unique_ptr<asio::basic_socket_acceptor<Protocol>> acceptor;
  std::vector<std::thread> threads;

  void count(RefusalReason reason) { ++refusals[static_cast<std::size_t>(reason)]; }
  void begin_request() {
    std::lock_guard lock(mutex);
    ++active;
  }
  void end_request() {
    std::lock_guard lock(mutex);
    if (--active == 0) quiet.notify_all();
  }

  /// Who may not come in for his certificate is worth a line in the log, whoever knocks at random at most one
  /// a second.
  void complain(std::string const& address, std::string const& reason) {
    {
      std::lock_guard lock(mutex);
      auto const now = std::chrono::steady_clock::now();
      if (now < complain_again) return;
      complain_again = now + std::chrono::seconds(1);
    }
    log_warning("{} was refused by TLS: {}", address, reason);
  }
  /// Whether the certificates that a connection began with are still those of new ones.
  bool is_current(Plain const&) { return true; }
  bool is_current(beast::ssl_stream<Plain>& stream) {
    return SSL_get_SSL_CTX(stream.native_handle()) == tls->current().get();
  }

  asio::awaitable<void> accept();
  template <class Stream>
  asio::awaitable<void> serve(Stream stream);
  template <class Stream>
  asio::awaitable<bool> shake_hands(Stream& stream, Peer& peer);
  template <class Stream>
  asio::awaitable<bool> serve_one(Stream& stream, beast::flat_buffer& buffer, Peer const& peer);
  // No temporary stands in a co_await expression below: GCC 12 destroys some of them twice.
  template <class Stream>
  asio::awaitable<bool> answer(Stream& stream, std::string const& share, Response& response, bool keep_alive,
                               bool head);
  template <class Stream>
  asio::awaitable<bool> refuse(Stream& stream, RefusalReason reason, std::string const& path, bool keep_alive,
                               bool head);
  template <class Stream>
  asio::awaitable<bool> answer_stream(Stream& stream, std::string const& share, Response& response,
                                      beast::http::response<beast::http::empty_body>& head);
  asio::awaitable<std::unique_ptr<BodyBudget::Body>> wait_for_room(std::uint64_t bytes,
                                                                   std::function<void()>& cut);
  template <class Stream>
  asio::awaitable<bool> read_body(Stream& stream, beast::flat_buffer& buffer, Bytes& body,
                                  BodyBudget::Body& room);
  template <class Result>
  asio::awaitable<std::optional<Result>> on_worker(std::string const& share, std::function<Result()>& job);
};

namespace {

ShareLimits share_limits(ServerOptions const& options) {
  if (!options.share_of) return {options.workers, options.workers};
  auto const half = (options.workers + 1) / 2;
  return {half, std::min<std::size_t>(half, std::max(1U, std::thread::hardware_concurrency()))};
}

/// A transfer coding that we do not undo: whoever stands in front of us could see the end of the body
/// elsewhere, and hide a request in it (RFC 9112 section 6.1).
bool has_strange_coding(beast::http::request_header<> const& header) {
  auto const [begin, end] = header.equal_range(beast::http::field::transfer_encoding);
  return std::any_of(begin, end,
                     [](auto const& field) { return !beast::iequals(field.value(), "chunked"); }) ||
         (begin != end && header.version() < 11);
}

int status_of(RefusalReason reason) {
  switch (reason) {
    case RefusalReason::malformed:
      return 400;
    case RefusalReason::header_size:
      return 431;
    case RefusalReason::body_size:
      return 413;
    case RefusalReason::body_room:
    case RefusalReason::worker_queue:
    case RefusalReason::connections:
      return 503;
  }
  return 500;
}

/// Gives back what a request holds, whichever way it ends.
struct RequestGuard {
  std::function<void()> end;
  ~RequestGuard() { end(); }
};

template <class Stream>
auto& lowest(Stream& stream) {
  return beast::get_lowest_layer(stream);
}

/// Closes a connection from any thread: on the connection's own, like everything that touches the stream, and
/// only if `alive` still is.
template <class Stream>
std::function<void()> cutter(Stream& stream, asio::any_io_executor executor, std::weak_ptr<bool> alive) {
  return [executor, alive, &stream] {
    asio::post(executor, [alive, &stream] {
      if (!alive.expired()) lowest(stream).close();
    });
  };
}

}  // namespace

asio::awaitable<std::unique_ptr<BodyBudget::Body>> Server::State::wait_for_room(std::uint64_t bytes,
                                                                                std::function<void()>& cut) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (auto waited = std::chrono::milliseconds(0); waited < kBudgetWait; waited += kBudgetPoll) {
    auto room = bodies->reserve(bytes, cut);
    if (room) co_return room;
    timer.expires_after(kBudgetPoll);
    co_await timer.async_wait(kAsTuple);
  }
  co_return nullptr;
}

/// Fills `body`, which has its length.
template <class Stream>
asio::awaitable<bool> Server::State::read_body(Stream& stream, beast::flat_buffer& buffer, Bytes& body,
                                               BodyBudget::Body& room) {
  auto have = asio::buffer_copy(asio::buffer(body.data(), body.size()), buffer.data());
  buffer.consume(have);
  room.arrived(have);
  while (have < body.size()) {
    auto rest = asio::buffer(body.data() + have, body.size() - have);
    auto [error, bytes] = co_await stream.async_read_some(rest, kAsTuple);
    if (error) co_return false;
    have += bytes;
    room.arrived(bytes);
  }
  co_return true;
}

template <class Result>
asio::awaitable<std::optional<Result>> Server::State::on_worker(std::string const& share,
                                                                std::function<Result()>& job) {
  auto executor = co_await asio::this_coro::executor;
  auto initiate = [this, executor, &share, &job](auto completion) {
    auto shared =
        std::make_shared<decltype(completion)>(std::move(completion));  // std::function must be copyable
    auto guard = asio::make_work_guard(executor);
    bool taken = workers->post(share, [shared, executor, &job, guard] {
      auto made = std::make_shared<Result>(job());
      asio::post(executor, [shared, made] { (*shared)(std::optional<Result>(std::move(*made))); });
    });
    if (!taken) asio::post(executor, [shared] { (*shared)(std::optional<Result>()); });
  };
  auto result = co_await asio::async_initiate<decltype(asio::use_awaitable), void(std::optional<Result>)>(
      initiate, asio::use_awaitable);
  co_return result;
}

template <class Stream>
asio::awaitable<bool> Server::State::answer_stream(Stream& stream, std::string const& share,
                                                   Response& response,
                                                   beast::http::response<beast::http::empty_body>& head) {
  head.chunked(true);
  beast::http::response_serializer<beast::http::empty_body> serializer(head);
  lowest(stream).expires_after(options.write_timeout);
  auto [head_error, head_bytes] = co_await beast::http::async_write_header(stream, serializer, kAsTuple);
  if (head_error) co_return false;
  std::function<Result<Bytes>()> next = [&response] { return response.stream(); };
  while (true) {
    auto piece = co_await on_worker<Result<Bytes>>(share, next);
    if (!piece || !*piece) {
      if (piece) log_error("a streamed response was cut: {}", piece->error().message);
      co_return false;
    }
    lowest(stream).expires_after(options.write_timeout);
    if ((*piece)->empty()) {
      auto [error, bytes] = co_await asio::async_write(stream, beast::http::make_chunk_last(), kAsTuple);
      co_return !error;
    }
    auto chunk = beast::http::make_chunk(asio::buffer((*piece)->data(), (*piece)->size()));
    auto [error, bytes] = co_await asio::async_write(stream, chunk, kAsTuple);
    sent_bytes += bytes;
    if (error) co_return false;
  }
}

template <class Stream>
asio::awaitable<bool> Server::State::refuse(Stream& stream, RefusalReason reason, std::string const& path,
                                            bool keep_alive, bool is_head) {
  count(reason);
  auto response = refusal(status_of(reason), path);
  std::string const nobody;  // a refusal is not streamed: no worker is needed
  bool go_on = co_await answer(stream, nobody, response, keep_alive, is_head);
  co_return go_on;
}

template <class Stream>
asio::awaitable<bool> Server::State::answer(Stream& stream, std::string const& share, Response& response,
                                            bool keep_alive, bool is_head) {
  beast::http::response<beast::http::empty_body> head;
  head.version(11);
  head.result(static_cast<unsigned>(response.status));
  head.set(beast::http::field::date, print_date(system_clock().now()));  // clients set their clocks by it
  for (auto const& [name, value] : response.headers) head.insert(name, value);
  head.keep_alive(keep_alive);
  if (response.stream) {
    bool sent = co_await answer_stream(stream, share, response, head);
    co_return sent&& keep_alive;
  }
  head.content_length(response.body.size());
  std::string text;
  {
    std::ostringstream out;
    out << head.base();
    text = out.str();
  }
  // A vector: of an array of two, Asio 1.81 writes the first alone over TLS when both are too large to be
  // joined.
  std::vector<asio::const_buffer> parts{
      asio::buffer(text), asio::buffer(response.body.data(), is_head ? 0 : response.body.size())};
  lowest(stream).expires_after(options.write_timeout);
  auto [error, bytes] = co_await asio::async_write(stream, parts, kAsTuple);
  sent_bytes += bytes;
  co_return !error && keep_alive;
}

template <class Stream>
asio::awaitable<bool> Server::State::serve_one(Stream& stream, beast::flat_buffer& buffer, Peer const& peer) {
  std::string const nothing;
  beast::http::request_parser<beast::http::empty_body> head;
  head.header_limit(options.header_limit_bytes);
  head.body_limit(options.body_limit_bytes);
  auto here = std::make_shared<bool>(true);  // until the request is read
  auto executor = co_await asio::this_coro::executor;
  auto cut = cutter(stream, executor, here);
  auto place = idle.enter(cut);
  lowest(stream).expires_after(options.header_timeout * (buffer.size() == 0 ? 3 : 1));
  auto [head_error, head_bytes] = co_await beast::http::async_read_header(stream, buffer, head, kAsTuple);
  place.reset();
  received_bytes += head_bytes;
  if (head_error == beast::http::error::header_limit)
    co_return co_await refuse(stream, RefusalReason::header_size, nothing, false, false);
  if (head_error == beast::http::error::body_limit)
    co_return co_await refuse(stream, RefusalReason::body_size, nothing, false, false);
  if (head_error &&
      head_error.category() == beast::http::make_error_code(beast::http::error::bad_value).category() &&
      head_error != beast::http::error::end_of_stream && head_error != beast::http::error::partial_message)
    co_return co_await refuse(stream, RefusalReason::malformed, nothing, false, false);
  if (head_error || stopping) co_return false;
  if (has_strange_coding(head.get()))
    co_return co_await refuse(stream, RefusalReason::malformed, nothing, false, false);

  begin_request();
  RequestGuard guard{[this] { end_request(); }};
  std::unique_ptr<BodyBudget::Body> room;
  auto request = to_request(head.get(), peer);
  bool const keep_alive = head.get().keep_alive();
  bool const is_head = request.method == "HEAD";
  std::uint64_t const length = head.content_length().value_or(head.chunked() ? options.body_limit_bytes : 0);
  if (length > options.body_limit_bytes)
    co_return co_await refuse(stream, RefusalReason::body_size, request.path, false, is_head);
  if (length > 0) {
    room = co_await wait_for_room(length, cut);
    if (!room) co_return co_await refuse(stream, RefusalReason::body_room, request.path, false, is_head);
    if (beast::iequals(head.get()[beast::http::field::expect], "100-continue")) {
      lowest(stream).expires_after(options.write_timeout);
      auto [error, bytes] =
          co_await asio::async_write(stream, asio::buffer("HTTP/1.1 100 Continue\r\n\r\n", 25), kAsTuple);
      if (error) co_return false;
    }
    lowest(stream).expires_after(options.body_timeout);
    if (head.chunked()) {
      beast::http::request_parser<beast::http::vector_body<std::byte>> whole(std::move(head));
      whole.body_limit(options.body_limit_bytes);
      auto [error, bytes] = co_await beast::http::async_read(stream, buffer, whole, kAsTuple);
      if (error == beast::http::error::body_limit)
        co_return co_await refuse(stream, RefusalReason::body_size, request.path, false, is_head);
      if (error) co_return false;
      request.body = std::move(whole.get().body());
    } else {
      request.body.resize(length);
      bool whole = co_await read_body(stream, buffer, request.body, *room);
      if (!whole) co_return false;
    }
    received_bytes += request.body.size();
    room->complete();
    here.reset();
  }
  std::string const path = request.path;
  std::string const share = options.share_of ? options.share_of(request) : nothing;
  auto shared = std::make_shared<Request>(std::move(request));
  std::function<Response()> run = [this, shared] { return handler(std::move(*shared)); };
  auto response = co_await on_worker<Response>(share, run);
  if (!response) co_return co_await refuse(stream, RefusalReason::worker_queue, path, keep_alive, is_head);
  co_return co_await answer(stream, share, *response, keep_alive && !stopping && is_current(stream), is_head);
}

/// Stands in the line of those who wait: a client that does not finish gives its place to a newcomer.
template <class Stream>
asio::awaitable<bool> Server::State::shake_hands(Stream& stream, Peer& peer) {
  auto here = std::make_shared<bool>(true);
  auto executor = co_await asio::this_coro::executor;
  auto cut = cutter(stream, executor, here);
  auto place = idle.enter(cut);
  lowest(stream).expires_after(options.header_timeout);
  auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::server, kAsTuple);
  if (!error) peer.names = peer_names(stream.native_handle());
  if (error && !options.tls->authority_path.empty()) complain(peer.address, error.message());
  co_return !error;
}

template <class Stream>
asio::awaitable<void> Server::State::serve(Stream stream) {
  Peer peer;
  {
    error_code error;
    auto endpoint = lowest(stream).socket().remote_endpoint(error);
    if (!error) peer.address = address_of(endpoint);
  }
  beast::flat_buffer buffer;
  bool go_on = true;
  if constexpr (!std::is_same_v<Stream, Plain>) {
    go_on = co_await shake_hands(stream, peer);
  }
  while (go_on && !stopping) go_on = co_await serve_one(stream, buffer, peer);
  error_code ignored;
  lowest(stream).socket().shutdown(Protocol::socket::shutdown_send, ignored);
  --connections;
}

asio::awaitable<void> Server::State::accept() {
  std::size_t turn = 0;
  while (!stopping) {
    auto& context = *contexts[turn++ % contexts.size()];
    auto [error, socket] = co_await acceptor->async_accept(context, kAsTuple);
    if (error == asio::error::operation_aborted) co_return;
    if (error) {  // out of descriptors: wait until one is closed
      idle.cut_oldest();
      asio::steady_timer timer(co_await asio::this_coro::executor, kDescriptorWait);
      co_await timer.async_wait(kAsTuple);
      continue;
    }
    // The newcomer takes the place of whoever waited longest; if all are at work, his socket closes here.
    if (connections >= options.connection_limit) {
      count(RefusalReason::connections);
      if (!idle.cut_oldest()) continue;
    }
    ++connections;
    error_code ignored;  // a local socket has no such option
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    if (tls) {
      auto current = tls->current();
      SSL_CTX_up_ref(current.get());  // what the next line gives up when it goes; the stream holds its own
      asio::ssl::context own(current.get());
      asio::co_spawn(context, serve(beast::ssl_stream<Plain>(Plain(std::move(socket)), own)), asio::detached);
    } else {
      asio::co_spawn(context, serve(Plain(std::move(socket))), asio::detached);
    }
  }
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}

Server::~Server() {
  if (!state_->stopping) stop(Duration{0});
}

std::uint16_t Server::port() const { return state_->port; }

Load Server::load() const {
  Load load;
  load.connections = state_->connections;
  {
    std::lock_guard lock(state_->mutex);
    load.requests = state_->active;
  }
  load.waiting_requests = state_->workers->waiting();
  load.bodies_bytes = state_->bodies->used_bytes();
  load.received_bytes = state_->received_bytes;
  load.sent_bytes = state_->sent_bytes;
  std::ranges::copy(state_->refusals, load.refusals.begin());
  return load;
}

Result<std::unique_ptr<Server>> Server::start(ServerOptions const& options, Handler handler,
                                              Refusal refusal) {
  auto listener = TRY(Listener::open(options.listen));
  error_code error;
  if (!options.tls && !options.plain_anywhere && !listener.is_local())
    return fail(Fault::invalid, options.listen + ": without TLS only a loopback address is served");
  auto state = std::make_unique<State>();
  state->options = options;
  state->handler = std::move(handler);
  state->refusal = std::move(refusal);
  if (options.tls) state->tls = TRY(TlsContext::open(TlsContext::Role::server, *options.tls));
  for (std::size_t i = 0; i < std::max<std::size_t>(1, options.io_threads); ++i)
    state->contexts.push_back(std::make_unique<asio::io_context>(1));
  state->port = listener.port();
  state->local_socket = local_path(options.listen);
  state->acceptor = std::make_unique<asio::basic_socket_acceptor<Protocol>>(*state->contexts.front());
  if (state->acceptor->assign(Protocol(listener.family(), 0), listener.release(), error))
    return fail(Fault::unavailable, "cannot listen on " + options.listen + ": " + error.message());
  state->workers = std::make_unique<Workers>(options.workers, options.queue_limit, share_limits(options));
  state->bodies = std::make_unique<BodyBudget>(options.body_budget_bytes);
  asio::co_spawn(*state->contexts.front(), state->accept(), asio::detached);
  for (auto& context : state->contexts)
    state->threads.emplace_back([&context] {
      auto guard = asio::make_work_guard(*context);
      context->run();
    });
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

void Server::stop(Duration grace) {
  state_->stopping = true;
  asio::post(*state_->contexts.front(), [this] {
    error_code ignored;
    state_->acceptor->close(ignored);
  });
  {
    std::unique_lock lock(state_->mutex);
    state_->quiet.wait_for(lock, grace, [this] { return state_->active == 0; });
  }
  state_->workers.reset();  // lets the handlers that run end; their answers have nobody to go to
  for (auto& context : state_->contexts) context->stop();
  for (auto& thread : state_->threads) thread.join();
  state_->threads.clear();
  if (!state_->local_socket.empty()) ::unlink(state_->local_socket.c_str());
}

}  // namespace argosy::http
