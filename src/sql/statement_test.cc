#include "sql/statement.h"

#include <gtest/gtest.h>

namespace promfill {
namespace {

std::string query(std::string_view sql) {
  const Result<std::string> one = one_query(sql);
  return one ? *one : "error: " + one.error().message;
}

TEST(OneQuery, IsWithoutWhatSurroundsIt) {
  EXPECT_EQ(query("SELECT 1"), "SELECT 1");
  EXPECT_EQ(query("  -- what it is for\n select 1 ;\n /* and /* nested */ more */ ; "), "select 1");
  EXPECT_EQ(query("(SELECT 1) UNION (SELECT 2)"), "(SELECT 1) UNION (SELECT 2)");
  EXPECT_EQ(query("FROM input"), "FROM input");
  EXPECT_EQ(query("VALUES (1)"), "VALUES (1)");
  EXPECT_EQ(query("WITH a AS (SELECT 1) SELECT * FROM a"), "WITH a AS (SELECT 1) SELECT * FROM a");
}

TEST(OneQuery, DoesNotLookIntoQuotes) {
  for (const char* const sql :
       {"SELECT ';' AS a, \";\" AS b", "SELECT 'it''s; DELETE'", "SELECT $$; DROP$$", "SELECT $tag$ ; $$ ; $tag$",
        "SELECT E'\\'; DELETE'", "SELECT `;`", "SELECT 1 -- ; DELETE FROM t", "SELECT update, \"delete\" FROM t"}) {
    EXPECT_FALSE(query(sql).starts_with("error")) << sql << ": " << query(sql);
  }
}

TEST(OneQuery, RefusesSeveralAndWhatWrites) {
  EXPECT_EQ(query("SELECT 1; SELECT 2"), "error: there is more than one statement");
  EXPECT_EQ(query("SELECT ';'; DROP TABLE t"), "error: there is more than one statement");
  EXPECT_EQ(query("DELETE FROM t"), "error: it writes: DELETE");
  EXPECT_EQ(query("WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a"), "error: it writes: DELETE");
  EXPECT_EQ(query("WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a"), "error: it writes: INSERT");
  EXPECT_EQ(query("COPY t TO '/tmp/x'"), "error: it begins with COPY, and not with SELECT");
  EXPECT_EQ(query("PRAGMA x"), "error: it begins with PRAGMA, and not with SELECT");
  EXPECT_EQ(query("E'x'"), "error: it begins with E'x', and not with SELECT");
  EXPECT_EQ(query(" ; -- nothing"), "error: there is no statement");
}

TEST(OneQuery, SaysWhatIsNotClosedAndWhere) {
  for (const char* const sql : {"SELECT 1,\n 'x", "SELECT 1,\n \"x", "SELECT 1,\n /* x", "SELECT 1,\n $a$ x $b$"}) {
    const Result<std::string> one = one_query(sql);
    ASSERT_FALSE(one) << sql;
    EXPECT_EQ(one.error().where, "the query, line 2") << sql;
  }
}

}  // namespace
}  // namespace promfill
