// A schedule as one word to paste: what a failure prints, and what replays it.
//
//   rondo1.AQQAAAA....Qf3xk
//
// "rondo1", the content in base64url, and a checksum that catches a token cut
// short or mistyped. A token holds the mode, the seed, the digest of the build
// if known, and either a tape, which is all that the run depends on, or the
// name of a strategy and a run's number, which is short but means nothing to
// another version of the strategy.
//
// Content, little endian, numbers as LEB128 varints unless sized:
//   u8 flags         1: adversarial, 2: has a build, 4: has a tape
//   seed
//   u64 build        if flags & 2
//   count, decisions if flags & 4; each u8 tag = kind + 4 * point, then
//                    picks: u64 X, u64 Y; draws: u64 stream, k, value, n
//   length, bytes, run   otherwise: the strategy's name and the run's number
// Every token has one spelling: what is parsed formats to the same text.
//
// Thread-safety: pure functions.
#ifndef RONDO_REPLAY_TOKEN_H_
#define RONDO_REPLAY_TOKEN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "rondo/replay/scheduler.h"
#include "rondo/replay/tape.h"

namespace rondo {

struct ScheduleToken {
  LegalityMode mode = LegalityMode::kContract;
  std::uint64_t seed = 0;
  std::optional<std::uint64_t> build;
  std::string strategy;   // Empty: the tape decides.
  std::uint64_t run = 0;  // Of the strategy.
  Tape tape;              // Empty if there is a strategy.

  friend bool operator==(const ScheduleToken&, const ScheduleToken&) = default;
};

// REQUIRES: the tape is empty or the strategy is; the tape is as Tape::Add
// requires.
std::string FormatToken(const ScheduleToken& token);

// Surrounding white space is ignored. InvalidArgument says what is wrong and
// where; the text may be anything.
absl::StatusOr<ScheduleToken> ParseToken(std::string_view text);

}  // namespace rondo

#endif  // RONDO_REPLAY_TOKEN_H_
