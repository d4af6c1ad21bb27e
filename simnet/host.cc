#include "rondo/simnet/host.h"

#include <span>
#include <utility>

#include "rondo/runtime/errors.h"
#include "rondo/simnet/simulation.h"

namespace rondo {

void Host::TimerEvent::Happen() {
  host->NoteReady();
  if (host->simulation_.context_.ready_order != nullptr) {
    host->ScheduleTimer(std::nullopt);
  }
}

Host::Host(Simulation& simulation, std::string name, HostMain main)
    : simulation_(simulation),
      name_(std::move(name)),
      id_(HashName(name_)),
      index_(simulation.hosts_.size()),
      main_function_(std::move(main)),
      timer_stream_base_(Combine(id_, HashName("timer"))),
      timer_event_(this),
      timer_label_("timers of " + name_),
      step_label_("step of " + name_) {
  timer_stream_.host = id_;
  timer_stream_.label = timer_label_;
  timer_stream_.is_timer = true;
}

Host::~Host() { End(); }

void Host::Start() {
  ++boot_;
  NetworkFabric& fabric = simulation_.network();
  network_ = boot_ == 0 ? &fabric.AddHost(name_) : &fabric.HostUp(name_);
  clock_ = std::make_unique<VirtualClock>(simulation_.time_);
  const Identity boot_id = Combine(id_, static_cast<std::uint64_t>(boot_));
  random_ = std::make_unique<SeededRandom>(
      Combine(simulation_.options_.seed, boot_id));
  executor_ = std::make_unique<SimExecutor>(
      simulation_.queue_, simulation_.true_clock_,
      *simulation_.context_.decisions, static_cast<JobObserver&>(*this),
      SimExecutor::Place{id_, boot_id, name_}, simulation_.options_.executor);
  LoopSeams seams;
  seams.clock = clock_.get();
  seams.selector = &network_->selector();
  seams.network = network_;
  seams.random = random_.get();
  seams.executor = executor_.get();
  seams.ready_order = simulation_.context_.ready_order;
  if (Recorder* const recorder = simulation_.context_.recorder) {
    seams.observer = &recorder->AddLoop(name_, boot_, network_);
  }
  seams.host = boot_id;
  seams.adversarial = simulation_.context_.adversarial;
  seams.driven = true;
  network_->selector().Tell(this, &simulation_.any_woken_);
  loop_ = std::make_unique<EventLoop>(seams);
  ports_ = std::make_unique<SimPorts>(simulation_.queue_, *loop_, id_, boot_id,
                                      name_);
  main_told_ = false;
  main_ = loop_->CreateTask(main_function_(), "main");
  // Whatever the code that starts it has in its context.
  main_.task_core()->context.Reset();
  Prepare();
}

void Host::Prepare() {
  timeout_ = loop_->Prepare();
  if (timeout_ == Nanoseconds(0) || network_->selector().HasReady()) {
    NoteReady();
    if (simulation_.context_.ready_order == nullptr) return;
    ScheduleTimer(std::nullopt);
  } else if (timeout_.has_value() || !timer_stream_.empty()) {
    ScheduleTimer(timeout_);
  }
}

void Host::ScheduleTimer(std::optional<Nanoseconds> longest) {
  EventQueue& queue = simulation_.queue_;
  const internal::LoopCore& core = *loop_->core();
  const internal::TimerNode* const timer =
      core.timers.FirstAfter(clock_->Now().count());
  if (timer == nullptr) {
    queue.Clear(timer_stream_);
    return;
  }
  Nanoseconds due = clock_->TrueTimeOf(Nanoseconds(timer->when));
  Identity id =
      Combine(timer_stream_base_, internal::LoopCore::IdentityOf(timer));
  if (longest.has_value() && simulation_.time_.now() + *longest < due) {
    // A loop does not wait for longer than a day at once.
    due = simulation_.time_.now() + *longest;
    id = Combine(id, static_cast<std::uint64_t>(due.count()));
  }
  if (!timer_stream_.empty()) {
    if (timer_event_.time == due && timer_stream_.id == id) return;
    queue.Clear(timer_stream_);
  }
  // The identity is the timer's, however often there was another one before.
  timer_stream_.id = id;
  timer_stream_.scheduled = 0;
  queue.Schedule(timer_stream_, &timer_event_, due);
}

void Host::NoteIfReady() {
  if (up() && network_->selector().HasReady()) NoteReady();
}

void Host::NoteReady() {
  if (queued_ || loop_ == nullptr) return;
  queued_ = true;
  ready_since_ = simulation_.time_.now();
  simulation_.runnable_.push_back(this);
}

void Host::OnReady() {
  if (noted_) return;
  noted_ = true;
  simulation_.noted_.push_back(this);
}

void Host::Step() {
  ++steps_;
  SimSelector& selector = network_->selector();
  std::span<const ReadyEvent> ready;
  if (selector.HasReady()) ready = selector.Select(Nanoseconds(0));
  loop_->Finish(ready, timeout_);
  Prepare();
}

Identity Host::NextStepId() const {
  const internal::Node* const first = loop_->core()->ready_head;
  const Identity what = first == nullptr
                            ? Combine(HashName("io"), steps_)
                            : internal::LoopCore::IdentityOf(first);
  return Combine(Combine(id_, HashName("step")), what);
}

std::exception_ptr Host::TakeMainError() {
  if (main_told_ || !main_.done()) return nullptr;
  main_told_ = true;
  main_.core()->MarkRetrieved();
  return main_.core()->Error();
}

void Host::Crash() {
  if (simulation_.main_host_ == this) {
    throw RuntimeError("faults spare the host that runs the body");
  }
  if (simulation_.current_ == this) {
    crashing_ = true;
    simulation_.any_crashing_ = true;
  } else {
    End();
  }
}

void Host::End() {
  crashing_ = false;
  if (loop_ == nullptr) return;
  simulation_.queue_.Clear(timer_stream_);
  simulation_.network().HostDown(name_);
  loop_->Kill();
  executor_->GoInert();
  ports_.reset();
  main_ = Task<>();
  loop_.reset();
  if (queued_) {
    queued_ = false;
    std::erase(simulation_.runnable_, this);
  }
}

void Host::InjectBytes(std::string_view port, std::string payload,
                       Nanoseconds delay) {
  if (!up()) throw RuntimeError("host " + name_ + " is down: it has no ports");
  ports_->Inject(port, std::move(payload),
                 internal::SaturatingAdd(simulation_.time_.now(), delay));
}

void Host::OnEnter() { simulation_.current_ = this; }

void Host::OnLeave() { simulation_.current_ = nullptr; }

void Host::OnJob(std::string_view event, Identity job, std::string_view name) {
  simulation_.RecordJob(event, job, name);
}

void Host::OnDrawStream(Identity stream, std::string_view path) {
  simulation_.RecordDrawStream(stream, path);
}

void Host::Restart() {
  if (up()) throw RuntimeError("host " + name_ + " is up: it cannot restart");
  Start();
}

}  // namespace rondo
