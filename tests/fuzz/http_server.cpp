// tests/fuzz/http_server.cpp - what a client may send over a connection: requests, pieces of them, anything.
#include "http/server.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <mutex>
#include <set>

#include "fuzz/socket.h"
#include "http/header_bounds.h"

namespace argosy::fuzz {
namespace {

constexpr std::uint64_t kBodyLimitBytes = 16'384;
constexpr std::uint32_t kHeaderLimitBytes = 4'096;
constexpr std::string_view kAnswered = "HTTP/1.1 299 ";  // only the handler says that

void check_request(http::Request const& request) {
  std::size_t header_bytes = 0;
  std::set<std::string> lengths;
  std::size_t codings = 0;
  for (auto const& [name, value] : request.headers) {
    header_bytes += name.size() + value.size();
    ARGOSY_ASSERT((name + value).find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
    if (http::find_header({{name, value}}, "content-length")) lengths.insert(value);
    if (http::find_header({{name, value}}, "transfer-encoding")) ++codings;
  }
  ARGOSY_ASSERT(header_bytes <= kHeaderLimitBytes && request.headers.size() <= http::kFieldsLimit);
  ARGOSY_ASSERT(request.body.size() <= kBodyLimitBytes);
  ARGOSY_ASSERT(!request.method.empty() && request.path.find_first_of(" \r\n") == std::string::npos);
  // Two servers that see the end of a body elsewhere could be played against each other. The same length
  // twice leaves no doubt (RFC 9112 section 6.3).
  ARGOSY_ASSERT(lengths.size() + codings <= 1);
  auto const coding = http::find_header(request.headers, "transfer-encoding").value_or("chunked");
  ARGOSY_ASSERT(coding.size() == 7 && (coding[0] | 0x20) == 'c');
}

std::mutex mutex;  // guards handled
std::string handled;

http::Response answer(http::Request const& request) {
  check_request(request);
  {
    std::lock_guard lock(mutex);
    handled += request.method + " " + request.path + "?" + request.query + "\n";
    for (auto const& [name, value] : request.headers) handled += name + ": " + value + "\n";
    handled.append(as_text(request.body)) += "\n";
  }
  http::Response response;
  response.status = 299;
  if (request.path == "/stream") {
    response.stream = [pieces = 3]() mutable -> Result<Bytes> {
      return pieces-- > 0 ? to_bytes(as_bytes("piece")) : Bytes{};
    };
  } else {
    response.body = to_bytes(as_bytes(request.path));
  }
  return response;
}

/// A server on a local socket, whose file goes with the process.
class Endpoint {
 public:
  Endpoint() : path_(std::filesystem::temp_directory_path() / ("fuzz-http-" + std::to_string(::getpid()))) {
    http::ServerOptions options;
    options.listen = "unix:" + path_.string();
    options.io_threads = 1;
    options.workers = 1;
    options.header_limit_bytes = kHeaderLimitBytes;
    options.body_limit_bytes = kBodyLimitBytes;
    auto server = http::Server::start(options, answer, [](int status, std::string_view) {
      http::Response response;
      response.status = status;
      return response;
    });
    ARGOSY_ASSERT(server);
    server_ = *std::move(server);
  }
  ~Endpoint() {
    server_.reset();
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }

  /// Sends the pieces, then says that nothing follows, and reads to the end.
  std::string exchange(std::initializer_list<ByteView> pieces) const {
    int const connection = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.string().copy(address.sun_path, sizeof(address.sun_path) - 1);
    auto const* name = reinterpret_cast<sockaddr const*>(&address);
    ARGOSY_ASSERT(uninterrupted([&] { return ::connect(connection, name, sizeof(address)); }) == 0);
    for (auto piece : pieces)
      uninterrupted([&] { return ::send(connection, piece.data(), piece.size(), MSG_NOSIGNAL); });
    ::shutdown(connection, SHUT_WR);
    std::string said;
    std::array<char, 4'096> buffer{};
    for (ssize_t got = 1; got > 0;) {
      got = uninterrupted([&] { return ::recv(connection, buffer.data(), buffer.size(), 0); });
      if (got > 0) said.append(buffer.data(), static_cast<std::size_t>(got));
    }
    ::close(connection);
    return said;
  }

 private:
  std::filesystem::path path_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace

/// Two bytes say where the rest is cut in two, and whether its second part is repeated: the handler must see
/// the same requests.
void try_input(ByteView bytes) {
  static Endpoint const endpoint;
  Input input(bytes);
  auto const word = input.word();
  auto const cut = std::min<std::size_t>(word & 0x7fffU, input.rest().size());
  bool const is_repeated = word > 0x7fff;
  auto const sent = repeat_end(input.rest(), is_repeated ? input.rest().size() - cut : 0);
  ByteView const all = sent;
  auto exchange = [&](std::initializer_list<ByteView> pieces) {
    {
      std::lock_guard lock(mutex);
      handled.clear();
    }
    auto const said = endpoint.exchange(pieces);
    ARGOSY_ASSERT(said.empty() || said.starts_with("HTTP/1.1 "));
    std::lock_guard lock(mutex);
    return handled;
  };
  auto const whole = exchange({all});
  auto const in_two = exchange({all.first(cut), all.subspan(cut)});
  ARGOSY_ASSERT(whole == in_two);
  auto const good = endpoint.exchange({as_bytes("GET /good HTTP/1.1\r\nHost: h\r\n\r\n")});
  ARGOSY_ASSERT(good.starts_with(kAnswered) && good.ends_with("\r\n\r\n/good"));
}

}  // namespace argosy::fuzz
