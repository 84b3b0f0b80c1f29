// contract/sql.cpp - what every driver of sql::Session must do.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>

#include "sql/session.h"
#include "support/folder.h"

namespace argosy::sql {
namespace {

class SessionContract : public testing::Test {
 protected:
  void SetUp() override {
    session_ = *open_sqlite(folder_ / "a.db", Durability::full);
    ASSERT_TRUE(session_->run_script("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT UNIQUE, data BLOB)"));
  }
  std::int64_t count() {
    auto rows = session_->query("SELECT count(*) FROM t");
    EXPECT_TRUE(*(*rows)->next());
    return (*rows)->integer(0);
  }
  tests::Folder const folder_;
  std::unique_ptr<Session> session_;
};

TEST_F(SessionContract, gives_back_integers_text_bytes_and_null) {
  ASSERT_TRUE(
      session_->execute("INSERT INTO t VALUES(?1, ?2, ?3)", {std::int64_t{7}, "na\0me", as_bytes("da\0ta")}));
  ASSERT_TRUE(session_->execute("INSERT INTO t VALUES(?1, ?2, ?3)", {std::int64_t{8}, nullptr, ByteView{}}));
  auto rows = *session_->query("SELECT id, name, data FROM t ORDER BY id");
  ASSERT_TRUE(*rows->next());
  EXPECT_EQ(rows->integer(0), 7);
  EXPECT_EQ(rows->text(1), "na");
  EXPECT_EQ(as_text(rows->blob(2)), "da");
  ASSERT_TRUE(*rows->next());
  EXPECT_TRUE(rows->is_null(1));
  EXPECT_FALSE(rows->is_null(2));
  EXPECT_TRUE(rows->blob(2).empty());
  EXPECT_FALSE(*rows->next());
}

TEST_F(SessionContract, keeps_a_committed_transaction_and_drops_another) {
  {
    auto tx = *Transaction::begin(*session_, Access::write);
    ASSERT_TRUE(tx.execute("INSERT INTO t(id) VALUES(1)"));
    ASSERT_TRUE(tx.commit());
  }
  {
    auto tx = *Transaction::begin(*session_, Access::write);
    ASSERT_TRUE(tx.execute("INSERT INTO t(id) VALUES(2)"));
  }
  EXPECT_EQ(count(), 1);
}

TEST_F(SessionContract, names_a_violated_uniqueness) {
  ASSERT_TRUE(session_->execute("INSERT INTO t(id, name) VALUES(1, 'a')"));
  auto again = session_->execute("INSERT INTO t(id, name) VALUES(2, 'a')");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().fault, Fault::conflict);
  EXPECT_EQ(again.error().code, "unique");
}

TEST_F(SessionContract, reads_what_was_committed_before_the_read_began) {
  auto other = *open_sqlite(folder_ / "a.db", Durability::full);
  auto reading = *Transaction::begin(*other, Access::read);
  {
    auto rows = *reading.query("SELECT count(*) FROM t");
    ASSERT_TRUE(*rows->next());
  }
  ASSERT_TRUE(session_->execute("INSERT INTO t(id) VALUES(1)"));
  auto rows = *reading.query("SELECT count(*) FROM t");
  ASSERT_TRUE(*rows->next());
  EXPECT_EQ(rows->integer(0), 0);
}

constexpr auto kEndless =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

TEST_F(SessionContract, ends_a_statement_when_its_transaction_is_interrupted) {
  int asked = 0;
  auto const interrupt = [&asked]() -> Result<void> {
    if (++asked < 5) return {};
    return fail(Fault::limit, "Enough", "it takes too long");
  };
  {
    auto tx = *Transaction::begin(*session_, Access::read, interrupt);
    auto rows = *tx.query(kEndless);
    auto const more = rows->next();
    ASSERT_FALSE(more);
    EXPECT_EQ(more.error().fault, Fault::limit);
    EXPECT_EQ(more.error().code, "Enough");
  }
  asked = 0;
  {
    auto tx = *Transaction::begin(*session_, Access::write, interrupt);
    ASSERT_TRUE(tx.execute("INSERT INTO t(id) VALUES(1)"));
    auto const done = tx.execute(std::string("INSERT INTO t(name) ") + kEndless);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, "Enough");
  }
  int const asked_by_it = asked;
  EXPECT_EQ(count(), 0) << "what it wrote is gone, and the session goes on";
  EXPECT_EQ(asked, asked_by_it);
}

TEST_F(SessionContract, interrupts_who_reads_between_two_rows) {
  ASSERT_TRUE(session_->execute("INSERT INTO t(id) VALUES(1), (2), (3)"));
  bool over = false;
  auto tx = *Transaction::begin(*session_, Access::read, [&over]() -> Result<void> {
    if (over) return fail(Fault::limit, "Enough", "it takes too long");
    return {};
  });
  auto rows = *tx.query("SELECT id FROM t");
  ASSERT_TRUE(*rows->next());
  over = true;
  auto const more = rows->next();
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, "Enough");
}

TEST_F(SessionContract, lends_no_more_sessions_than_its_limit) {
  int opened = 0;
  Pool pool(
      [&] {
        ++opened;
        return open_sqlite(folder_ / "a.db", Durability::full);
      },
      2);
  {
    auto first = *pool.take();
    auto second = *pool.take();
  }
  { auto third = *pool.take(); }
  EXPECT_EQ(opened, 2);
}

TEST_F(SessionContract, keeps_statements_of_ever_other_texts_in_bounded_memory) {
  std::string list = "1";
  for (int number = 0; number < 5'000; ++number) list += ", 1";
  auto const before = sqlite3_memory_used();
  for (int number = 0; number < 300; ++number) {
    list += ", 1";
    ASSERT_TRUE(session_->query("SELECT name FROM t WHERE id IN (" + list + ")"));
  }
  EXPECT_LT(sqlite3_memory_used() - before, 10 << 20);
}

TEST_F(SessionContract, copies_the_whole_database_as_it_is_while_another_session_writes) {
  ASSERT_TRUE(session_->execute("INSERT INTO t VALUES(1, 'committed', NULL)"));
  auto other = *open_sqlite(folder_ / "a.db", Durability::full);
  ASSERT_TRUE(other->begin(Access::write));
  ASSERT_TRUE(other->execute("INSERT INTO t VALUES(2, 'under way', NULL)"));
  ASSERT_TRUE(session_->save_copy(folder_ / "copy.db"));
  ASSERT_TRUE(other->commit());
  EXPECT_FALSE(session_->save_copy(folder_ / "copy.db")) << "nothing is overwritten";
  EXPECT_EQ(count(), 2);
  session_ = *open_sqlite(folder_ / "copy.db", Durability::full);
  EXPECT_EQ(count(), 1);
}

TEST_F(SessionContract, says_which_copy_it_could_not_write) {
  ASSERT_TRUE(session_->execute("INSERT INTO t VALUES(1, 'large', zeroblob(1000000))"));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit const small{65'536, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  auto const copied = session_->save_copy(folder_ / "copy.db");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().fault, Fault::unavailable);
  EXPECT_TRUE(copied.error().message.starts_with(folder_ / "copy.db")) << copied.error().message;
}

}  // namespace
}  // namespace argosy::sql
