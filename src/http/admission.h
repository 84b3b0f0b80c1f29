// http/admission.h - what the connections of a server share: who is let in, whose turn it is at the workers,
// what is refused, and the counts of all that.
#pragma once
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "http/answer_budget.h"
#include "http/body_budget.h"
#include "http/idle_line.h"
#include "http/server.h"
#include "http/tls.h"
#include "http/workers.h"

namespace argosy::http {

/// Any thread. Outlives the connections.
class Admission {
 public:
  /// `tls`: nothing where the server speaks plain HTTP.
  Admission(ServerOptions const& server_options, Handler request_handler, Refusal refusal,
            std::unique_ptr<TlsContext> tls_context);

  ServerOptions const options;
  Handler const handler;
  std::unique_ptr<TlsContext> const tls;
  BodyBudget bodies;
  AnswerBudget answers;
  IdleLine idle;
  Workers workers;
  std::atomic<std::uint64_t> received_bytes = 0;
  std::atomic<std::uint64_t> sent_bytes = 0;
  std::atomic<bool> stopping = false;  ///< no further connection and no further request

  /// For each new connection. At the limit it takes the place of another; false if all are at work.
  bool enter();
  /// Tells whoever has waited longest for a request to go, else whoever sends a body slowest, else whoever
  /// reads an answer slowest; false if there is nobody.
  bool make_room() { return idle.cut_oldest() || bodies.cut_slowest() || answers.cut_slowest(); }
  /// When one that came in has ended.
  void leave() { --connections_; }

  /// A request between its header and the end of its response.
  class UnderWay {
   public:
    explicit UnderWay(Admission& admission);
    UnderWay(UnderWay const&) = delete;
    UnderWay& operator=(UnderWay const&) = delete;
    ~UnderWay();

   private:
    Admission& admission_;
  };
  /// Waits until no request is under way, at most so long.
  void wait_until_quiet(Duration grace);

  /// Counts it, and makes the response. `path` is empty where it is not known yet.
  Response refuse(RefusalReason reason, std::string const& path);
  /// Who may not come in for his certificate is worth a line in the log, whoever knocks at random at most one
  /// a second.
  void report_handshake(std::string const& address, std::string const& reason);
  Load load();

 private:
  Refusal const refusal_;
  std::atomic<std::size_t> connections_ = 0;
  std::array<std::atomic<std::uint64_t>, kRefusalReasons.size()> refusals_{};
  std::mutex mutex_;  // guards what follows
  std::condition_variable quiet_;
  std::size_t under_way_ = 0;
  std::chrono::steady_clock::time_point report_again_;
};

}  // namespace argosy::http
