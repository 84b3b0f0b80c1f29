// http/server.h - an HTTP/1.1 server with bounds on everything that a client can make it hold.
#pragma once
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/message.h"
#include "http/tls.h"

namespace argosy::http {

struct ServerOptions {
  std::string listen = "127.0.0.1:0";  ///< as Listener::open takes it; port 0 takes a free one
  std::optional<TlsFiles> tls;         ///< without it only a loopback address or a local socket is served
  bool plain_anywhere = false;         ///< also without TLS: nothing secret is served here
  std::size_t io_threads = 2;
  std::size_t workers = 16;
  std::size_t queue_limit = 1'024;  ///< requests that wait for a worker; further ones get 503
  /// If given: whose a request is, before anybody has verified that. Requests of one share never hold more
  /// than half of the workers, nor, while they may be computing, more than there are processors; and shares
  /// take turns.
  std::function<std::string(Request const&)> share_of;
  /// A further one takes the place of one that waits for a request, or sends a body or reads an answer
  /// slowly.
  std::size_t connection_limit = 4'096;
  std::uint32_t header_limit_bytes = 65'536;
  std::uint64_t body_limit_bytes = 1ULL << 20U;
  std::uint64_t body_budget_bytes = 64ULL << 20U;   ///< bodies of all requests under way together
  std::uint64_t answer_budget_bytes = 1ULL << 30U;  ///< answers that are being sent together
  Duration header_timeout{
      20'000};                    ///< for a whole header; three times that for being idle and the next header
  Duration body_timeout{60'000};  ///< for a whole body
  Duration write_timeout{60'000};  ///< for a response, or for a piece of a streamed one
};

/// Runs on a worker thread; blocking is fine. Must not throw.
using Handler = std::function<Response(Request)>;
/// What to answer when a request is refused before the handler sees it: 400, 413, 431, 503.
using Refusal = std::function<Response(int status, std::string_view target)>;

/// Why a server itself refuses: the words that metrics and documents use.
enum class RefusalReason {
  malformed,
  header_size,
  body_size,
  body_room,
  worker_queue,
  connections,
  answer_room
};
inline constexpr std::array<std::string_view, 7> kRefusalReasons{
    "malformed", "header_size", "body_size", "body_room", "worker_queue", "connections", "answer_room"};

/// What a server holds at this moment, and what it has done since it began.
struct Load {
  std::size_t connections = 0;
  std::size_t requests = 0;          ///< between their header and the end of their response
  std::size_t waiting_requests = 0;  ///< for a worker
  std::uint64_t bodies_bytes = 0;    ///< room that request bodies hold
  std::uint64_t received_bytes = 0;  ///< headers and bodies
  std::uint64_t sent_bytes = 0;
  std::array<std::uint64_t, kRefusalReasons.size()> refusals{};  ///< by RefusalReason
  std::optional<Time> certificate_expires;                       ///< nothing without TLS
};

class Server {
 public:
  /// Listens on return.
  static Result<std::unique_ptr<Server>> start(ServerOptions const& options, Handler handler,
                                               Refusal refusal);
  ~Server();
  Server(Server const&) = delete;
  Server& operator=(Server const&) = delete;

  std::uint16_t port() const;
  /// Any thread.
  Load load() const;
  /// Accepts nothing more, waits for the requests under way at most `grace`, and closes everything.
  void stop(Duration grace);

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace argosy::http
