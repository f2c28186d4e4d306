// HTTP to one server: bounded in time, in answers' size and in attempts. Credentials come in the URL
// (https://user:password@host) or from ~/.netrc, and stand in no message. TLS certificates are checked.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "promfill/result.h"

namespace promfill {

struct HttpAnswer {
  long status = 0;
  std::string body{};
};

/// Names and values of a form, in order.
using HttpForm = std::vector<std::pair<std::string, std::string>>;

/// Not thread-safe. The connection is kept from one call to the next.
class HttpClient {
 public:
  /// @param url  http:// or https://, with the path that the server is at, if it is not the root.
  /// @error kUsage  another scheme, or no URL.
  static Result<HttpClient> create(const std::string& url);
  HttpClient(HttpClient&& other) noexcept;
  HttpClient& operator=(HttpClient&& other) noexcept;
  ~HttpClient();

  /// The URL without user and password.
  [[nodiscard]] const std::string& url() const { return shown_; }
  /// GET `path` below the URL. Connections that fail and answers 429 and 5xx are tried again a few times.
  /// @error kIo  no answer, or one too large.
  Result<HttpAnswer> get(const std::string& path);
  /// POST a form, for requests that change nothing.
  Result<HttpAnswer> post(const std::string& path, const HttpForm& form);

 private:
  struct Handle;
  HttpClient(std::unique_ptr<Handle> handle, std::string url, std::string shown);
  Result<HttpAnswer> send(const std::string& path, const std::string* form);
  Result<HttpAnswer> send_once(const std::string& path, const std::string* form);

  std::unique_ptr<Handle> handle_;
  std::string url_;
  std::string shown_;
};

}  // namespace promfill
