#include "rondo/replay/recorder.h"

#include <algorithm>
#include <utility>

namespace rondo {

class Recorder::LoopRecorder final : public LoopObserver {
 public:
  LoopRecorder(Recorder* recorder, std::string_view host, std::int64_t boot,
               const Network* network)
      : recorder_(recorder), network_(network) {
    ItRecord& it = std::get<ItRecord>(record_);
    it.stamp.host.assign(host);
    it.stamp.boot = boot;
    it.has_handles = recorder->options_.level >= kTraceHandles;
  }

  bool wants_paths() const override { return recorder_->Writes(kTraceHandles); }

  void OnIdentity(Identity id, std::string_view path) override {
    StrRecord record;
    record.stamp = Next();
    record.id = id;
    record.path.assign(path);
    recorder_->sink_->Write(record);
  }

  void OnArrival(const ArrivalInfo& arrival) override {
    std::vector<Arrival>& arrivals = record().arrivals;
    const auto found =
        std::ranges::find(arrivals, arrival.source, &Arrival::source);
    if (found != arrivals.end()) {
      ++found->count;
    } else {
      arrivals.push_back({std::string(arrival.source), 1});
    }
    if (arrival.port == 0 || recorder_->sink_ == nullptr) return;
    recorder_->Resource(arrival.port, "port", arrival.port_name);
    InRecord in;
    in.stamp = Next();
    in.op.assign(arrival.source);
    in.resource = arrival.port;
    in.result = static_cast<std::int64_t>(arrival.payload.size());
    in.payload = PayloadBytes{std::string(arrival.payload)};
    recorder_->sink_->Write(in);
  }

  void OnSelected(Nanoseconds now, std::optional<Nanoseconds> timeout,
                  std::span<const ReadyEvent> events) override {
    recorder_->active_ = this;
    const std::int64_t wait = timeout.has_value() ? timeout->count() : -1;
    for (const Put& put : recorder_->early_) {
      digest_.AddOutput(put.what, put.resource, put.bytes);
    }
    recorder_->early_.clear();
    digest_.AddTime(now.count(), wait);
    ItRecord& it = record();
    it.t = now.count();
    it.timeout = wait;
    for (const ReadyEvent& event : events) {
      const SocketName name =
          network_ == nullptr ? SocketName() : network_->Name(event.fd);
      digest_.AddIo(name.id, event.mask);
      if (recorder_->sink_ == nullptr) continue;
      recorder_->Resource(name.id, "socket", name.name);
      it.io.push_back({name.id, event.mask});
    }
  }

  void OnTimerFired(const HandleInfo& timer) override {
    digest_.AddTimer(timer.id);
    if (writes_handles()) record().timers.push_back(timer.id);
  }

  void OnRun(const HandleInfo& handle) override {
    digest_.AddRun(handle.id);
    if (!writes_handles()) return;
    record().AddRun(handle.id, handle.task, handle.kind, handle.name,
                    handle.cause);
  }

  void OnIterationEnd(std::size_t ready, std::size_t scheduled) override {
    ItRecord& it = record();
    for (const Arrival& arrival : it.arrivals) {
      digest_.AddArrival(arrival.source, arrival.count);
    }
    it.digest = digest_.Take();
    recorder_->chains_.Add(it);
    if (recorder_->sink_ != nullptr) {
      it.ready = static_cast<std::int64_t>(ready);
      it.scheduled = static_cast<std::int64_t>(scheduled);
      it.stamp.g = ++recorder_->last_g_;
      recorder_->sink_->Write(record_);
      it.Clear();
    }
    it.arrivals.clear();
    ++it.stamp.n;
    recorder_->active_ = nullptr;
  }

  Stamp Next() {
    Stamp stamp = record().stamp;
    stamp.g = ++recorder_->last_g_;
    return stamp;
  }
  IterationDigest& digest() { return digest_; }

 private:
  ItRecord& record() { return *std::get_if<ItRecord>(&record_); }
  bool writes_handles() const { return recorder_->Writes(kTraceHandles); }

  Recorder* recorder_;
  const Network* network_;
  Record record_ = ItRecord();
  IterationDigest digest_;
};

Recorder::Recorder(TraceSink* sink, const RecorderOptions& options)
    : sink_(sink), options_(options) {}

Recorder::~Recorder() = default;

void Recorder::Begin(const TraceHeader& header) {
  if (sink_ == nullptr) return;
  TraceHeader written = header;
  written.level = options_.level;
  written.mode = options_.mode;
  sink_->Begin(written);
}

LoopObserver& Recorder::AddLoop(std::string_view host, std::int64_t boot,
                                const Network* network) {
  loops_.push_back(std::make_unique<LoopRecorder>(this, host, boot, network));
  return *loops_.back();
}

Stamp Recorder::NextStamp() {
  if (active_ != nullptr) return active_->Next();
  Stamp stamp;
  stamp.g = ++last_g_;
  return stamp;
}

void Recorder::OnPick(PickPoint point, const CandidateView& candidates,
                      std::size_t chosen) {
  const Identity pick = candidates.id(chosen);
  const bool everything = Writes(kTraceEverything);
  std::vector<Identity> of;
  if (point == PickPoint::kReady || everything) {
    of.reserve(candidates.size());
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      of.push_back(candidates.id(i));
    }
  }
  if (point == PickPoint::kReady && active_ != nullptr) {
    active_->digest().AddPick(pick, of);
  }
  // Dull answers are a function of the rest.
  if (sink_ == nullptr || (chosen == 0 && !everything)) return;
  PickRecord record;
  record.stamp = NextStamp();
  record.point = point;
  record.pick = pick;
  record.over = candidates.id(0);
  if (everything) record.of = std::move(of);
  if (Writes(kTraceHandles)) {
    record.pick_name = candidates.label(chosen);
    record.over_name = candidates.label(0);
  }
  sink_->Write(record);
}

void Recorder::OnDraw(Identity stream, std::uint64_t k, std::uint64_t n,
                      std::uint64_t value) {
  if (sink_ == nullptr || (value == 0 && !Writes(kTraceEverything))) return;
  DrawRecord record;
  record.stamp = NextStamp();
  record.stream = stream;
  record.k = k;
  record.value = value;
  record.n = n;
  sink_->Write(record);
}

void Recorder::Output(std::string_view text) {
  Sent("out", 0, text);
  if (!Writes(kTraceHandles)) return;
  OutRecord record;
  record.stamp = NextStamp();
  record.text.assign(text);
  sink_->Write(record);
}

void Recorder::Mark(std::string_view name, std::string_view json) {
  if (!Writes(kTraceHandles)) return;
  MarkRecord record;
  record.stamp = NextStamp();
  record.name.assign(name);
  record.value.assign(json);
  sink_->Write(record);
}

void Recorder::Sent(std::string_view what, Identity resource,
                    std::string_view bytes) {
  if (active_ != nullptr) {
    active_->digest().AddOutput(what, resource, bytes);
  } else {
    early_.push_back({std::string(what), resource, std::string(bytes)});
  }
}

void Recorder::Event(Nanoseconds t, std::string_view event, Identity resource,
                     std::int64_t length, std::string_view text) {
  if (!Writes(kTraceEverything)) return;
  EvRecord record;
  record.stamp = NextStamp();
  record.t = t.count();
  record.event.assign(event);
  record.resource = resource;
  record.length = length;
  record.text.assign(text);
  sink_->Write(record);
}

void Recorder::Resource(Identity id, std::string_view kind,
                        std::string_view name) {
  if (sink_ == nullptr || id == 0 || !resources_.insert(id).second) return;
  ResRecord record;
  record.stamp = NextStamp();
  record.resource = id;
  record.kind.assign(kind);
  record.name.assign(name);
  sink_->Write(record);
}

void Recorder::DrawStream(Identity stream, std::string_view path) {
  if (sink_ == nullptr) return;
  StrRecord record;
  record.stamp = NextStamp();
  record.id = stream;
  record.path.assign(path);
  sink_->Write(record);
}

void Recorder::End(std::string_view why, std::string_view id,
                   std::string_view message) {
  active_ = nullptr;
  if (sink_ == nullptr) return;
  EndRecord record;
  record.stamp = NextStamp();
  record.why.assign(why);
  record.id.assign(id);
  record.message.assign(message);
  chains_.Finish(&record);
  sink_->Write(record);
}

}  // namespace rondo
