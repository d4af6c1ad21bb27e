#include "rondo/replay/token.h"

#include <utility>

#include "absl/status/status.h"
#include "rondo/runtime/identity.h"

namespace rondo {
namespace {

constexpr std::string_view kPrefix = "rondo1.";
constexpr std::size_t kChecksumSize = 5;
constexpr char kAlphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::uint8_t kAdversarialFlag = 1;
constexpr std::uint8_t kBuildFlag = 2;
constexpr std::uint8_t kTapeFlag = 4;
constexpr std::uint8_t kAllFlags = 7;

// The least bytes that a decision takes: a draw's tag, stream, k, value, n.
constexpr std::size_t kLeastDecision = 12;

absl::Status Bad(const std::string& what) {
  return absl::InvalidArgumentError("schedule token: " + what);
}

std::string Checksum(std::string_view body) {
  std::uint64_t hash = HashName(body);
  std::string text;
  for (std::size_t i = 0; i < kChecksumSize; ++i) {
    text += kAlphabet[hash & 63];
    hash >>= 6;
  }
  return text;
}

std::string EncodeBase64(std::string_view bytes) {
  std::string text;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (held += 8; held >= 6; held -= 6) {
      text += kAlphabet[bits >> (held - 6) & 63];
    }
  }
  if (held > 0) text += kAlphabet[bits << (6 - held) & 63];
  return text;
}

int DecodeDigit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '-') return 62;
  return c == '_' ? 63 : -1;
}

absl::StatusOr<std::string> DecodeBase64(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  int held = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int digit = DecodeDigit(text[i]);
    if (digit < 0) {
      return Bad("character " + std::to_string(kPrefix.size() + i + 1) +
                 " is not of base64url");
    }
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes += static_cast<char>(bits >> held & 0xff);
    }
  }
  if (held >= 6 || (bits & ((1u << held) - 1)) != 0) {
    return Bad("the content does not end at a byte");
  }
  return bytes;
}

class Writer {
 public:
  void Byte(std::uint8_t value) { bytes_ += static_cast<char>(value); }
  void Fixed(std::uint64_t value) {
    for (int i = 0; i < 8; ++i) Byte(value >> (8 * i) & 0xff);
  }
  void Varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) Byte((value & 0x7f) | 0x80);
    Byte(static_cast<std::uint8_t>(value));
  }
  void Bytes(const std::string& text) { bytes_ += text; }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// Reads until the first fault, then yields zeros; `status` tells.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  std::uint8_t Byte(const char* what) {
    if (at_ == bytes_.size()) {
      Fail(std::string("ends before ") + what);
      return 0;
    }
    return static_cast<unsigned char>(bytes_[at_++]);
  }

  std::uint64_t Fixed(const char* what) {
    std::uint64_t value = 0;
    for (int i = 0; i < 8; ++i) {
      value |= static_cast<std::uint64_t>(Byte(what)) << (8 * i);
    }
    return value;
  }

  std::uint64_t Varint(const char* what) {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint64_t byte = Byte(what);
      if (shift == 63 && byte > 1) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (byte == 0 && shift > 0) Fail(std::string(what) + " is padded");
        return value;
      }
    }
    Fail(std::string(what) + " exceeds 64 bits");
    return 0;
  }

  std::string Bytes(std::uint64_t size, const char* what) {
    if (size > left()) {
      Fail(std::string("ends within ") + what);
      return {};
    }
    at_ += size;
    return std::string(bytes_.substr(at_ - size, size));
  }

  void Fail(const std::string& what) {
    if (!status_.ok()) return;
    status_ = Bad("byte " + std::to_string(at_) + " of " +
                  std::to_string(bytes_.size()) + ": " + what);
    at_ = bytes_.size();
  }

  std::size_t left() const { return bytes_.size() - at_; }
  bool ok() const { return status_.ok(); }
  const absl::Status& status() const { return status_; }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  absl::Status status_;
};

void WriteDecision(const Decision& decision, Writer& out) {
  out.Byte(static_cast<std::uint8_t>(decision.kind) +
           4 * static_cast<std::uint8_t>(decision.point));
  out.Fixed(decision.subject);
  if (!decision.is_draw()) {
    out.Fixed(decision.answer);
    return;
  }
  out.Varint(decision.k);
  out.Varint(decision.answer);
  out.Varint(decision.n);
}

Decision ReadDecision(Reader& in) {
  const std::uint8_t tag = in.Byte("a decision");
  const auto kind = static_cast<DecisionKind>(tag & 3);
  const auto point = static_cast<PickPoint>(tag >> 2);
  if (kind > DecisionKind::kDraw || point > PickPoint::kFault ||
      (kind == DecisionKind::kDraw && point != PickPoint::kReady)) {
    in.Fail("no decision has the tag " + std::to_string(tag));
    return {};
  }
  Decision decision{.kind = kind, .point = point};
  decision.subject = in.Fixed("the subject of a decision");
  if (!decision.is_draw()) {
    decision.answer = in.Fixed("the identity chosen");
    return decision;
  }
  decision.k = in.Varint("a draw's place");
  decision.answer = in.Varint("a draw's value");
  decision.n = in.Varint("a draw's bound");
  if (in.ok() && (decision.answer == 0 || decision.answer >= decision.n)) {
    in.Fail("the value of a draw must be above zero and below its bound");
  }
  return decision;
}

Tape ReadTape(Reader& in) {
  Tape tape;
  const std::uint64_t count = in.Varint("the number of decisions");
  if (count > in.left() / kLeastDecision) {
    in.Fail("there is no room for " + std::to_string(count) + " decisions");
  }
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    tape.Add(ReadDecision(in));
  }
  return tape;
}

absl::StatusOr<ScheduleToken> ReadContent(std::string_view bytes) {
  Reader in(bytes);
  ScheduleToken token;
  const std::uint8_t flags = in.Byte("the flags");
  if ((flags & ~kAllFlags) != 0) {
    in.Fail("flags that this version does not know");
  }
  if ((flags & kAdversarialFlag) != 0) token.mode = LegalityMode::kAdversarial;
  token.seed = in.Varint("the seed");
  if ((flags & kBuildFlag) != 0) token.build = in.Fixed("the build");
  if ((flags & kTapeFlag) != 0) {
    token.tape = ReadTape(in);
  } else {
    const std::uint64_t size = in.Varint("the strategy's name");
    token.strategy = in.Bytes(size, "the strategy's name");
    if (in.ok() && token.strategy.empty()) {
      in.Fail("neither a tape nor a strategy");
    }
    token.run = in.Varint("the run's number");
  }
  if (in.ok() && in.left() > 0) in.Fail("bytes after the end");
  if (!in.ok()) return in.status();
  return token;
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace

std::string FormatToken(const ScheduleToken& token) {
  const bool has_tape = token.strategy.empty();
  Writer out;
  out.Byte((token.mode == LegalityMode::kAdversarial ? kAdversarialFlag : 0) |
           (token.build.has_value() ? kBuildFlag : 0) |
           (has_tape ? kTapeFlag : 0));
  out.Varint(token.seed);
  if (token.build.has_value()) out.Fixed(*token.build);
  if (has_tape) {
    out.Varint(token.tape.size());
    for (const Decision& decision : token.tape.decisions()) {
      WriteDecision(decision, out);
    }
  } else {
    out.Varint(token.strategy.size());
    out.Bytes(token.strategy);
    out.Varint(token.run);
  }
  const std::string body = std::string(kPrefix) + EncodeBase64(out.bytes());
  return body + "." + Checksum(body);
}

absl::StatusOr<ScheduleToken> ParseToken(std::string_view text) {
  text = Trim(text);
  if (!text.starts_with(kPrefix)) {
    return Bad("does not begin with \"" + std::string(kPrefix) + "\"");
  }
  const std::size_t dot = text.rfind('.');
  if (dot < kPrefix.size()) return Bad("has no checksum: was it cut short?");
  const std::string_view body = text.substr(0, dot);
  if (text.substr(dot + 1) != Checksum(body)) {
    return Bad("the checksum does not fit: cut short or mistyped?");
  }
  absl::StatusOr<std::string> bytes = DecodeBase64(body.substr(kPrefix.size()));
  if (!bytes.ok()) return bytes.status();
  return ReadContent(*bytes);
}

}  // namespace rondo
