// tests/support/session.h - a database's session that a test looks into: how SQLite finds what is asked for,
// and what happens between two of its calls.
#pragma once
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "sql/session.h"

namespace argosy::tests {

/// Does what the session below does.
class ForwardingSession : public sql::Session {
 public:
  explicit ForwardingSession(sql::Session& below) : below_(below) {}
  Result<void> begin(sql::Access access) override { return below_.begin(access); }
  void set_interrupt(sql::Interrupt interrupt) override { below_.set_interrupt(std::move(interrupt)); }
  Result<void> commit() override { return below_.commit(); }
  void rollback() override { below_.rollback(); }
  Result<std::unique_ptr<sql::Rows>> query(std::string_view statement,
                                           std::span<sql::Value const> parameters) override {
    return below_.query(statement, parameters);
  }
  Result<std::int64_t> execute(std::string_view statement, std::span<sql::Value const> parameters) override {
    return below_.execute(statement, parameters);
  }
  Result<std::vector<std::string>> verify() override { return below_.verify(); }
  Result<void> save_copy(std::string const& path) override { return below_.save_copy(path); }
  Result<void> run_script(std::string_view script) override { return below_.run_script(script); }

 private:
  sql::Session& below_;
};

/// Remembers how SQLite finds what each query asks for.
class ExplainingSession final : public ForwardingSession {
 public:
  explicit ExplainingSession(sql::Session& below) : ForwardingSession(below) {}
  Result<std::unique_ptr<sql::Rows>> query(std::string_view statement,
                                           std::span<sql::Value const> parameters) override {
    {
      auto rows = TRY(ForwardingSession::query("EXPLAIN QUERY PLAN " + std::string(statement), parameters));
      while (TRY(rows->next())) plan_.emplace_back(rows->text(3));
    }
    return ForwardingSession::query(statement, parameters);
  }
  std::vector<std::string> const& plan() const { return plan_; }

 private:
  std::vector<std::string> plan_;
};

/// The steps by which SQLite answers the queries of `function(tx)`, which must not fail.
template <class Function>
std::vector<std::string> plan_of(sql::Pool& pool, Function function) {
  auto session = pool.take();
  ExplainingSession explaining(**session);
  auto tx = sql::Transaction::begin(explaining, sql::Access::read);
  auto const done = function(*tx);
  EXPECT_TRUE(done) << done.error().message;
  return explaining.plan();
}

/// What a test does when sessions come to a certain point, whichever of them does. They share it, and it
/// outlives them. Any thread.
class Watch {
 public:
  /// Calls at each query, before it.
  void on_query(std::function<void(std::string_view)> call) { set(on_query_, std::move(call)); }
  /// Calls once, when the first row of the next query is read that contains `text`.
  void on_answer(std::string text, std::function<void()> call) {
    std::lock_guard lock(mutex_);
    answer_text_ = std::move(text);
    on_answer_ = std::move(call);
  }
  /// Calls each time before a transaction that writes begins.
  void on_write(std::function<void()> call) { set(on_write_, std::move(call)); }

  void query(std::string_view statement) {
    if (auto const call = get(on_query_)) call(statement);
  }
  void write() {
    if (auto const call = get(on_write_)) call();
  }
  void answer(std::string_view statement) {
    std::function<void()> call;
    {
      std::lock_guard lock(mutex_);
      if (!on_answer_ || statement.find(answer_text_) == std::string_view::npos) return;
      call = std::exchange(on_answer_, nullptr);
    }
    call();
  }

 private:
  template <class Call>
  void set(Call& where, Call call) {
    std::lock_guard lock(mutex_);
    where = std::move(call);
  }
  template <class Call>
  Call get(Call const& where) {
    std::lock_guard lock(mutex_);
    return where;
  }
  std::mutex mutex_;  // guards all that follows
  std::function<void(std::string_view)> on_query_;
  std::function<void()> on_write_;
  std::string answer_text_;
  std::function<void()> on_answer_;
};

/// Rows that tell a watch when the first of them was read.
class WatchedRows final : public sql::Rows {
 public:
  WatchedRows(std::unique_ptr<sql::Rows> below, std::string statement, Watch& watch)
      : below_(std::move(below)), statement_(std::move(statement)), watch_(watch) {}
  Result<bool> next() override {
    auto const more = below_->next();
    if (!std::exchange(told_, true)) watch_.answer(statement_);
    return more;
  }
  bool is_null(int column) override { return below_->is_null(column); }
  std::int64_t integer(int column) override { return below_->integer(column); }
  std::string_view text(int column) override { return below_->text(column); }
  ByteView blob(int column) override { return below_->blob(column); }

 private:
  std::unique_ptr<sql::Rows> below_;
  std::string statement_;
  Watch& watch_;
  bool told_ = false;
};

class WatchedSession final : public ForwardingSession {
 public:
  WatchedSession(std::unique_ptr<sql::Session> below, Watch& watch)
      : ForwardingSession(*below), owned_(std::move(below)), watch_(watch) {}
  Result<void> begin(sql::Access access) override {
    if (access == sql::Access::write) watch_.write();
    return ForwardingSession::begin(access);
  }
  Result<std::unique_ptr<sql::Rows>> query(std::string_view statement,
                                           std::span<sql::Value const> parameters) override {
    watch_.query(statement);
    auto rows = TRY(ForwardingSession::query(statement, parameters));
    return std::make_unique<WatchedRows>(std::move(rows), std::string(statement), watch_);
  }

 private:
  std::unique_ptr<sql::Session> owned_;
  Watch& watch_;
};

}  // namespace argosy::tests
