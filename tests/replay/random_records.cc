#include "rondo/tests/replay/random_records.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <limits>
#include <string>

#include "rondo/replay/trace.h"
#include "rondo/runtime/identity.h"

namespace rondo {

std::uint64_t RandomRecords::Bits() { return MixBits(state_++); }

std::uint64_t RandomRecords::Below(std::uint64_t n) { return Bits() % n; }

std::int64_t RandomRecords::Integer() {
  switch (Below(8)) {
    case 0:
      return std::numeric_limits<std::int64_t>::min();
    case 1:
      return std::numeric_limits<std::int64_t>::max();
    case 2:
      return static_cast<std::int64_t>(Bits());
    default:
      return static_cast<std::int64_t>(Below(2000)) - 1000;
  }
}

std::int64_t RandomRecords::Natural() {
  return static_cast<std::int64_t>(Bits() >> (1 + Below(63)));
}

std::string RandomRecords::Bytes() {
  // Beginnings of sequences, so that every way of breaking one comes up.
  static constexpr unsigned char kLeads[] = {
      0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5,
      0xFF, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0x7F, '"',  '\\', '\n', 0};
  std::string bytes;
  for (std::uint64_t left = Below(24); left > 0; --left) {
    const auto c = Below(2) == 0 ? kLeads[Below(sizeof(kLeads))]
                                 : static_cast<unsigned char>(Bits());
    bytes.push_back(static_cast<char>(c));
  }
  return bytes;
}

std::string RandomRecords::Text() {
  static constexpr const char* kPieces[] = {
      "a",  "main/worker#2", " ",    "\"",    "\\", "\n",
      "\t", "\x1f",          "\x7f", "/",     "é",  "€",
      "𝄞",  "\u2028",        "x=1",  "\b\f\r"};
  std::string text;
  for (std::uint64_t left = Below(6); left > 0; --left) {
    text += kPieces[Below(std::size(kPieces))];
  }
  return text;
}

TraceHeader RandomRecords::Header(bool any_bytes) {
  TraceHeader h;
  h.minor = static_cast<std::int64_t>(Below(3));
  h.mode = static_cast<TraceMode>(Below(3));
  h.sem = Natural();
  h.scenario = Some(any_bytes);
  h.seed = Bits();
  h.order = static_cast<TraceOrder>(Below(3));
  h.level = static_cast<int>(Below(3));
  h.build = {.id = Some(any_bytes),
             .cc = Some(any_bytes),
             .stdlib = Some(any_bytes),
             .arch = Some(any_bytes)};
  h.env = Bits();
  if (Below(2) == 0) {
    h.parent =
        TraceParent{.chain = Bits(), .g = Natural(), .deviations = Natural()};
  }
  return h;
}

ItRecord RandomRecords::It(bool any_bytes) {
  ItRecord r;
  r.t = Integer();
  r.timeout = Below(2) == 0 ? -1 : Natural();
  for (auto left = Below(3); left > 0; --left) {
    r.io.push_back({Bits(), static_cast<unsigned>(Below(4))});
  }
  for (auto left = Below(3); left > 0; --left) {
    r.arrivals.push_back({.source = Some(any_bytes), .count = Natural()});
  }
  r.has_handles = Below(4) != 0;
  if (r.has_handles) {
    for (auto left = Below(3); left > 0; --left) r.timers.push_back(Bits());
    for (auto left = Below(5); left > 0; --left) {
      r.AddRun(Bits(), Below(2) == 0 ? 0 : Bits(), Some(any_bytes),
               Below(2) == 0 ? 0 : Bits());
    }
  }
  r.ready = Natural();
  r.scheduled = Natural();
  for (std::uint64_t& lane : r.digest) lane = Bits();
  return r;
}

Record RandomRecords::Definition(bool any_bytes) {
  switch (Below(3)) {
    case 0:
      return StrRecord{.stamp = {}, .id = Bits(), .path = Some(any_bytes)};
    case 1:
      return LocRecord{.stamp = {}, .id = Bits(), .place = Some(any_bytes)};
    default:
      return ResRecord{.stamp = {},
                       .resource = Bits(),
                       .kind = Some(any_bytes),
                       .name = Some(any_bytes)};
  }
}

Record RandomRecords::Happening(bool any_bytes) {
  if (Below(2) == 0) {
    return EvRecord{.stamp = {},
                    .t = Integer(),
                    .event = Some(any_bytes),
                    .resource = Below(2) == 0 ? 0 : Bits(),
                    .length = Below(2) == 0 ? -1 : Natural(),
                    .cause = Below(2) == 0 ? 0 : Bits(),
                    .text = Some(any_bytes)};
  }
  InRecord r;
  r.op = Some(any_bytes);
  r.resource = Below(2) == 0 ? 0 : Bits();
  r.result = Integer();
  if (Below(3) == 0) r.payload = PayloadBytes{Bytes()};
  if (Below(3) == 0) r.payload = PayloadDigest{Bits(), Natural()};
  return r;
}

Record RandomRecords::Choice(bool any_bytes) {
  if (Below(2) == 0) {
    const std::uint64_t n = std::max<std::uint64_t>(1, Bits() >> Below(64));
    return DrawRecord{.stamp = {},
                      .stream = Bits(),
                      .k = Bits() >> Below(64),
                      .value = Below(n),
                      .n = n};
  }
  PickRecord r;
  r.point = static_cast<PickPoint>(Below(3));
  r.pick = Bits();
  r.over = Bits();
  for (auto left = Below(4); left > 0; --left) r.of.push_back(Bits());
  if (Below(2) == 0) r.pick_name = Some(any_bytes);
  if (Below(2) == 0) r.over_name = Some(any_bytes);
  return r;
}

Record RandomRecords::Note(bool any_bytes) {
  if (Below(2) == 0) return OutRecord{.stamp = {}, .text = Some(any_bytes)};
  static constexpr const char* kValues[] = {"null",
                                            "true",
                                            "-7",
                                            "1.5",
                                            "\"text\"",
                                            "[1,[2,{}]]",
                                            "{\"a\":{\"b\":[]},\"A\":1e+100}"};
  return MarkRecord{.stamp = {},
                    .name = Some(any_bytes),
                    .value = kValues[Below(std::size(kValues))]};
}

Record RandomRecords::End(bool any_bytes) {
  EndRecord r;
  r.why = Some(any_bytes);
  r.id = Some(any_bytes);
  r.message = Some(any_bytes);
  r.chain = Bits();
  for (auto left = Below(3); left > 0; --left) {
    r.hosts.push_back({.host = Some(any_bytes), .chain = Bits()});
  }
  r.iterations = Natural();
  return r;
}

Record RandomRecords::Any(bool any_bytes) {
  Record record;
  switch (Below(6)) {
    case 0:
      record = Definition(any_bytes);
      break;
    case 1:
      record = Happening(any_bytes);
      break;
    case 2:
      record = Choice(any_bytes);
      break;
    case 3:
      record = Note(any_bytes);
      break;
    case 4:
      record = End(any_bytes);
      break;
    default:
      record = It(any_bytes);
  }
  StampOf(record) = {.host = Some(any_bytes),
                     .boot = Natural(),
                     .g = std::max<std::int64_t>(1, Natural()),
                     .n = Natural()};
  return record;
}

std::uint64_t TestSeed() {
  const char* text = std::getenv("RONDO_SEED");
  const std::uint64_t seed =
      text == nullptr ? 1 : std::strtoull(text, nullptr, 10);
  std::cout << "RONDO_SEED=" << seed << "\n";
  return seed;
}

}  // namespace rondo
