// Digests of what a run did: four lanes an iteration, chained per host.
//
// A replay, or a second run of the same scenario, compares digests iteration
// by iteration: the first that differs names the iteration, and its lane what
// kind of thing differed. The arithmetic is part of the trace format
// (traces/README.md, "Digests") and fixed for ever.
//
//   rondo::IterationDigest digest;
//   digest.AddTime(now, timeout);
//   digest.AddRun(handle.id);
//   it.digest = digest.Take();  // And begins the next iteration.
//   chains.Add(it);
//
// Thread-safety: none; plain values.
#ifndef RONDO_REPLAY_DIGEST_H_
#define RONDO_REPLAY_DIGEST_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rondo/replay/trace.h"
#include "rondo/runtime/identity.h"

namespace rondo {

// The digest of a text: Combine over its 8-byte words, then its length.
constexpr std::uint64_t HashBytes(std::string_view bytes) {
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 8) {
    std::uint64_t word = 0;  // Little-endian, the last one padded with zeros.
    for (std::size_t j = 0; j < 8 && i + j < bytes.size(); ++j) {
      word |= std::uint64_t{static_cast<unsigned char>(bytes[i + j])}
              << (8 * j);
    }
    hash = Combine(hash, word);
  }
  return Combine(hash, bytes.size());
}

// The lanes of one iteration of one host. A lane to which nothing was added
// is zero.
class IterationDigest {
 public:
  // Ready lane. Picks and runs may interleave in any way.
  void AddPick(Identity pick, std::span<const Identity> candidates);
  void AddRun(Identity handle) { runs_ = Combine(runs_, handle); }

  // Output lane: whatever the program does to the world. `what` names it:
  // "out" for a text (with resource 0), "send", "connect", "close", …
  void AddOutput(std::string_view what, Identity resource,
                 std::string_view bytes);

  // Timer lane. Once an iteration, before its timers. `timeout`: -1 for none.
  void AddTime(std::int64_t t, std::int64_t timeout);
  void AddTimer(Identity timer) { timers_ = Combine(timers_, timer); }

  // I/O lane: what the world did to the program.
  void AddIo(Identity resource, unsigned mask);
  void AddArrival(std::string_view source, std::int64_t count);

  // The lanes; then empties them.
  LaneDigests Take();

 private:
  std::uint64_t picks_ = 0;
  std::uint64_t runs_ = 0;
  std::uint64_t outputs_ = 0;
  std::uint64_t timers_ = 0;
  std::uint64_t io_ = 0;
};

// The chain digests of a run: of each host, and of the whole.
class ChainDigests {
 public:
  // REQUIRES: in the order of the trace.
  void Add(std::string_view host, std::int64_t boot, const LaneDigests& lanes);
  void Add(const ItRecord& it) { Add(it.stamp.host, it.stamp.boot, it.digest); }

  std::uint64_t whole() const { return whole_; }
  std::int64_t iterations() const { return iterations_; }
  // In the order of their first iterations.
  const std::vector<HostChain>& hosts() const { return hosts_; }
  // Of a host that has not run yet: HashName(host).
  std::uint64_t host(std::string_view name) const;

  // Fills `chain`, `hosts` and `iterations` of an end record.
  void Finish(EndRecord* end) const;

 private:
  std::vector<HostChain> hosts_;
  std::uint64_t whole_ = 0;
  std::int64_t iterations_ = 0;
};

// "ready", "outputs", "timers", "io".
std::string_view DigestLaneName(std::size_t lane);
// The names of the lanes that differ: "ready, io".
std::string DifferingLanes(const LaneDigests& a, const LaneDigests& b);

}  // namespace rondo

#endif  // RONDO_REPLAY_DIGEST_H_
