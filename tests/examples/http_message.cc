#include "rondo/tests/examples/http_message.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "rondo/runtime/errors.h"

namespace rondo {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";
// Line ends that some clients send behind a body, and before a request.
constexpr int kEmptyLines = 4;

bool IsTokenCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}
bool IsToken(const std::string& text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), IsTokenCharacter);
}

// No control characters but the tabulator.
bool IsLine(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c == '\t' || !absl::ascii_iscntrl(static_cast<unsigned char>(c));
  });
}

std::string Trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::vector<std::string> Split(const std::string& text,
                               std::string_view separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (;;) {
    const std::size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string::npos) return parts;
    begin = end + separator.size();
  }
}

[[noreturn]] void Refuse(const std::string& what, const std::string& text) {
  constexpr std::size_t kShown = 80;
  throw HttpError(400, what + ": \"" + text.substr(0, kShown) + "\"");
}

// All of `text`, which is digits of `base` only.
std::uint64_t Number(const std::string& text, unsigned base,
                     const std::string& what) {
  std::uint64_t value = 0;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    const unsigned digit = absl::ascii_isdigit(u) ? c - '0'
                           : absl::ascii_isxdigit(u)
                               ? absl::ascii_tolower(u) - 'a' + 10
                               : base;
    if (digit >= base) Refuse(what, text);
    if (value > (std::numeric_limits<std::uint64_t>::max() - digit) / base) {
      Refuse(what + " that is too great", text);
    }
    value = value * base + digit;
  }
  if (text.empty()) Refuse(what, text);
  return value;
}

// HTTP/1.x: x.
int MinorOf(const std::string& version) {
  if (version.size() != 8 || !version.starts_with("HTTP/") ||
      version[6] != '.' ||
      !absl::ascii_isdigit(static_cast<unsigned char>(version[5])) ||
      !absl::ascii_isdigit(static_cast<unsigned char>(version[7]))) {
    Refuse("not a version of HTTP", version);
  }
  if (version[5] != '1') {
    throw HttpError(505, version + " is not spoken here, only HTTP/1.1");
  }
  return std::min(version[7] - '0', 1);
}

void ParseFields(const std::vector<std::string>& lines, HttpFields* fields) {
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::string& line = lines[i];
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) Refuse("a header field has no ':'", line);
    const std::string name = line.substr(0, colon);
    // Also if a line begins with a blank, which once continued the one before.
    if (!IsToken(name)) Refuse("not the name of a header field", line);
    fields->Add(name, Trimmed(line.substr(colon + 1)));
  }
}

void ParseRequestLine(const std::string& line, HttpRequest* request) {
  const std::vector<std::string> words = Split(line, " ");
  if (words.size() != 3 || !IsToken(words[0]) || words[1].empty()) {
    Refuse("not a request", line);
  }
  request->method = words[0];
  request->target = words[1];
  request->minor = MinorOf(words[2]);
}

void ParseStatusLine(const std::string& line, HttpResponse* response) {
  const std::size_t space = line.find(' ');
  if (space == std::string::npos) Refuse("not a status line", line);
  response->minor = MinorOf(line.substr(0, space));
  const std::string code = line.substr(space + 1, 3);
  response->status = static_cast<int>(Number(code, 10, "not a status"));
  if (code.size() != 3 || response->status < 100) {
    Refuse("not a status", line);
  }
  const std::string rest = line.substr(space + 4);
  if (!rest.empty() && rest[0] != ' ') Refuse("not a status", line);
  response->reason = Trimmed(rest);
}

// Up to and including `separator`; no value: nothing came.
Coro<std::optional<std::string>> ReadPart(Stream& stream, std::string separator,
                                          std::string what) {
  try {
    std::string part = co_await stream.ReadUntil(std::move(separator));
    co_return part;
  } catch (const IncompleteReadError& error) {
    if (!error.partial().empty()) {
      throw HttpError(400, "the connection has ended inside " + what);
    }
  } catch (const LimitOverrunError& error) {
    throw HttpError(431, what + " is longer than " +
                             std::to_string(error.consumed()) + " bytes");
  }
  co_return std::nullopt;
}

// The lines of a head.
Coro<std::optional<std::vector<std::string>>> ReadHead(Stream& stream,
                                                       std::size_t limit) {
  for (int i = 0; i < kEmptyLines; ++i) {
    std::optional<std::string> head =
        co_await ReadPart(stream, std::string(kHeadEnd), "a head");
    if (!head.has_value()) co_return std::nullopt;
    if (head->size() > limit) {
      throw HttpError(
          431, "a head is longer than " + std::to_string(limit) + " bytes");
    }
    head->resize(head->size() - kHeadEnd.size());
    while (head->starts_with(kLineEnd)) head->erase(0, kLineEnd.size());
    if (head->empty()) continue;
    std::vector<std::string> lines = Split(*head, kLineEnd);
    for (const std::string& line : lines) {
      if (!IsLine(line)) Refuse("a head has control characters", line);
    }
    co_return lines;
  }
  throw HttpError(400, "empty lines instead of a head");
}

Coro<std::string> ReadLength(Stream& stream, std::uint64_t length,
                             std::string what) {
  try {
    std::string bytes =
        co_await stream.ReadExactly(static_cast<std::size_t>(length));
    co_return bytes;
  } catch (const IncompleteReadError& error) {
    throw HttpError(400, "the connection has ended inside " + what + ": " +
                             std::to_string(error.partial().size()) + " of " +
                             std::to_string(length) + " bytes have come");
  }
}

Coro<std::string> ReadChunkLine(Stream& stream) {
  std::optional<std::string> line =
      co_await ReadPart(stream, std::string(kLineEnd), "a chunk");
  if (!line.has_value()) {
    throw HttpError(400, "the connection has ended between chunks");
  }
  line->resize(line->size() - kLineEnd.size());
  co_return *std::move(line);
}

[[noreturn]] void RefuseLength(std::size_t limit) {
  throw HttpError(413,
                  "a body is longer than " + std::to_string(limit) + " bytes");
}

// Extensions of chunks, and the fields behind the last one, mean nothing here.
Coro<std::string> ReadChunks(Stream& stream, std::size_t limit) {
  constexpr int kTrailers = 100;
  std::string body;
  for (;;) {
    const std::string line = co_await ReadChunkLine(stream);
    const std::uint64_t size =
        Number(Trimmed(line.substr(0, line.find(';'))), 16, "not a chunk");
    if (size == 0) break;
    if (size > limit - body.size()) RefuseLength(limit);
    body += co_await ReadLength(stream, size, "a chunk");
    const std::string end = co_await ReadChunkLine(stream);
    if (!end.empty()) Refuse("a chunk is longer than it says", end);
  }
  for (int i = 0; i < kTrailers; ++i) {
    const std::string trailer = co_await ReadChunkLine(stream);
    if (trailer.empty()) co_return body;
  }
  throw HttpError(431, "more than 100 header fields behind a body");
}

Coro<std::string> ReadToEnd(Stream& stream, std::size_t limit) {
  constexpr std::size_t kPiece = 64 * 1024;
  std::string body;
  for (;;) {
    const std::string piece = co_await stream.Read(kPiece);
    if (piece.empty()) co_return body;
    if (piece.size() > limit - body.size()) RefuseLength(limit);
    body += piece;
  }
}

// What its fields say of its end; no value: nothing.
template <class Message>
std::optional<HttpBodyEnd> SaidEnd(const Message& message) {
  const std::vector<std::string> codings =
      message.fields.All("transfer-encoding");
  const std::vector<std::string> lengths = message.fields.All("content-length");
  if (!codings.empty()) {
    // Two ends are how requests are smuggled past a proxy.
    if (!lengths.empty()) {
      throw HttpError(400, "Content-Length and Transfer-Encoding");
    }
    if (message.minor < 1) {
      throw HttpError(400, "Transfer-Encoding in HTTP/1.0");
    }
    if (codings.size() != 1 || !absl::EqualsIgnoreCase(codings[0], "chunked")) {
      throw HttpError(501, "Transfer-Encoding " + codings[0] +
                               " is not understood, only chunked");
    }
    return HttpBodyEnd{HttpBodyEnd::kChunked, 0};
  }
  if (lengths.empty()) return std::nullopt;
  for (const std::string& length : lengths) {
    if (length != lengths[0]) Refuse("several Content-Lengths", length);
  }
  return HttpBodyEnd{HttpBodyEnd::kLength,
                     Number(lengths[0], 10, "not a Content-Length")};
}

struct Reason {
  int status;
  const char* text;
};
constexpr Reason kReasons[] = {
    {100, "Continue"},
    {200, "OK"},
    {204, "No Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {413, "Content Too Large"},
    {417, "Expectation Failed"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
};

std::string ReasonOf(const HttpResponse& response) {
  if (!response.reason.empty()) return response.reason;
  for (const Reason& reason : kReasons) {
    if (reason.status == response.status) return reason.text;
  }
  return "Status " + std::to_string(response.status);
}

bool HasNoBody(int status) {
  return status < 200 || status == 204 || status == 304;
}

// The fields, and the Content-Length if there is to be one.
std::string SerializedFields(const HttpFields& fields,
                             std::optional<std::size_t> length) {
  std::string text;
  for (const auto& [name, value] : fields.all()) {
    text += name + ": " + value + "\r\n";
  }
  if (length.has_value() && fields.Find("content-length") == nullptr &&
      fields.Find("transfer-encoding") == nullptr) {
    text += "Content-Length: " + std::to_string(*length) + "\r\n";
  }
  return text + "\r\n";
}

}  // namespace

void HttpFields::Add(std::string name, std::string value) {
  if (!IsToken(name)) {
    throw ValueError("not the name of a header field: \"" + name + "\"");
  }
  if (!IsLine(value)) {
    throw ValueError("the header field " + name + " has control characters");
  }
  fields_.emplace_back(std::move(name), std::move(value));
}

const std::string* HttpFields::Find(const std::string& name) const {
  for (const auto& field : fields_) {
    if (absl::EqualsIgnoreCase(field.first, name)) return &field.second;
  }
  return nullptr;
}

std::vector<std::string> HttpFields::All(const std::string& name) const {
  std::vector<std::string> values;
  for (const auto& field : fields_) {
    if (!absl::EqualsIgnoreCase(field.first, name)) continue;
    for (const std::string& value : Split(field.second, ",")) {
      values.push_back(Trimmed(value));
    }
  }
  return values;
}

bool HttpFields::Lists(const std::string& name,
                       const std::string& token) const {
  const std::vector<std::string> all = All(name);
  return std::any_of(all.begin(), all.end(), [&](const std::string& value) {
    return absl::EqualsIgnoreCase(value, token);
  });
}

Coro<std::optional<HttpRequest>> ReadRequestHead(Stream& stream,
                                                 std::size_t limit) {
  const std::optional<std::vector<std::string>> lines =
      co_await ReadHead(stream, limit);
  if (!lines.has_value()) co_return std::nullopt;
  HttpRequest request;
  ParseRequestLine(lines->front(), &request);
  ParseFields(*lines, &request.fields);
  co_return request;
}

Coro<std::optional<HttpResponse>> ReadResponseHead(Stream& stream,
                                                   std::size_t limit) {
  const std::optional<std::vector<std::string>> lines =
      co_await ReadHead(stream, limit);
  if (!lines.has_value()) co_return std::nullopt;
  HttpResponse response;
  ParseStatusLine(lines->front(), &response);
  ParseFields(*lines, &response.fields);
  co_return response;
}

HttpBodyEnd BodyEndOf(const HttpRequest& request) {
  return SaidEnd(request).value_or(HttpBodyEnd());
}

HttpBodyEnd BodyEndOf(const HttpResponse& response, const std::string& method) {
  if (method == "HEAD" || HasNoBody(response.status)) return HttpBodyEnd();
  return SaidEnd(response).value_or(HttpBodyEnd{HttpBodyEnd::kEndOfStream, 0});
}

Coro<std::string> ReadBody(Stream& stream, HttpBodyEnd end, std::size_t limit) {
  if (end.kind == HttpBodyEnd::kChunked) return ReadChunks(stream, limit);
  if (end.kind == HttpBodyEnd::kEndOfStream) return ReadToEnd(stream, limit);
  if (end.length > limit) RefuseLength(limit);
  return ReadLength(stream, end.length, "a body");
}

std::string Serialized(const HttpRequest& request) {
  const bool with_length = !request.body.empty() || request.method == "POST" ||
                           request.method == "PUT";
  return request.method + " " + request.target + " HTTP/1." +
         std::to_string(request.minor) + "\r\n" +
         SerializedFields(request.fields,
                          with_length
                              ? std::optional<std::size_t>(request.body.size())
                              : std::nullopt) +
         request.body;
}

std::string Serialized(const HttpResponse& response, bool head_only) {
  const bool none = HasNoBody(response.status);
  const std::string head =
      "HTTP/1." + std::to_string(response.minor) + " " +
      std::to_string(response.status) + " " + ReasonOf(response) + "\r\n" +
      SerializedFields(response.fields,
                       none ? std::nullopt
                            : std::optional<std::size_t>(response.body.size()));
  return none || head_only ? head : head + response.body;
}

}  // namespace rondo
