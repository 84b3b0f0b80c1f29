// tests/fuzz/http_client.cpp - what a server may answer to our client.
#include "http/client.h"

#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <mutex>
#include <thread>

#include "fuzz/socket.h"
#include "http/listener.h"

namespace argosy::fuzz {
namespace {

constexpr std::uint64_t kBodyLimitBytes = 16'384;
constexpr std::string_view kTruth = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ntruth";

/// Answers the first request of each connection with what it was told to, and hangs up.
class Liar {
 public:
  Liar() : path_(std::filesystem::temp_directory_path() / ("fuzz-client-" + std::to_string(::getpid()))) {
    auto listener = http::Listener::open("unix:" + path_.string());
    ARGOSY_ASSERT(listener);
    descriptor_ = listener->release();
    thread_ = std::thread([this] { run(); });
  }
  ~Liar() {
    ::shutdown(descriptor_, SHUT_RDWR);
    thread_.join();
    ::close(descriptor_);
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  void say(ByteView answer) {
    std::lock_guard lock(mutex_);
    answer_ = to_bytes(answer);
  }
  http::Endpoint endpoint() const {
    http::Endpoint endpoint;
    endpoint.host = "localhost";
    endpoint.local_socket = path_;
    return endpoint;
  }

 private:
  void run() {
    while (true) {
      int const connection = uninterrupted([&] { return ::accept(descriptor_, nullptr, nullptr); });
      if (connection < 0) return;
      std::string request;
      std::array<char, 4'096> buffer{};
      while (!request.contains("\r\n\r\n")) {
        auto const got = uninterrupted([&] { return ::recv(connection, buffer.data(), buffer.size(), 0); });
        if (got <= 0) break;
        request.append(buffer.data(), static_cast<std::size_t>(got));
      }
      {
        std::lock_guard lock(mutex_);
        uninterrupted([&] { return ::send(connection, answer_.data(), answer_.size(), MSG_NOSIGNAL); });
      }
      ::close(connection);
    }
  }

  std::filesystem::path path_;
  int descriptor_ = -1;
  std::mutex mutex_;  // guards answer_
  Bytes answer_;
  std::thread thread_;
};

}  // namespace

/// The first byte says how it is asked, and whether a second one says how much of the answer's end is
/// repeated; the rest is the answer.
void try_input(ByteView bytes) {
  static Liar liar;
  Input input(bytes);
  auto const how = input.byte();
  http::Request request;
  request.method = how % 2 == 0 ? "GET" : "HEAD";
  request.path = "/";
  http::ClientOptions options;
  options.body_limit_bytes = kBodyLimitBytes;
  http::Client client(liar.endpoint(), options);
  std::size_t const repeated = how < 128 ? 0 : input.byte();
  auto const answer = repeat_end(input.rest(), repeated);
  liar.say(answer);
  if (how % 4 == 2) {
    std::size_t poured = 0;
    auto response = client.send(request, [&](std::span<std::byte const> piece) -> Result<void> {
      poured += piece.size();
      return {};
    });
    check_error(response);
    ARGOSY_ASSERT(poured <= answer.size());
  } else {
    auto response = client.send(request);
    check_error(response);
    if (response) ARGOSY_ASSERT(response->body.size() <= kBodyLimitBytes && response->status >= 0);
  }
  // Nothing of that answer is taken for one to the next request.
  liar.say(as_bytes(kTruth));
  request.method = "GET";
  auto next = client.send(request);
  ARGOSY_ASSERT(next && as_text(next->body) == "truth");
}

}  // namespace argosy::fuzz
