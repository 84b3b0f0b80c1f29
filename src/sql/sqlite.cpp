// sql/sqlite.cpp - the SQLite driver of sql::Session.
#include <sqlite3.h>

#include <cerrno>
#include <cstring>
#include <unordered_map>

#include "base/assert.h"
#include "sql/session.h"

namespace argosy::sql {
namespace {

/// How long a statement waits for another connection's lock before it is a conflict.
constexpr int kBusyTimeoutMs = 10'000;
/// A connection keeps prepared statements of at most so many bytes together, as much as of the database's
/// pages. Those of fixed text fit; more means that statements are composed from what callers sent.
constexpr std::size_t kStatementBytes = 4U << 20U;
/// Of SQLite's steps so many run between two looks at whether a statement is interrupted: some microseconds,
/// or some tens of milliseconds where each compares long texts.
constexpr int kInterruptSteps = 1'000;

Error to_error(sqlite3* db, int result) {
  std::string message = sqlite3_errmsg(db);
  switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Fault::conflict, {}, "database busy: " + message};
    case SQLITE_CONSTRAINT: {
      int extended = sqlite3_extended_errcode(db);
      bool unique = extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY;
      return {unique ? Fault::conflict : Fault::invalid, unique ? "unique" : "", message};
    }
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {Fault::corrupt, {}, "database damaged: " + message};
    default: {  // disk full, I/O error, …: the log must say where and why
      auto const* file = sqlite3_db_filename(db, "main");
      int const reason = result == SQLITE_FULL ? ENOSPC : sqlite3_system_errno(db);
      if (reason != 0) message += std::string(": ") + std::strerror(reason);
      return {Fault::unavailable, {}, std::string(file != nullptr ? file : "database") + ": " + message};
    }
  }
}

class Statement {
 public:
  Statement(sqlite3* db, sqlite3_stmt* handle) : db_(db), handle_(handle) {}
  Statement(Statement const&) = delete;
  Statement& operator=(Statement const&) = delete;
  ~Statement() { sqlite3_finalize(handle_); }

  Result<void> bind(std::span<Value const> parameters) {
    int index = 0;
    for (auto const& value : parameters) {
      int result = bind_one(++index, value);
      if (result != SQLITE_OK) return std::unexpected(to_error(db_, result));
    }
    return {};
  }
  void reset() {
    sqlite3_reset(handle_);
    sqlite3_clear_bindings(handle_);
  }
  sqlite3_stmt* handle() { return handle_; }
  std::size_t bytes() const {
    return static_cast<std::size_t>(sqlite3_stmt_status(handle_, SQLITE_STMTSTATUS_MEMUSED, 0));
  }
  bool in_use = false;

 private:
  int bind_one(int index, Value const& value) {
    if (auto const* integer = std::get_if<std::int64_t>(&value))
      return sqlite3_bind_int64(handle_, index, *integer);
    if (auto const* text = std::get_if<std::string_view>(&value))
      return sqlite3_bind_text64(handle_, index, text->data() == nullptr ? "" : text->data(), text->size(),
                                 SQLITE_TRANSIENT, SQLITE_UTF8);
    if (auto const* bytes = std::get_if<ByteView>(&value)) {
      if (bytes->empty()) return sqlite3_bind_zeroblob(handle_, index, 0);
      return sqlite3_bind_blob64(handle_, index, bytes->data(), bytes->size(), SQLITE_TRANSIENT);
    }
    return sqlite3_bind_null(handle_, index);
  }

  sqlite3* db_;
  sqlite3_stmt* handle_;
};

/// What ends a connection's statements before they are done.
class Interruption {
 public:
  explicit Interruption(sqlite3* db) : db_(db) {}
  Interruption(Interruption const&) = delete;
  Interruption& operator=(Interruption const&) = delete;
  void set(Interrupt interrupt) {
    interrupt_ = std::move(interrupt);
    auto const ends = [](void* self) { return static_cast<Interruption const*>(self)->check() ? 0 : 1; };
    if (interrupt_) {
      sqlite3_progress_handler(db_, kInterruptSteps, ends, this);
    } else {
      sqlite3_progress_handler(db_, 0, nullptr, nullptr);
    }
  }
  Result<void> check() const { return interrupt_ ? interrupt_() : Result<void>(); }
  /// What a statement failed with.
  Error error_of(int result) const {
    auto const may_go_on = result == SQLITE_INTERRUPT ? check() : Result<void>();
    return may_go_on ? to_error(db_, result) : may_go_on.error();
  }

 private:
  sqlite3* db_;
  Interrupt interrupt_;
};

class SqliteRows final : public Rows {
 public:
  SqliteRows(Interruption const& interruption, Statement& statement)
      : interruption_(interruption), statement_(statement) {}
  ~SqliteRows() override {
    statement_.reset();
    statement_.in_use = false;
  }
  Result<bool> next() override {
    TRY(interruption_.check());  // whoever reads the rows may do much with each
    int result = sqlite3_step(statement_.handle());
    if (result == SQLITE_ROW) return true;
    if (result == SQLITE_DONE) return false;
    return std::unexpected(interruption_.error_of(result));
  }
  bool is_null(int column) override {
    return sqlite3_column_type(statement_.handle(), column) == SQLITE_NULL;
  }
  std::int64_t integer(int column) override { return sqlite3_column_int64(statement_.handle(), column); }
  std::string_view text(int column) override {
    auto const* data = reinterpret_cast<char const*>(sqlite3_column_text(statement_.handle(), column));
    return {data == nullptr ? "" : data,
            static_cast<std::size_t>(sqlite3_column_bytes(statement_.handle(), column))};
  }
  ByteView blob(int column) override {
    auto const* data = static_cast<std::byte const*>(sqlite3_column_blob(statement_.handle(), column));
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.handle(), column))};
  }

 private:
  Interruption const& interruption_;
  Statement& statement_;
};

class SqliteSession final : public Session {
 public:
  explicit SqliteSession(sqlite3* db) : db_(db), interruption_(db) {}
  ~SqliteSession() override {
    statements_.clear();
    sqlite3_close(db_);
  }
  SqliteSession(SqliteSession const&) = delete;
  SqliteSession& operator=(SqliteSession const&) = delete;

  Result<void> begin(Access access) override {
    return run_script(access == Access::write ? "BEGIN IMMEDIATE" : "BEGIN");
  }
  void set_interrupt(Interrupt interrupt) override { interruption_.set(std::move(interrupt)); }
  Result<void> commit() override {
    interruption_.set(nullptr);
    auto done = run_script("COMMIT");
    if (!done) rollback();
    return done;
  }
  void rollback() override {
    interruption_.set(nullptr);
    sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
  }

  Result<std::unique_ptr<Rows>> query(std::string_view text, std::span<Value const> parameters) override {
    auto* statement = TRY(prepare(text));
    auto rows = std::make_unique<SqliteRows>(interruption_, *statement);
    TRY(statement->bind(parameters));
    return rows;
  }

  Result<std::int64_t> execute(std::string_view text, std::span<Value const> parameters) override {
    auto* statement = TRY(prepare(text));
    SqliteRows rows(interruption_, *statement);  // resets the statement when it goes
    TRY(statement->bind(parameters));
    while (true) {
      bool more = TRY(rows.next());
      if (!more) break;
    }
    return sqlite3_changes64(db_);
  }

  Result<std::vector<std::string>> verify() override {
    std::vector<std::string> faults;
    auto rows = query("PRAGMA integrity_check", std::span<Value const>());
    while (rows) {
      auto more = (*rows)->next();
      if (!more && more.error().fault != Fault::corrupt) return std::unexpected(std::move(more).error());
      if (!more) faults.push_back(more.error().message);
      if (!more || !*more) return faults;
      if ((*rows)->text(0) != "ok") faults.emplace_back((*rows)->text(0));
    }
    if (rows.error().fault != Fault::corrupt) return std::unexpected(std::move(rows).error());
    return std::vector{rows.error().message};
  }

  Result<void> save_copy(std::string const& path) override {
    Value const to = std::string_view(path);
    auto done = execute("VACUUM INTO ?1", std::span(&to, 1));
    if (done) return {};
    auto error = std::move(done).error();
    if (error.fault == Fault::unavailable) error.message = path + ", the copy of " + error.message;
    return std::unexpected(std::move(error));
  }

  Result<void> run_script(std::string_view script) override {
    int result = sqlite3_exec(db_, std::string(script).c_str(), nullptr, nullptr, nullptr);
    if (result != SQLITE_OK) return std::unexpected(to_error(db_, result));
    return {};
  }

 private:
  Result<Statement*> prepare(std::string_view text) {
    auto found = statements_.find(std::string(text));
    if (found == statements_.end()) {
      if (statement_bytes_ > kStatementBytes) forget_statements();
      sqlite3_stmt* handle = nullptr;
      int result = sqlite3_prepare_v3(db_, text.data(), static_cast<int>(text.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
      if (result != SQLITE_OK) return std::unexpected(interruption_.error_of(result));
      found = statements_.emplace(std::string(text), std::make_unique<Statement>(db_, handle)).first;
      statement_bytes_ += text.size() + found->second->bytes();
    }
    ARGOSY_ASSERT(!found->second->in_use);
    found->second->in_use = true;
    return found->second.get();
  }

  /// All but those whose rows are being read.
  void forget_statements() {
    std::erase_if(statements_, [](auto const& entry) { return !entry.second->in_use; });
    statement_bytes_ = 0;
    for (auto const& [text, statement] : statements_) statement_bytes_ += text.size() + statement->bytes();
  }

  sqlite3* db_;
  Interruption interruption_;
  std::unordered_map<std::string, std::unique_ptr<Statement>> statements_;  // by their text
  std::size_t statement_bytes_ = 0;                                         // of all of them
};

}  // namespace

Result<std::unique_ptr<Session>> open_sqlite(std::string const& path, Durability durability) {
  sqlite3* db = nullptr;
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  int result = sqlite3_open_v2(path.c_str(), &db, flags, nullptr);
  if (result != SQLITE_OK) {
    Error error = db != nullptr ? to_error(db, result) : Error{Fault::unavailable, {}, "out of memory"};
    error.message = path + ": " + error.message;
    sqlite3_close(db);
    return std::unexpected(std::move(error));
  }
  auto session = std::make_unique<SqliteSession>(db);
  sqlite3_busy_timeout(db, kBusyTimeoutMs);
  TRY(session->run_script("PRAGMA journal_mode=WAL"));
  TRY(session->run_script(durability == Durability::full ? "PRAGMA synchronous=FULL"
                                                         : "PRAGMA synchronous=NORMAL"));
  TRY(session->run_script("PRAGMA foreign_keys=ON; PRAGMA case_sensitive_like=ON; PRAGMA cache_size=-4096"));
  return session;
}

Result<void> settle_sqlite(std::string const& path) {
  auto session = TRY(open_sqlite(path, Durability::full));
  return session->run_script("PRAGMA wal_checkpoint(TRUNCATE)");
}

}  // namespace argosy::sql
