#include "rondo/tests/replay/trace_builder.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "rondo/replay/trace.h"
#include "rondo/runtime/identity.h"

namespace rondo {

Stamp TraceBuilder::StampFor(const std::string& host) {
  return {.host = host,
          .boot = 0,
          .g = ++g_,
          .n = host.empty() ? 0 : hosts_[host].n};
}

void TraceBuilder::Write(Record record, const std::string& host) {
  StampOf(record) = StampFor(host);
  trace_.Write(record);
}

Identity TraceBuilder::Name(const std::string& path) {
  StrRecord str;
  str.id = HashName(path);
  str.path = path;
  Write(str, "");
  return str.id;
}

Identity TraceBuilder::Resource(const std::string& name) {
  ResRecord res;
  res.resource = HashName(name);
  res.kind = "tcp";
  res.name = name;
  Write(res, "");
  return res.resource;
}

TraceBuilder& TraceBuilder::Pick(const std::string& host, Identity pick,
                                 Identity over,
                                 const std::vector<Identity>& all) {
  PickRecord record;
  record.point = host.empty() ? PickPoint::kEvent : PickPoint::kReady;
  record.pick = pick;
  record.over = over;
  if (trace_.header.level >= kTraceEverything) record.of = all;
  Write(record, host);
  if (!host.empty()) hosts_[host].digest.AddPick(pick, all);
  return *this;
}

TraceBuilder& TraceBuilder::Draw(const std::string& host, Identity stream,
                                 std::uint64_t k, std::uint64_t value,
                                 std::uint64_t n) {
  DrawRecord record;
  record.stream = stream;
  record.k = k;
  record.value = value;
  record.n = n;
  Write(record, host);
  return *this;
}

TraceBuilder& TraceBuilder::Out(const std::string& host,
                                const std::string& text) {
  OutRecord record;
  record.text = text;
  Write(record, host);
  hosts_[host].digest.AddOutput("out", 0, text);
  return *this;
}

TraceBuilder& TraceBuilder::In(const std::string& host, const std::string& op,
                               Identity resource, const std::string& bytes) {
  InRecord record;
  record.op = op;
  record.resource = resource;
  record.result = static_cast<std::int64_t>(bytes.size());
  record.payload = PayloadBytes{bytes};
  Write(record, host);
  return *this;
}

TraceBuilder& TraceBuilder::Event(const std::string& host, std::int64_t t,
                                  const std::string& event) {
  EvRecord record;
  record.t = t;
  record.event = event;
  Write(record, host);
  return *this;
}

TraceBuilder& TraceBuilder::Io(const std::string& host, Identity resource,
                               unsigned mask) {
  hosts_[host].io.push_back({.resource = resource, .mask = mask});
  return *this;
}

TraceBuilder& TraceBuilder::Timer(const std::string& host, Identity timer) {
  hosts_[host].timers.push_back(timer);
  return *this;
}

TraceBuilder& TraceBuilder::Run(const std::string& host, Identity handle,
                                const std::string& label, Identity cause,
                                Identity task) {
  Host& h = hosts_[host];
  h.digest.AddRun(handle);
  h.it.AddRun(handle, task, label, cause);
  return *this;
}

TraceBuilder& TraceBuilder::Iterate(const std::string& host, std::int64_t t) {
  Host& h = hosts_[host];
  h.it.stamp = StampFor(host);
  h.it.t = t;
  h.it.timers = std::exchange(h.timers, {});
  h.it.io = std::exchange(h.io, {});
  h.digest.AddTime(t, 0);
  for (const Identity timer : h.it.timers) h.digest.AddTimer(timer);
  for (const IoEvent& io : h.it.io) h.digest.AddIo(io.resource, io.mask);
  h.it.digest = h.digest.Take();
  h.it.has_handles = trace_.header.level >= kTraceHandles;
  if (!h.it.has_handles) {
    h.it.timers.clear();
    h.it.run.clear();
    h.it.labels.clear();
  }
  chains_.Add(h.it);
  trace_.Write(h.it);
  h.it.Clear();
  ++h.n;
  return *this;
}

Trace TraceBuilder::End(const std::string& why, const std::string& id,
                        const std::string& host) {
  EndRecord end;
  end.why = why;
  end.id = id;
  chains_.Finish(&end);
  Write(end, host);
  return trace_;
}

Trace TraceBuilder::CutShort() const {
  Trace trace = trace_;
  trace.truncated = true;
  return trace;
}

}  // namespace rondo
