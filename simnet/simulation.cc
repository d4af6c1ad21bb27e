#include "rondo/simnet/simulation.h"

#include <algorithm>
#include <utility>

#include "rondo/runtime/await_chain.h"
#include "rondo/runtime/identity.h"

namespace rondo {

// Numbers from the seed, and no picks.
class Simulation::SeededDecisions final : public Decisions {
 public:
  SeededDecisions(std::uint64_t seed, Recorder* recorder)
      : seed_(seed), recorder_(recorder) {}

  std::size_t Pick(PickPoint, std::span<const Candidate>) override { return 0; }
  std::uint64_t Draw(Identity stream, std::uint64_t k,
                     std::uint64_t n) override {
    const std::uint64_t bits = Combine(Combine(seed_, stream), k);
    const auto value = static_cast<std::uint64_t>(
        (static_cast<unsigned __int128>(bits) * n) >> 64);
    if (recorder_ != nullptr) recorder_->OnDraw(stream, k, n, value);
    return value;
  }

 private:
  std::uint64_t seed_;
  Recorder* recorder_;
};

// Passes what happens in the network on to the recorder.
class Simulation::NetworkWatch final : public NetworkObserver {
 public:
  NetworkWatch(Recorder* recorder, const VirtualTime& time)
      : recorder_(recorder), time_(time) {}

  void OnNetworkEvent(const NetworkEvent& event) override {
    if (ended_) return;
    if (event.kind == NetworkEventKind::kSend) {
      recorder_->Sent("send", event.resource, event.data);
    }
    if (event.resource != 0 && recorder_->writes()) {
      const bool link = event.kind == NetworkEventKind::kPartition ||
                        event.kind == NetworkEventKind::kHeal;
      recorder_->Resource(event.resource, link ? "link" : "tcp", event.text);
    }
    recorder_->Event(time_.now(), NetworkEventKindName(event.kind),
                     event.resource, static_cast<std::int64_t>(event.length),
                     event.resource != 0 ? std::string_view() : event.text);
  }

  void OnJob(std::string_view event, Identity job, std::string_view name) {
    if (ended_) return;
    recorder_->Resource(job, "job", name);
    recorder_->Event(time_.now(), event, job, -1, {});
  }

  void OnDrawStream(Identity stream, std::string_view path) override {
    if (!ended_) recorder_->DrawStream(stream, path);
  }

  // What comes now is no part of the run.
  void End() { ended_ = true; }

 private:
  Recorder* recorder_;
  const VirtualTime& time_;
  bool ended_ = false;
};

Simulation::Simulation(const SimulationOptions& options)
    : Simulation(options, RunContext()) {}

Simulation::Simulation(const SimulationOptions& options,
                       const RunContext& context)
    : options_(options), context_(context), true_clock_(time_) {
  if (context_.decisions == nullptr) {
    seeded_ = std::make_unique<SeededDecisions>(options.seed, context.recorder);
    context_.decisions = seeded_.get();
  }
  if (context_.recorder != nullptr) {
    watch_ = std::make_unique<NetworkWatch>(context_.recorder, time_);
  }
  NetworkOptions network;
  network.resolve_ipv6 = options.resolve_ipv6;
  network.link = {options.latency_min, options.latency_max};
  fabric_ = std::make_unique<NetworkFabric>(
      queue_, true_clock_, *context_.decisions, watch_.get(), network);
}

Simulation::~Simulation() {
  EndAllHosts();
  hosts_.clear();
}

Host& Simulation::AddHost(std::string name, HostMain main) {
  auto host = std::make_unique<Host>(*this, std::move(name), std::move(main));
  host->Start();  // Or it was never there.
  hosts_.push_back(std::move(host));
  return *hosts_.back();
}

Host& Simulation::host(std::string_view name) {
  for (const std::unique_ptr<Host>& host : hosts_) {
    if (host->name() == name) return *host;
  }
  throw std::out_of_range("no simulated host is called " + std::string(name));
}

void Simulation::SetLatency(Nanoseconds min, Nanoseconds max) {
  fabric_->SetDefaultLink({min, max});
}

void Simulation::Run(HostMain body) {
  if (ran_) throw RuntimeError("a Simulation runs only once");
  ran_ = true;
  main_host_ = &AddHost("main", std::move(body));
  running_ = true;
  struct End {
    Simulation* simulation;
    ~End() {
      simulation->running_ = false;
      // What the scenario owns may die when Run returns.
      simulation->EndAllHosts();
    }
  } const end{this};
  Drive();
  if (failure_ != nullptr) std::rethrow_exception(failure_);
}

void Simulation::EndAllHosts() {
  if (watch_ != nullptr) watch_->End();
  for (std::size_t i = hosts_.size(); i-- > 0;) hosts_[i]->End();
}

void Simulation::Fail(std::string id, std::string message) {
  if (message.empty()) message = id;
  RunFailed failure(RunKind::kFail, std::move(id), message);
  if (!running_) throw failure;
  if (failure_ == nullptr) failure_ = std::make_exception_ptr(failure);
}

void Simulation::Drive() {
  if (context_.ready_order != nullptr) {
    DriveExploring();
  } else {
    DriveDull();
  }
}

// After a step: whether the run has ended, for whatever reason.
bool Simulation::Over() {
  if (failure_ != nullptr) return true;
  if (context_.stop != nullptr && context_.stop(context_.stop_argument)) {
    return true;
  }
  if (iterations_ > options_.iteration_budget) {
    throw RunFailed(RunKind::kLivelock, "iterations",
                    "the budget of " +
                        std::to_string(options_.iteration_budget) +
                        " iterations is spent");
  }
  return main_host_->main_.done();
}

void Simulation::StepHost(Host* host) {
  ++iterations_;
  host->queued_ = false;
  current_ = host;
  host->Step();
  current_ = nullptr;
  if (std::exception_ptr error = host->TakeMainError()) {
    if (failure_ == nullptr) failure_ = std::move(error);
  }
  if (host->crashing_) host->End();
  if (any_woken_.load(std::memory_order_relaxed)) LookAtAllHosts();
}

void Simulation::StepFirst() {
  Host* const host = runnable_.front();
  runnable_.erase(runnable_.begin());
  StepHost(host);
}

void Simulation::Happen(SimEvent* event) {
  time_.AdvanceTo(event->time);
  if (time_.now() > options_.time_budget) {
    event->Discard();
    throw RunFailed(RunKind::kLivelock, "time",
                    "the budget of virtual time is spent");
  }
  event->Happen();
  LookAtHosts();
}

// After what is no step: who can run now, and who was crashed by its own job.
void Simulation::LookAtHosts() {
  if (any_crashing_ || any_woken_.load(std::memory_order_relaxed))
      [[unlikely]] {
    return LookAtAllHosts();
  }
  if (noted_.size() <= 1) [[likely]] {
    if (noted_.empty()) return;
    Host* const host = noted_.front();
    noted_.clear();
    host->noted_ = false;
    return host->NoteIfReady();
  }
  // As if one had looked at all.
  std::ranges::sort(noted_, {}, &Host::index_);
  for (Host* const host : noted_) {
    host->noted_ = false;
    host->NoteIfReady();
  }
  noted_.clear();
}

void Simulation::LookAtAllHosts() {
  any_crashing_ = false;
  any_woken_.store(false, std::memory_order_relaxed);
  for (const std::unique_ptr<Host>& host : hosts_) {
    if (host->crashing_) host->End();
    host->NoteIfReady();
  }
}

void Simulation::DriveDull() {
  for (;;) {
    const std::optional<Nanoseconds> next = queue_.earliest();
    if (next.has_value() && (*next <= time_.now() || runnable_.empty())) {
      Happen(queue_.PopEarliest());
    } else if (!runnable_.empty()) {
      StepFirst();
      if (Over()) return;
    } else {
      ThrowDeadlock();
    }
  }
}

// Fills `choices_` and `candidates_`, the dull one first: what is due, the
// hosts that can run, and what may come early because the rest may be late.
void Simulation::CollectCandidates() {
  choices_.clear();
  candidates_.clear();
  queue_.Candidates(&streams_);
  Nanoseconds oldest = Nanoseconds::max();
  for (const Host* host : runnable_) {
    oldest = std::min(oldest, host->ready_since_);
  }
  if (!streams_.empty()) {
    oldest = std::min(oldest, streams_.front()->head->time);
  }
  const auto add = [this](EventStream* stream) {
    choices_.push_back({nullptr, stream});
    candidates_.push_back(
        {stream->head_id(), stream->host, stream->resource, stream->label});
  };
  std::size_t i = 0;
  for (; i < streams_.size() && streams_[i]->head->time <= time_.now(); ++i) {
    add(streams_[i]);
  }
  for (Host* host : runnable_) {
    choices_.push_back({host, nullptr});
    candidates_.push_back(
        {host->NextStepId(), host->id(), 0, host->step_label_});
  }
  // Time moves on only as far as everything that waits may be late.
  const Nanoseconds limit = internal::SaturatingAdd(oldest, options_.slack);
  for (; i < streams_.size() && streams_[i]->head->time <= limit; ++i) {
    add(streams_[i]);
  }
}

void Simulation::DriveExploring() {
  for (;;) {
    CollectCandidates();
    if (candidates_.empty()) ThrowDeadlock();
    const std::size_t picked =
        candidates_.size() == 1
            ? 0
            : context_.decisions->Pick(PickPoint::kEvent, candidates_);
    const Choice choice = choices_[picked];
    if (choice.stream != nullptr) {
      Happen(queue_.Pop(*choice.stream));
      continue;
    }
    std::erase(runnable_, choice.host);
    StepHost(choice.host);
    if (Over()) return;
  }
}

void Simulation::ThrowDeadlock() {
  std::string report =
      "deadlock: nothing is ready, no timer is armed, nothing is under way\n";
  for (const std::unique_ptr<Host>& host : hosts_) {
    if (!host->up()) continue;
    report += "host " + host->name() + ":\n";
    report += DescribeAwaitChains(host->loop());
  }
  throw DeadlockError(report);
}

void Simulation::RecordJob(std::string_view event, Identity job,
                           std::string_view name) {
  if (watch_ != nullptr) watch_->OnJob(event, job, name);
}

void Simulation::RecordDrawStream(Identity stream, std::string_view path) {
  if (watch_ != nullptr) watch_->OnDrawStream(stream, path);
}

void Simulation::Output(std::string_view text) {
  if (context_.recorder != nullptr) context_.recorder->Output(text);
}

void Simulation::Mark(std::string_view name, std::string_view json) {
  if (context_.recorder != nullptr) context_.recorder->Mark(name, json);
}

}  // namespace rondo
