// sql/session.h - one connection to a database: all that the catalogue and the index need of SQLite (or
// PostgreSQL).
//
// One portable dialect: positional parameters written ?1, ?2, …; INTEGER, TEXT, BLOB; ON CONFLICT … DO
// UPDATE; no driver-specific functions.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace argosy::sql {

/// A parameter: NULL, an integer, text or bytes. Views must live until the statement has run.
using Value = std::variant<std::nullptr_t, std::int64_t, std::string_view, ByteView>;

template <class T>
Value optional_value(std::optional<T> const& value) {
  if (!value) return nullptr;
  return Value(*value);
}
inline Value optional_value(std::optional<std::string> const& value) {
  if (!value) return nullptr;
  return std::string_view(*value);
}

/// The rows of a query, one at a time; nothing else is held in memory.
class Rows {
 public:
  virtual ~Rows() = default;
  /// Moves to the next row (first call: to the first); false at the end.
  virtual Result<bool> next() = 0;
  /// Columns count from 0; valid until the next call of `next`. A NULL reads as 0 or empty.
  virtual bool is_null(int column) = 0;
  virtual std::int64_t integer(int column) = 0;
  virtual std::string_view text(int column) = 0;
  virtual ByteView blob(int column) = 0;

  std::optional<std::int64_t> optional_integer(int column) {
    return is_null(column) ? std::nullopt : std::optional(integer(column));
  }
  std::optional<std::string> optional_text(int column) {
    return is_null(column) ? std::nullopt : std::optional(std::string(text(column)));
  }
};

enum class Access { read, write };

/// Asked again and again while statements run, on their thread. Once it fails they fail as it does, and from
/// then on it fails every time.
using Interrupt = std::function<Result<void>()>;

/// A connection. One thread at a time; a transaction is open between begin and commit or rollback.
/// A busy or serialisation conflict is Fault::conflict with an empty code: run the transaction again.
/// A violated UNIQUE or PRIMARY KEY is Fault::conflict with the code "unique".
class Session {
 public:
  virtual ~Session() = default;
  virtual Result<void> begin(Access access) = 0;
  /// Until the open transaction ends.
  virtual void set_interrupt(Interrupt interrupt) = 0;
  /// Durable on return if the session was opened with Durability::full.
  virtual Result<void> commit() = 0;
  virtual void rollback() = 0;
  /// Statements are prepared once and kept, in memory that is bounded. At most one Rows of the same text is
  /// open at a time.
  virtual Result<std::unique_ptr<Rows>> query(std::string_view statement,
                                              std::span<Value const> parameters) = 0;
  /// The number of rows changed.
  virtual Result<std::int64_t> execute(std::string_view statement, std::span<Value const> parameters) = 0;
  /// Reads the whole database and compares it with its own rules; what is wrong, a line each. No transaction
  /// may be open.
  virtual Result<std::vector<std::string>> verify() = 0;
  /// Writes the whole database as it is at this moment into a new file, while others read and write; outside
  /// transactions. Not synced. Fails if `path` exists.
  virtual Result<void> save_copy(std::string const& path) = 0;
  /// Several statements without parameters, for schemas.
  virtual Result<void> run_script(std::string_view script) = 0;

  Result<std::unique_ptr<Rows>> query(std::string_view statement,
                                      std::initializer_list<Value> parameters = {}) {
    return query(statement, std::span<Value const>(parameters.begin(), parameters.size()));
  }
  Result<std::int64_t> execute(std::string_view statement, std::initializer_list<Value> parameters = {}) {
    return execute(statement, std::span<Value const>(parameters.begin(), parameters.size()));
  }
};

/// full: a commit survives the loss of power. process: it survives the death of the process.
enum class Durability { full, process };

/// Opens (and creates) an SQLite database in WAL mode; ":memory:" for tests. `path`'s folder must exist.
Result<std::unique_ptr<Session>> open_sqlite(std::string const& path, Durability durability);

/// For the first session of a process on a database: writes what lies in its log to its place, and syncs
/// that. A process before may have died after a sync that failed: what it wrote can be read then, and a later
/// sync would not tell that it is not durable.
Result<void> settle_sqlite(std::string const& path);

/// An open transaction; rolled back unless committed. What the catalogue's functions take.
class Transaction {
 public:
  static Result<Transaction> begin(Session& session, Access access, Interrupt interrupt = nullptr);
  Transaction(Transaction&& other) noexcept : session_(std::exchange(other.session_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction() {
    if (session_ != nullptr) session_->rollback();
  }
  Result<void> commit() { return std::exchange(session_, nullptr)->commit(); }
  Session& session() { return *session_; }

  Result<std::unique_ptr<Rows>> query(std::string_view statement,
                                      std::initializer_list<Value> parameters = {}) {
    return session_->query(statement, parameters);
  }
  Result<std::int64_t> execute(std::string_view statement, std::initializer_list<Value> parameters = {}) {
    return session_->execute(statement, parameters);
  }

 private:
  explicit Transaction(Session& session) : session_(&session) {}
  Session* session_;
};

/// The sessions of one database, lent out one caller at a time; opens at most `limit`. Any thread.
class Pool {
 public:
  using Opener = std::function<Result<std::unique_ptr<Session>>()>;
  Pool(Opener open, std::size_t limit);
  ~Pool();
  class Lease {
   public:
    Lease(Pool* pool, std::unique_ptr<Session> session) : pool_(pool), session_(std::move(session)) {}
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    Session& operator*() { return *session_; }
    Session* operator->() { return session_.get(); }

   private:
    Pool* pool_;
    std::unique_ptr<Session> session_;
  };
  /// Waits until one is free.
  Result<Lease> take();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace argosy::sql
