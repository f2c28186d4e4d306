#include "sql/address.h"

#include <gtest/gtest.h>

namespace promfill {
namespace {

DatabaseAddress parsed(const std::string& address, const std::string& password = "") {
  Result<DatabaseAddress> result = parse_database_address(address, password);
  EXPECT_TRUE(result) << address;
  return result ? *std::move(result) : DatabaseAddress();
}

std::string option(const DatabaseAddress& address, std::string_view name) {
  for (const auto& [key, value] : address.options) {
    if (key == name) return value;
  }
  return "(none)";
}

TEST(DatabaseAddress, IsToldFromPaths) {
  for (const char* const address : {"duckdb:a.db", "duckdb::memory:", "sqlite:a.db", "postgresql://h/d", "postgres://h",
                                    "grpc://h:1", "grpc+tls://h:1", "mysql://h/d"}) {
    EXPECT_TRUE(is_database_address(address)) << address;
  }
  for (const char* const path : {"a.db", "./duckdb.parquet", "s3://bucket/key.parquet", "duckdb", "-", ""}) {
    EXPECT_FALSE(is_database_address(path)) << path;
  }
}

TEST(DatabaseAddress, OfAFileIsOpenedToReadAlone) {
  EXPECT_EQ(option(parsed("sqlite:dir/a b?.db"), "uri"), "file:dir/a%20b%3F.db?mode=ro");
  EXPECT_EQ(option(parsed("duckdb:a.db"), "access_mode"), "READ_ONLY");
  EXPECT_EQ(option(parsed("duckdb::memory:"), "access_mode"), "(none)");
  EXPECT_EQ(parsed("duckdb:a.db").file, "a.db");
  EXPECT_FALSE(parse_database_address("sqlite:", ""));
}

TEST(DatabaseAddress, ShowsNoSecret) {
  const DatabaseAddress login = parsed("postgresql://u:p%40ss@host:5432/db?sslmode=require");
  EXPECT_EQ(login.shown, "postgresql://u:***@host:5432/db?sslmode=require");
  EXPECT_EQ(login.without_secrets("no 'p%40ss' nor 'p@ss'"), "no '***' nor '***'");
  EXPECT_NE(option(login, "uri").find("u:p%40ss@host"), std::string::npos);

  const DatabaseAddress parameter = parsed("postgresql://host/db?user=u&password=hush&sslmode=require");
  EXPECT_EQ(parameter.shown, "postgresql://host/db?user=u&password=***&sslmode=require");
  EXPECT_EQ(parameter.without_secrets("hush"), "***");

  const DatabaseAddress file = parsed("postgresql://u@host/db", "a&b c");
  EXPECT_EQ(file.shown, "postgresql://u@host/db");
  EXPECT_NE(option(file, "uri").find("password=a%26b%20c"), std::string::npos) << option(file, "uri");
  EXPECT_EQ(file.without_secrets("a&b c"), "***");
  EXPECT_FALSE(parse_database_address("postgresql://u:p@host/db", "q"));
}

TEST(DatabaseAddress, KeepsWhatIsSaidOfThePostgresConnection) {
  const std::string uri = option(parsed("postgresql://h/d?connect_timeout=3"), "uri");
  EXPECT_NE(uri.find("connect_timeout=3"), std::string::npos) << uri;
  EXPECT_EQ(uri.find("connect_timeout=10"), std::string::npos) << uri;
  EXPECT_NE(uri.find("application_name=promfill"), std::string::npos) << uri;
}

TEST(DatabaseAddress, OfFlightSqlHasLoginOrToken) {
  const DatabaseAddress login = parsed("grpc://u:p@host:1");
  EXPECT_EQ(option(login, "uri"), "grpc://host:1");
  EXPECT_EQ(option(login, "username"), "u");
  EXPECT_EQ(option(login, "password"), "p");
  const DatabaseAddress token = parsed("grpc+tls://host:1", "t0ken");
  EXPECT_EQ(option(token, "adbc.flight.sql.authorization_header"), "Bearer t0ken");
  EXPECT_EQ(token.without_secrets("Bearer t0ken"), "Bearer ***");
}

}  // namespace
}  // namespace promfill
