// Records a run: watches its loops and its decisions, and writes the trace.
//
//   Recorder recorder(&sink, {.level = kTraceHandles});
//   recorder.Begin(header);
//   LoopObserver& watch = recorder.AddLoop("n1", 0, &network);
//   ... the loop runs with `watch` as its observer ...
//   recorder.End("exit", "", "");
//
// Without a sink it only computes digests, which is much cheaper: no paths,
// no labels, no records.
//
// Every loop has its own observer; the records of all go into one trace, in
// the order in which things happen. Thread-safety: one thread.
#ifndef RONDO_REPLAY_RECORDER_H_
#define RONDO_REPLAY_RECORDER_H_

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "rondo/replay/decision_observer.h"
#include "rondo/replay/digest.h"
#include "rondo/replay/trace.h"
#include "rondo/runtime/loop_observer.h"
#include "rondo/runtime/network.h"

namespace rondo {

struct RecorderOptions {
  int level = kTraceHandles;
  // A live recording has no decisions and may be cut short at any time.
  TraceMode mode = TraceMode::kSim;
};

class Recorder final : public DecisionObserver {
 public:
  // `sink` may be null.
  explicit Recorder(TraceSink* sink, const RecorderOptions& options = {});
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;
  ~Recorder() override;

  void Begin(const TraceHeader& header);

  // An observer for one boot of a host's loop. `network` names descriptors; it
  // may be null. The observer lives as long as the recorder.
  LoopObserver& AddLoop(std::string_view host, std::int64_t boot,
                        const Network* network);

  void OnPick(PickPoint point, const CandidateView& candidates,
              std::size_t chosen) override;
  void OnDraw(Identity stream, std::uint64_t k, std::uint64_t n,
              std::uint64_t value) override;

  // Something that the program put out, or told by name.
  void Output(std::string_view text);
  void Mark(std::string_view name, std::string_view json);
  // Bytes that a program gave to the world: only their digest counts. What is
  // put out between iterations (a crash destroys frames) is digested with the
  // next one.
  void Sent(std::string_view what, Identity resource, std::string_view bytes);
  // An event of the simulated world, at true time `t` (level 2).
  void Event(Nanoseconds t, std::string_view event, Identity resource,
             std::int64_t length, std::string_view text);
  // Before the first use of a resource.
  void Resource(Identity id, std::string_view kind, std::string_view name);

  // Before the first use of a stream of draws.
  void DrawStream(Identity stream, std::string_view path);

  // The run is over. `why`: "exit", "fail", ...
  void End(std::string_view why, std::string_view id, std::string_view message);

  // Of all iterations so far: equal runs, equal chains.
  std::uint64_t chain() const { return chains_.whole(); }
  std::int64_t iterations() const { return chains_.iterations(); }
  bool writes() const { return sink_ != nullptr; }

 private:
  class LoopRecorder;
  struct Put {
    std::string what;
    Identity resource;
    std::string bytes;
  };

  // The stamp of a record about what runs now, or about the world.
  Stamp NextStamp();
  bool Writes(int level) const {
    return sink_ != nullptr && options_.level >= level;
  }

  TraceSink* sink_;
  RecorderOptions options_;
  std::vector<std::unique_ptr<LoopRecorder>> loops_;
  LoopRecorder* active_ = nullptr;  // Whose iteration is in progress.
  std::vector<Put> early_;          // Since the last iteration.
  std::int64_t last_g_ = 0;
  ChainDigests chains_;
  std::set<Identity> resources_;  // That have been named.
};

}  // namespace rondo

#endif  // RONDO_REPLAY_RECORDER_H_
