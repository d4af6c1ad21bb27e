#include "rondo/replay/token.h"

#include <gtest/gtest.h>

#include <string>

#include "rondo/replay/run_hash.h"

namespace rondo {
namespace {

constexpr char kAlphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// The body of a token with the checksum that it should have.
std::string Seal(const std::string& body) {
  std::string text = body + ".";
  std::uint64_t hash = HashName(body);
  for (int i = 0; i < 5; ++i, hash >>= 6) text += kAlphabet[hash & 63];
  return text;
}

std::string ErrorOf(const std::string& text) {
  const absl::StatusOr<ScheduleToken> token = ParseToken(text);
  return token.ok() ? "" : std::string(token.status().message());
}

// Small and huge numbers alike.
std::uint64_t AnyNumber(std::uint64_t word) {
  return MixBits(word) >> RandomBelow(word, 64);
}

ScheduleToken AnyToken(std::uint64_t key) {
  ScheduleToken token;
  token.seed = AnyNumber(RandomWord(key, 1));
  if (OneIn(RandomWord(key, 2), 2)) token.mode = LegalityMode::kAdversarial;
  if (OneIn(RandomWord(key, 3), 2)) token.build = RandomWord(key, 4);
  if (OneIn(RandomWord(key, 5), 4)) {
    token.strategy = "random_walk";
    token.run = AnyNumber(RandomWord(key, 6));
    return token;
  }
  const std::uint64_t size = RandomBelow(RandomWord(key, 7), 20);
  for (std::uint64_t i = 0; i < size; ++i) {
    const std::uint64_t word = RandomWord(key, 8, i);
    const auto point = static_cast<PickPoint>(RandomBelow(word, 3));
    const std::uint64_t n = AnyNumber(word) / 2 + 2;
    switch (word % 3) {
      case 0:
        token.tape.Add(Decision::GoFirst(point, MixBits(word), ~word));
        break;
      case 1:
        token.tape.Add(Decision::Hold(point, MixBits(word), ~word));
        break;
      default:
        token.tape.Add(
            Decision::Draw(word, i, 1 + RandomBelow(~word, n - 1), n));
    }
  }
  return token;
}

TEST(TokenTest, TheFormatIsFixed) {
  ScheduleToken token;
  token.seed = 300;
  token.mode = LegalityMode::kAdversarial;
  token.tape.Add(Decision::GoFirst(PickPoint::kEvent, 0x0102030405060708, 9));
  token.tape.Add(Decision::Draw(1, 2, 3, 4));
  const std::string text = FormatToken(token);
  EXPECT_EQ(text, Seal("rondo1.BawCAgQIBwYFBAMCAQkAAAAAAAAAAgEAAAAAAAAAAgME"));
  EXPECT_EQ(*ParseToken(text), token);
}

TEST(TokenTest, AnUnshrunkRunIsShort) {
  ScheduleToken token;
  token.seed = 1;
  token.strategy = "pct";
  token.run = 4711;
  const std::string text = FormatToken(token);
  EXPECT_LT(text.size(), 30u) << text;
  EXPECT_EQ(*ParseToken(text), token);
}

TEST(TokenTest, WhiteSpaceAroundATokenIsIgnored) {
  const std::string text = FormatToken({});
  EXPECT_EQ(*ParseToken("  \t" + text + "\r\n"), ScheduleToken());
}

TEST(TokenTest, EveryTokenComesBack) {
  constexpr std::uint64_t kSeed = 71;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    SCOPED_TRACE("seed " + std::to_string(kSeed) + ", " + std::to_string(i));
    const ScheduleToken token = AnyToken(RunKey(kSeed, i));
    const absl::StatusOr<ScheduleToken> parsed = ParseToken(FormatToken(token));
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, token);
  }
}

TEST(TokenTest, ErrorsSayWhatIsWrongAndWhere) {
  EXPECT_EQ(ErrorOf(""), "schedule token: does not begin with \"rondo1.\"");
  EXPECT_EQ(ErrorOf("rondo2.AAAA.AAAAA"),
            "schedule token: does not begin with \"rondo1.\"");
  EXPECT_EQ(ErrorOf("rondo1.AAAA"),
            "schedule token: has no checksum: was it cut short?");
  EXPECT_EQ(ErrorOf("rondo1.AAAA.AAAAA"),
            "schedule token: the checksum does not fit: cut short or "
            "mistyped?");
  EXPECT_EQ(ErrorOf(Seal("rondo1.AA*A")),
            "schedule token: character 10 is not of base64url");
  EXPECT_EQ(ErrorOf(Seal("rondo1.AAAAA")),
            "schedule token: the content does not end at a byte");
  EXPECT_EQ(ErrorOf(Seal("rondo1.")),
            "schedule token: byte 0 of 0: ends before the flags");
  EXPECT_EQ(ErrorOf(Seal("rondo1.CAA")),
            "schedule token: byte 1 of 2: flags that this version does not "
            "know");
  EXPECT_EQ(ErrorOf(Seal("rondo1.BAAB")),
            "schedule token: byte 3 of 3: there is no room for 1 decisions");
  EXPECT_EQ(ErrorOf(Seal("rondo1.BAAA")),
            "");  // The dull run.
  EXPECT_EQ(ErrorOf(Seal("rondo1.BAAAAA")),
            "schedule token: byte 3 of 4: bytes after the end");
  EXPECT_EQ(ErrorOf(Seal("rondo1.AAAAAA")),
            "schedule token: byte 3 of 4: neither a tape nor a strategy");
}

TEST(TokenTest, ATokenCutOrMistypedAnywhereIsRefused) {
  const std::string text = FormatToken(AnyToken(RunKey(3, 1)));
  ASSERT_GT(text.size(), 40u);
  for (std::size_t i = 0; i < text.size(); ++i) {
    EXPECT_NE(ErrorOf(text.substr(0, i)), "") << i;
    std::string mistyped = text;
    mistyped[i] = mistyped[i] == 'x' ? 'y' : 'x';
    EXPECT_NE(ErrorOf(mistyped), "") << i;
  }
}

// Whatever is accepted has one spelling, and whatever is not is an error.
TEST(TokenTest, GarbageNeverCrashesAndNeverHasTwoSpellings) {
  constexpr std::uint64_t kSeed = 72;
  int accepted = 0;
  for (std::uint64_t i = 0; i < 20000; ++i) {
    SCOPED_TRACE("seed " + std::to_string(kSeed) + ", " + std::to_string(i));
    const std::uint64_t key = RunKey(kSeed, i);
    std::string body = FormatToken(AnyToken(key));
    body.resize(body.size() - 6);
    const std::uint64_t changes = 1 + RandomBelow(RandomWord(key, 20), 3);
    for (std::uint64_t c = 0; c < changes; ++c) {
      const std::uint64_t word = RandomWord(key, 21, c);
      const auto at = 7 + RandomBelow(word, body.size() - 7);
      if (OneIn(word >> 7 << 7, 8)) body.resize(at);
      if (at < body.size()) body[at] = kAlphabet[MixBits(word) & 63];
      if (body.size() < 8) body.resize(8, 'A');
    }
    const std::string text = Seal(body);
    const absl::StatusOr<ScheduleToken> token = ParseToken(text);
    if (!token.ok()) continue;
    ++accepted;
    EXPECT_EQ(FormatToken(*token), text);
  }
  EXPECT_GT(accepted, 1000);
}

TEST(TokenTest, BytesThatAreNoTextAreRefused) {
  constexpr std::uint64_t kSeed = 73;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    SCOPED_TRACE("seed " + std::to_string(kSeed) + ", " + std::to_string(i));
    std::string text = i % 2 == 0 ? "rondo1." : "";
    for (std::uint64_t c = 0; c < i % 50; ++c) {
      text += static_cast<char>(RandomWord(RunKey(kSeed, i), c));
    }
    EXPECT_FALSE(ParseToken(text).ok());
  }
}

}  // namespace
}  // namespace rondo
