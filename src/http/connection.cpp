// http/connection.cpp - see connection.h: with client.cpp the only place of Beast.
// No temporary stands in a co_await expression here: GCC 12 destroys some of them twice.
#include "http/connection.h"

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <expected>
#include <vector>

#include "base/log.h"
#include "base/text.h"
#include "http/bounded_parser.h"
#include "http/date.h"

namespace argosy::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
/// TCP and local sockets are served by the same code.
using Protocol = asio::generic::stream_protocol;
using Plain = beast::basic_stream<Protocol>;
using Secure = beast::ssl_stream<Plain>;
using ResponseHead = beast::http::response<beast::http::empty_body>;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
/// How long a request waits for room in the budget of bodies before it is refused.
constexpr auto kBudgetWait = std::chrono::seconds(5);
constexpr auto kBudgetPoll = std::chrono::milliseconds(10);
/// What is counted of an answer that is made while it is sent: a page of a long list, and its text.
constexpr std::uint64_t kStreamBytes = 2U << 20U;
/// So much is written before it is counted how much was.
constexpr std::size_t kWriteBytes = 64U << 10U;

template <class Body>
using Parser = BoundedParser<true, Body>;
using HeadParser = Parser<beast::http::empty_body>;

/// Why there is no request to run: it is refused, or (nothing) nobody waits for an answer any more.
using NoRequest = std::optional<RefusalReason>;
using Reading = std::expected<void, NoRequest>;

/// A transfer coding that we do not undo: whoever stands in front of us could see the end of the body
/// elsewhere, and hide a request in it (RFC 9112 section 6.1).
bool has_strange_coding(beast::http::request_header<> const& header) {
  auto const [begin, end] = header.equal_range(beast::http::field::transfer_encoding);
  return std::any_of(begin, end,
                     [](auto const& field) { return !beast::iequals(field.value(), "chunked"); }) ||
         (begin != end && header.version() < 11);
}

NoRequest refusal_of(error_code const& error) {
  namespace http = beast::http;
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    return RefusalReason::header_size;
  if (error == http::error::body_limit) return RefusalReason::body_size;
  bool const is_gone = error == http::error::end_of_stream || error == http::error::partial_message;
  bool const is_syntax = error.category() == http::make_error_code(http::error::bad_value).category();
  return is_syntax && !is_gone ? NoRequest(RefusalReason::malformed) : std::nullopt;
}

/// Moves out of `header` what it holds, so that it is not in memory twice.
Request take_request(beast::http::request_header<>& header) {
  Request request;
  request.method = std::string(header.method_string());
  std::string_view target(header.target().data(), header.target().size());
  auto mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark != std::string_view::npos) request.query = target.substr(mark + 1);
  for (auto const& field : header)
    request.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  header.clear();
  return request;
}

ResponseHead to_head(Response const& response, bool keep_alive) {
  ResponseHead head;
  head.version(11);
  head.result(static_cast<unsigned>(response.status));
  head.set(beast::http::field::date, print_date(system_clock().now()));  // clients set their clocks by it
  for (auto const& [name, value] : response.headers) head.insert(name, value);
  head.keep_alive(keep_alive);
  return head;
}

/// Runs `job` on a worker when its share has a turn; nothing if too many wait.
template <class Outcome>
asio::awaitable<std::optional<Outcome>> on_worker(Workers& workers, std::string const& share,
                                                  std::function<Outcome()>& job) {
  auto executor = co_await asio::this_coro::executor;
  auto initiate = [&workers, executor, &share, &job](auto completion) {
    auto shared =
        std::make_shared<decltype(completion)>(std::move(completion));  // std::function must be copyable
    auto guard = asio::make_work_guard(executor);
    bool taken = workers.post(share, [shared, executor, &job, guard] {
      auto made = std::make_shared<Outcome>(job());
      asio::post(executor, [shared, made] { (*shared)(std::optional<Outcome>(std::move(*made))); });
    });
    if (!taken) asio::post(executor, [shared] { (*shared)(std::optional<Outcome>()); });
  };
  auto outcome = co_await asio::async_initiate<decltype(asio::use_awaitable), void(std::optional<Outcome>)>(
      initiate, asio::use_awaitable);
  co_return outcome;
}

/// On the connection's own thread, but for `cutter`.
template <class Stream>
class Connection {
 public:
  Connection(Admission& admission, Stream stream, std::string address)
      : admission_(admission),
        options_(admission.options),
        stream_(std::move(stream)),
        buffer_(options_.header_limit_bytes),
        address_(std::move(address)) {}
  Connection(Connection const&) = delete;
  Connection& operator=(Connection const&) = delete;
  ~Connection() { admission_.leave(); }

  asio::awaitable<void> run();

 private:
  asio::awaitable<bool> shake_hands();
  asio::awaitable<bool> serve_request();
  asio::awaitable<Reading> read_head(HeadParser& head, std::function<void()>& cut);
  asio::awaitable<Reading> read_body(HeadParser& head, Request& request,
                                     std::unique_ptr<BodyBudget::Body>& room, std::function<void()>& cut);
  asio::awaitable<std::unique_ptr<BodyBudget::Body>> wait_for_room(std::uint64_t bytes,
                                                                   std::function<void()>& cut);
  asio::awaitable<bool> say_continue();
  asio::awaitable<Reading> read_chunks(HeadParser& head, Bytes& body);
  asio::awaitable<Reading> read_whole(Bytes& body, BodyBudget::Body& room);
  asio::awaitable<bool> run_handler(Request& request, bool keep_alive);
  asio::awaitable<bool> refuse(NoRequest reason, std::string const& path, bool keep_alive, bool is_head);
  asio::awaitable<bool> answer(std::string const& share, Response& response, std::string const& path,
                               bool keep_alive, bool is_head);
  asio::awaitable<bool> answer_whole(Response& response, ResponseHead& head, bool is_head,
                                     AnswerBudget::Answer& room);
  asio::awaitable<bool> answer_stream(std::string const& share, Response& response, ResponseHead& head,
                                      AnswerBudget::Answer& room);

  auto& lowest() { return beast::get_lowest_layer(stream_); }
  /// Closes the connection from any thread: on its own, like everything that touches the stream, and only if
  /// `alive` still is.
  std::function<void()> cutter(asio::any_io_executor executor, std::weak_ptr<bool> alive) {
    return [this, executor, alive] {
      asio::post(executor, [this, alive] {
        if (!alive.expired()) lowest().close();
      });
    };
  }
  /// Whether the certificates that the connection began with are still those of new ones.
  bool is_current() {
    if constexpr (std::is_same_v<Stream, Plain>)
      return true;
    else
      return SSL_get_SSL_CTX(stream_.native_handle()) == admission_.tls->current().get();
  }

  Admission& admission_;
  ServerOptions const& options_;
  Stream stream_;
  beast::flat_buffer buffer_;  ///< of what is not parsed yet: a header, or what surrounds a chunk
  std::string const address_;
  std::vector<std::string> peer_names_;
};

template <class Stream>
asio::awaitable<void> Connection<Stream>::run() {
  bool go_on = true;
  if constexpr (std::is_same_v<Stream, Secure>) {
    go_on = co_await shake_hands();
  }
  while (go_on && !admission_.stopping) go_on = co_await serve_request();
  error_code ignored;
  lowest().socket().shutdown(Protocol::socket::shutdown_send, ignored);
}

/// Stands in the line of those who wait: a client that does not finish gives its place to a newcomer.
template <class Stream>
asio::awaitable<bool> Connection<Stream>::shake_hands() {
  auto here = std::make_shared<bool>(true);
  auto executor = co_await asio::this_coro::executor;
  auto place = admission_.idle.enter(cutter(executor, here));
  lowest().expires_after(options_.header_timeout);
  auto [error] = co_await stream_.async_handshake(asio::ssl::stream_base::server, kAsTuple);
  if (!error) peer_names_ = peer_names(stream_.native_handle());
  if (error && !options_.tls->authority_path.empty()) admission_.report_handshake(address_, error.message());
  co_return !error;
}

/// False if the connection ends with it.
template <class Stream>
asio::awaitable<bool> Connection<Stream>::serve_request() {
  auto reading = std::make_shared<bool>(true);
  auto executor = co_await asio::this_coro::executor;
  auto cut = cutter(executor, reading);
  HeadParser head(options_.header_limit_bytes);
  head.body_limit(options_.body_limit_bytes);
  std::string const unknown;
  auto const head_read = co_await read_head(head, cut);
  if (!head_read) co_return co_await refuse(head_read.error(), unknown, false, false);

  Admission::UnderWay const under_way(admission_);
  bool const keep_alive = head.get().keep_alive();
  auto request = take_request(head.get());
  request.peer_address = address_;
  request.peer_names = peer_names_;
  std::unique_ptr<BodyBudget::Body> room;  // until the request is answered
  auto const body_read = co_await read_body(head, request, room, cut);
  if (!body_read) co_return co_await refuse(body_read.error(), request.path, false, request.method == "HEAD");
  reading.reset();
  co_return co_await run_handler(request, keep_alive);
}

template <class Stream>
asio::awaitable<Reading> Connection<Stream>::read_head(HeadParser& head, std::function<void()>& cut) {
  auto place = admission_.idle.enter(cut);
  lowest().expires_after(options_.header_timeout * (buffer_.size() == 0 ? 3 : 1));
  auto [error, bytes] = co_await beast::http::async_read_header(stream_, buffer_, head, kAsTuple);
  place.reset();
  admission_.received_bytes += bytes;
  if (error) co_return std::unexpected(refusal_of(error));
  if (admission_.stopping) co_return std::unexpected(NoRequest());
  if (has_strange_coding(head.get())) co_return std::unexpected(NoRequest(RefusalReason::malformed));
  co_return Reading();
}

template <class Stream>
asio::awaitable<Reading> Connection<Stream>::read_body(HeadParser& head, Request& request,
                                                       std::unique_ptr<BodyBudget::Body>& room,
                                                       std::function<void()>& cut) {
  auto const limit = options_.body_limit_bytes;
  std::uint64_t const length = head.content_length().value_or(head.chunked() ? limit : 0);
  if (length > limit) co_return std::unexpected(NoRequest(RefusalReason::body_size));
  if (length == 0) co_return Reading();
  room = co_await wait_for_room(length, cut);
  if (!room) co_return std::unexpected(NoRequest(RefusalReason::body_room));
  if (equal_ignoring_case(find_header(request.headers, "expect").value_or(""), "100-continue")) {
    bool const said = co_await say_continue();
    if (!said) co_return std::unexpected(NoRequest());
  }
  lowest().expires_after(options_.body_timeout);
  auto& body = request.body;
  Reading read;
  if (head.chunked()) {
    read = co_await read_chunks(head, body);
  } else {
    body.resize(length);
    read = co_await read_whole(body, *room);
  }
  if (!read) co_return read;
  admission_.received_bytes += body.size();
  room->complete();
  co_return read;
}

template <class Stream>
asio::awaitable<std::unique_ptr<BodyBudget::Body>> Connection<Stream>::wait_for_room(
    std::uint64_t bytes, std::function<void()>& cut) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (auto waited = std::chrono::milliseconds(0); waited < kBudgetWait; waited += kBudgetPoll) {
    auto room = admission_.bodies.reserve(bytes, cut);
    if (room) co_return room;
    timer.expires_after(kBudgetPoll);
    co_await timer.async_wait(kAsTuple);
  }
  co_return nullptr;
}

template <class Stream>
asio::awaitable<bool> Connection<Stream>::say_continue() {
  lowest().expires_after(options_.write_timeout);
  auto [error, bytes] =
      co_await asio::async_write(stream_, asio::buffer("HTTP/1.1 100 Continue\r\n\r\n", 25), kAsTuple);
  co_return !error;
}

template <class Stream>
asio::awaitable<Reading> Connection<Stream>::read_chunks(HeadParser& head, Bytes& body) {
  Parser<beast::http::vector_body<std::byte>> whole(std::move(head));
  whole.body_limit(options_.body_limit_bytes);
  auto [error, bytes] = co_await beast::http::async_read(stream_, buffer_, whole, kAsTuple);
  if (error == beast::http::error::body_limit) co_return std::unexpected(NoRequest(RefusalReason::body_size));
  if (error) co_return std::unexpected(NoRequest());
  body = std::move(whole.get().body());
  co_return Reading();
}

/// Fills `body`, which has its length.
template <class Stream>
asio::awaitable<Reading> Connection<Stream>::read_whole(Bytes& body, BodyBudget::Body& room) {
  auto have = asio::buffer_copy(asio::buffer(body.data(), body.size()), buffer_.data());
  buffer_.consume(have);
  room.arrived(have);
  while (have < body.size()) {
    auto rest = asio::buffer(body.data() + have, body.size() - have);
    auto [error, bytes] = co_await stream_.async_read_some(rest, kAsTuple);
    if (error) co_return std::unexpected(NoRequest());
    have += bytes;
    room.arrived(bytes);
  }
  co_return Reading();
}

template <class Stream>
asio::awaitable<bool> Connection<Stream>::run_handler(Request& request, bool keep_alive) {
  bool const is_head = request.method == "HEAD";
  std::string const path = request.path;
  std::string const share = options_.share_of ? options_.share_of(request) : std::string();
  std::function<Response()> job = [this, &request] { return admission_.handler(std::move(request)); };
  auto response = co_await on_worker<Response>(admission_.workers, share, job);
  if (!response) co_return co_await refuse(RefusalReason::worker_queue, path, keep_alive, is_head);
  bool const go_on = keep_alive && !admission_.stopping && is_current();
  co_return co_await answer(share, *response, path, go_on, is_head);
}

template <class Stream>
asio::awaitable<bool> Connection<Stream>::refuse(NoRequest reason, std::string const& path, bool keep_alive,
                                                 bool is_head) {
  if (!reason) co_return false;
  auto response = admission_.refuse(*reason, path);
  std::string const nobody;  // a refusal is not streamed: no worker is needed
  bool go_on = co_await answer(nobody, response, path, keep_alive, is_head);
  co_return go_on;
}

template <class Stream>
asio::awaitable<bool> Connection<Stream>::answer(std::string const& share, Response& response,
                                                 std::string const& path, bool keep_alive, bool is_head) {
  auto sending = std::make_shared<bool>(true);
  auto executor = co_await asio::this_coro::executor;
  auto const cut = cutter(executor, sending);
  auto room = admission_.answers.hold(share, response.stream ? kStreamBytes : response.body.size(), cut);
  if (!room) {
    response = admission_.refuse(RefusalReason::answer_room, path);
    room = admission_.answers.hold(share, 0, cut);
  }
  auto head = to_head(response, keep_alive);
  bool sent = false;
  if (response.stream) {
    sent = co_await answer_stream(share, response, head, *room);
  } else {
    sent = co_await answer_whole(response, head, is_head, *room);
  }
  co_return sent&& keep_alive;
}

template <class Stream>
asio::awaitable<bool> Connection<Stream>::answer_whole(Response& response, ResponseHead& head, bool is_head,
                                                       AnswerBudget::Answer& room) {
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
  auto const count = [&room](error_code const& failed, std::size_t so_far) -> std::size_t {
    room.sent(so_far);
    return failed ? 0 : kWriteBytes;
  };
  lowest().expires_after(options_.write_timeout);
  auto [error, bytes] = co_await asio::async_write(stream_, parts, count, kAsTuple);
  admission_.sent_bytes += bytes;
  co_return !error;
}

template <class Stream>
asio::awaitable<bool> Connection<Stream>::answer_stream(std::string const& share, Response& response,
                                                        ResponseHead& head, AnswerBudget::Answer& room) {
  head.chunked(true);
  beast::http::response_serializer<beast::http::empty_body> serializer(head);
  lowest().expires_after(options_.write_timeout);
  auto [head_error, head_bytes] = co_await beast::http::async_write_header(stream_, serializer, kAsTuple);
  if (head_error) co_return false;
  std::function<Result<Bytes>()> next = [&response] { return response.stream(); };
  std::uint64_t so_far = 0;
  while (true) {
    auto piece = co_await on_worker<Result<Bytes>>(admission_.workers, share, next);
    if (!piece || !*piece) {
      if (piece) log_error("a streamed response was cut: {}", piece->error().message);
      co_return false;
    }
    lowest().expires_after(options_.write_timeout);
    if ((*piece)->empty()) {
      auto [error, bytes] = co_await asio::async_write(stream_, beast::http::make_chunk_last(), kAsTuple);
      co_return !error;
    }
    auto chunk = beast::http::make_chunk(asio::buffer((*piece)->data(), (*piece)->size()));
    auto [error, bytes] = co_await asio::async_write(stream_, chunk, kAsTuple);
    admission_.sent_bytes += bytes;
    so_far += bytes;
    room.sent(so_far);
    if (error) co_return false;
  }
}

template <class Stream>
void begin(asio::io_context& context, Admission& admission, Stream stream, std::string const& address) {
  auto connection = std::make_shared<Connection<Stream>>(admission, std::move(stream), address);
  auto& runs = *connection;
  asio::co_spawn(context, runs.run(),
                 [connection](std::exception_ptr const&) {});  // which holds it until then
}

}  // namespace

void serve_connection(asio::io_context& context, Admission& admission, Accepted const& accepted) {
  Plain plain(Protocol::socket(context, Protocol(accepted.family, 0), accepted.descriptor));
  if (!admission.tls) return begin(context, admission, std::move(plain), accepted.address);
  auto current = admission.tls->current();
  SSL_CTX_up_ref(current.get());  // what the next line gives up when it goes; the stream holds its own
  asio::ssl::context own(current.get());
  begin(context, admission, Secure(std::move(plain), own), accepted.address);
}

}  // namespace argosy::http
