// http/server.cpp - the listener, and the life of a server. A connection's is in connection.cpp; who comes in
// and what is refused in admission.cpp.
#include "http/server.h"

#include <unistd.h>

#include <boost/asio.hpp>
#include <cstring>
#include <thread>
#include <vector>

#include "base/log.h"
#include "http/admission.h"
#include "http/connection.h"
#include "http/listener.h"

namespace argosy::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
/// TCP and local sockets are accepted by the same code.
using Protocol = asio::generic::stream_protocol;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
/// How soon a connection is accepted after there were no descriptors for it.
constexpr auto kDescriptorWait = std::chrono::milliseconds(5);

/// The client's address; empty of a local socket.
std::string address_of(Protocol::endpoint const& generic) {
  asio::ip::tcp::endpoint endpoint;
  if (generic.data()->sa_family == AF_UNIX || generic.size() > endpoint.capacity()) return {};
  std::memcpy(endpoint.data(), generic.data(), generic.size());
  return endpoint.address().to_string();
}

/// What a library throws ends the connection that it concerns, and no other.
void run_guarded(asio::io_context& context) {
  try {
    context.run();
  } catch (std::exception const& exception) {
    log_error("a connection was cut: {}", exception.what());
  }
}

}  // namespace

struct Server::State {
  State(ServerOptions const& options, Handler handler, Refusal refusal, std::unique_ptr<TlsContext> tls)
      : admission(options, std::move(handler), std::move(refusal), std::move(tls)) {}

  Admission admission;
  std::uint16_t port = 0;
  int family = 0;
  std::string local_socket;  ///< its path; empty if this is none
  // Last, so that they go first: the connections that they still hold refer to what stands above.
  std::vector<std::unique_ptr<asio::io_context>> contexts;
  std::unique_ptr<asio::basic_socket_acceptor<Protocol>> acceptor;
  std::vector<std::thread> threads;

  Result<void> listen(Listener listener);
  asio::awaitable<void> accept();
  void run();
};

Result<void> Server::State::listen(Listener listener) {
  auto const& options = admission.options;
  for (std::size_t i = 0; i < std::max<std::size_t>(1, options.io_threads); ++i)
    contexts.push_back(std::make_unique<asio::io_context>(1));
  port = listener.port();
  family = listener.family();
  local_socket = local_path(options.listen);
  acceptor = std::make_unique<asio::basic_socket_acceptor<Protocol>>(*contexts.front());
  error_code error;
  if (acceptor->assign(Protocol(family, 0), listener.release(), error))
    return fail(Fault::unavailable, "cannot listen on " + options.listen + ": " + error.message());
  return {};
}

/// Hands the connections to the contexts in turn.
asio::awaitable<void> Server::State::accept() {
  std::size_t turn = 0;
  while (!admission.stopping) {
    auto& context = *contexts[turn++ % contexts.size()];
    Protocol::endpoint client;
    auto [error, socket] = co_await acceptor->async_accept(context, client, kAsTuple);
    if (error == asio::error::operation_aborted) co_return;
    if (error) {  // out of descriptors: wait until one is closed
      admission.make_room();
      asio::steady_timer timer(co_await asio::this_coro::executor, kDescriptorWait);
      co_await timer.async_wait(kAsTuple);
      continue;
    }
    if (!admission.enter()) continue;  // the socket closes here
    error_code ignored;                // a local socket has no such option
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    serve_connection(context, admission, {socket.release(), family, address_of(client)});
  }
}

void Server::State::run() {
  asio::co_spawn(*contexts.front(), accept(), asio::detached);
  for (auto& context : contexts)
    threads.emplace_back([&context] {
      auto guard = asio::make_work_guard(*context);
      while (!context->stopped()) run_guarded(*context);
    });
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}

Server::~Server() {
  if (!state_->admission.stopping) stop(Duration{0});
}

std::uint16_t Server::port() const { return state_->port; }

Load Server::load() const { return state_->admission.load(); }

Result<std::unique_ptr<Server>> Server::start(ServerOptions const& options, Handler handler,
                                              Refusal refusal) {
  auto listener = TRY(Listener::open(options.listen));
  if (!options.tls && !options.plain_anywhere && !listener.is_local())
    return fail(Fault::invalid, options.listen + ": without TLS only a loopback address is served");
  std::unique_ptr<TlsContext> tls;
  if (options.tls) tls = TRY(TlsContext::open(TlsContext::Role::server, *options.tls));
  auto state = std::make_unique<State>(options, std::move(handler), std::move(refusal), std::move(tls));
  TRY(state->listen(std::move(listener)));
  state->run();
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

void Server::stop(Duration grace) {
  auto& admission = state_->admission;
  admission.stopping = true;
  asio::post(*state_->contexts.front(), [this] {
    error_code ignored;
    state_->acceptor->close(ignored);
  });
  admission.wait_until_quiet(grace);
  admission.workers.stop();  // lets the handlers that run end; their answers have nobody to go to
  for (auto& context : state_->contexts) context->stop();
  for (auto& thread : state_->threads) thread.join();
  state_->threads.clear();
  if (!state_->local_socket.empty()) ::unlink(state_->local_socket.c_str());
}

}  // namespace argosy::http
