#include "rondo/runtime/subprocess_transport.h"

#include <signal.h>

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/loop_core.h"

namespace rondo {

// Of one pipe. It keeps the transport until the pipe is closed.
class SubprocessTransport::PipeProtocol final : public Protocol {
 public:
  PipeProtocol(std::shared_ptr<SubprocessTransport> transport, int fd)
      : transport_(std::move(transport)), fd_(fd) {}

  void DataReceived(std::span<const char> data) override {
    const auto protocol = transport_->protocol_;
    if (protocol != nullptr) protocol->PipeDataReceived(fd_, data);
  }
  void ConnectionLost(std::exception_ptr error) override {
    transport_->OnPipeLost(fd_, std::move(error));
  }
  void PauseWriting() override {
    const auto protocol = transport_->protocol_;
    if (protocol != nullptr) protocol->PauseWriting();
  }
  void ResumeWriting() override {
    const auto protocol = transport_->protocol_;
    if (protocol != nullptr) protocol->ResumeWriting();
  }

 private:
  const std::shared_ptr<SubprocessTransport> transport_;
  const int fd_;
};

SubprocessTransport::SubprocessTransport(
    std::shared_ptr<internal::Child> child,
    std::shared_ptr<SubprocessProtocol> protocol)
    : core_(internal::RunningCore()), child_(std::move(child)) {
  SetProtocol(std::move(protocol));
}

SubprocessTransport::~SubprocessTransport() = default;

void SubprocessTransport::Start() {
  core_->Push(core_->NewCallback(
      [self = shared_from_this()] {
        self->Tell("ConnectionMade", [&](SubprocessProtocol& protocol) {
          protocol.ConnectionMade(self);
        });
      },
      HandleKind::kTransport, "connection_made"));
  for (int fd = 0; fd < 3; ++fd) {
    std::shared_ptr<Transport>& pipe = pipes_[static_cast<std::size_t>(fd)];
    pipe = child_->ConnectPipe(
        fd, std::make_shared<PipeProtocol>(shared_from_this(), fd));
    if (pipe != nullptr) ++open_pipes_;
  }
  child_->SetExitCallback([self = shared_from_this()] { self->OnExit(); });
}

void SubprocessTransport::SetProtocol(
    std::shared_ptr<SubprocessProtocol> protocol) {
  if (protocol == nullptr) throw ValueError("a transport needs a protocol");
  protocol_ = std::move(protocol);
}

std::shared_ptr<Transport> SubprocessTransport::GetPipeTransport(int fd) const {
  if (fd < 0 || static_cast<std::size_t>(fd) >= pipes_.size()) return nullptr;
  return pipes_[static_cast<std::size_t>(fd)];
}

void SubprocessTransport::Terminate() { SendSignal(SIGTERM); }

void SubprocessTransport::Kill() { SendSignal(SIGKILL); }

template <class F>
void SubprocessTransport::Tell(const char* call, F&& f) {
  const std::shared_ptr<SubprocessProtocol> keep = protocol_;
  if (keep == nullptr) return;
  try {
    f(*keep);
  } catch (const LoopExit&) {
    throw;
  } catch (...) {  // tidy: allow(catch-all) told to the exception handler
    core_->Report(std::string("protocol.") + call + "() failed",
                  std::current_exception());
  }
}

void SubprocessTransport::OnPipeLost(int fd, std::exception_ptr error) {
  --open_pipes_;
  Tell("PipeConnectionLost", [&](SubprocessProtocol& protocol) {
    protocol.PipeConnectionLost(fd, error);
  });
  TryFinish();
}

void SubprocessTransport::OnExit() {
  if (!returncode().has_value()) {  // The loop is closed.
    for (std::shared_ptr<Transport>& pipe : pipes_) pipe.reset();
    protocol_.reset();
    return;
  }
  Tell("ProcessExited",
       [](SubprocessProtocol& protocol) { protocol.ProcessExited(); });
  TryFinish();
}

void SubprocessTransport::TryFinish() {
  if (!returncode().has_value() || open_pipes_ > 0 || !core_->Accepts()) return;
  core_->Push(core_->NewCallback(
      [self = shared_from_this()] {
        self->Tell("ConnectionLost", [](SubprocessProtocol& protocol) {
          protocol.ConnectionLost(nullptr);
        });
        self->protocol_ = nullptr;
      },
      HandleKind::kTransport, "connection_lost"));
}

void SubprocessTransport::Close() {
  if (closing_) return;
  closing_ = true;
  for (const std::shared_ptr<Transport>& pipe : pipes_) {
    if (pipe != nullptr) pipe->Close();
  }
  child_->Kill();
}

namespace internal {

ProcessSpec OfShell(std::string command, ProcessSpec spec) {
  if (!spec.arguments.empty()) {
    throw ValueError("a shell's ProcessSpec has no arguments: '" + command +
                     "' is all that it runs");
  }
  spec.arguments = std::vector<std::string>{"/bin/sh", "-c"};
  spec.arguments.push_back(std::move(command));
  return spec;
}

}  // namespace internal

Subprocess SubprocessExec(const SubprocessProtocolFactory& factory,
                          const ProcessSpec& spec) {
  std::shared_ptr<SubprocessProtocol> protocol = factory();
  if (protocol == nullptr) throw ValueError("a transport needs a protocol");
  auto transport = std::make_shared<SubprocessTransport>(
      internal::Child::Start(spec), protocol);
  transport->Start();
  return Subprocess(std::move(transport), std::move(protocol));
}

Subprocess SubprocessShell(const SubprocessProtocolFactory& factory,
                           std::string command, ProcessSpec spec) {
  return SubprocessExec(factory,
                        internal::OfShell(std::move(command), std::move(spec)));
}

}  // namespace rondo
