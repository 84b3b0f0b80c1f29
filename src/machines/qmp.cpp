// machines/qmp.cpp - see qmp.h.
#include "machines/qmp.h"

#include <sys/socket.h>

#include <array>

#include "machines/socket_path.h"
#include "wire/json_text.h"

namespace argosy::machines {
namespace {

/// A QEMU whose disk does not answer may not answer either; whoever asks holds the machine meanwhile.
constexpr int kTimeoutSeconds = 5;
constexpr std::size_t kMaxLineBytes = 16U << 20U;
constexpr std::size_t kPieceBytes = 16U << 10U;

std::string_view text_of(boost::json::object const& message, char const* name) {
  auto const* value = message.if_contains(name);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

}  // namespace

Result<Qmp> Qmp::connect(std::string const& folder, std::string const& name) {
  Qmp qmp(TRY(connect_to(folder, name, kTimeoutSeconds)));
  auto greeting = TRY(qmp.receive());
  if (!greeting.contains("QMP")) return fail(Fault::unavailable, folder + ": what listens there is not QEMU");
  TRY(qmp.execute("qmp_capabilities"));
  return qmp;
}

Result<boost::json::value> Qmp::execute(std::string const& command, boost::json::object arguments) {
  boost::json::object message{{"execute", command}};
  if (!arguments.empty()) message["arguments"] = std::move(arguments);
  auto const line = boost::json::serialize(message) + "\n";
  if (::send(socket_.number(), line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size()))
    return system_failure("QEMU does not listen");
  auto answer = TRY(receive());
  if (auto* value = answer.if_contains("return")) return std::move(*value);
  auto const* error = answer.if_contains("error");
  if (error == nullptr || !error->is_object()) return fail(Fault::corrupt, "QEMU's answer is not understood");
  return fail(Fault::invalid,
              "QEMU refuses " + command + ": " + std::string(text_of(error->get_object(), "desc")));
}

Result<boost::json::object> Qmp::receive() {
  while (true) {
    auto const line = TRY(receive_line());
    auto message = wire::parse_json(line, {.values = line.size()});  // of many disks it is long
    if (!message || !message->is_object()) return fail(Fault::corrupt, "QEMU's answer is not JSON");
    if (!message->get_object().contains("event")) return std::move(message->get_object());
  }
}

Result<std::string> Qmp::receive_line() {
  std::array<char, kPieceBytes> piece{};
  while (true) {
    if (auto end = received_.find('\n'); end != received_.npos) {
      auto line = received_.substr(0, end);
      received_.erase(0, end + 1);
      return line;
    }
    if (received_.size() > kMaxLineBytes) return fail(Fault::corrupt, "QEMU's answer has no end");
    auto got = ::recv(socket_.number(), piece.data(), piece.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) return fail(Fault::unavailable, "QEMU has ended");
    if (got < 0) return system_failure("QEMU does not answer");
    received_.append(piece.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace argosy::machines
