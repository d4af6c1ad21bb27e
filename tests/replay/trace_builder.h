// Builds well-formed traces by hand: numbers, digests and chains are right.
#ifndef RONDO_TESTS_REPLAY_TRACE_BUILDER_H_
#define RONDO_TESTS_REPLAY_TRACE_BUILDER_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "rondo/replay/digest.h"
#include "rondo/replay/trace.h"
#include "rondo/runtime/identity.h"

namespace rondo {

class TraceBuilder {
 public:
  explicit TraceBuilder(TraceHeader header) { trace_.header = header; }

  // Definitions; `Name` answers the identity of a path.
  Identity Name(const std::string& path);
  Identity Resource(const std::string& name);

  // What happens in the present iteration of `host`.
  TraceBuilder& Pick(const std::string& host, Identity pick, Identity over,
                     const std::vector<Identity>& all);
  TraceBuilder& Draw(const std::string& host, Identity stream, std::uint64_t k,
                     std::uint64_t value, std::uint64_t n);
  TraceBuilder& Out(const std::string& host, const std::string& text);
  TraceBuilder& In(const std::string& host, const std::string& op,
                   Identity resource, const std::string& bytes);
  TraceBuilder& Event(const std::string& host, std::int64_t t,
                      const std::string& event);
  TraceBuilder& Io(const std::string& host, Identity resource, unsigned mask);
  TraceBuilder& Timer(const std::string& host, Identity timer);
  TraceBuilder& Run(const std::string& host, Identity handle,
                    const std::string& label, Identity cause = 0,
                    Identity task = 0);
  // And its end.
  TraceBuilder& Iterate(const std::string& host, std::int64_t t);

  // The trace, with its end, and without.
  Trace End(const std::string& why = "exit", const std::string& id = "",
            const std::string& host = "");
  Trace CutShort() const;

 private:
  struct Host {
    ItRecord it;
    IterationDigest digest;
    std::int64_t n = 0;
    std::vector<Identity> timers;
    std::vector<IoEvent> io;
  };
  Stamp StampFor(const std::string& host);
  void Write(Record record, const std::string& host);

  Trace trace_;
  std::map<std::string, Host> hosts_;
  ChainDigests chains_;
  std::int64_t g_ = 0;
};

}  // namespace rondo

#endif  // RONDO_TESTS_REPLAY_TRACE_BUILDER_H_
