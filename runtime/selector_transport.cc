#include "rondo/runtime/selector_transport.h"

#include <system_error>

#include "rondo/runtime/io.h"

namespace rondo::internal {
namespace {

// Writes after the loss of the connection that are forgiven in silence.
// Source: asyncio.constants.LOG_THRESHOLD_FOR_CONNLOST_WRITES.
constexpr int kForgivenWrites = 5;

}  // namespace

template <class I>
SelectorTransport<I>::SelectorTransport(Socket socket)
    : ProtocolKeeper(RunningCore()),
      core_(RunningCore()),
      network_(&NetworkOf(core_)),
      socket_(std::move(socket)),
      flow_(core_) {
  // Now: a reset makes the kernel forget the peer.
  network_->LocalAddress(fd(), &local_);
  network_->PeerAddress(fd(), &peer_);
}

template <class I>
SelectorTransport<I>::~SelectorTransport() {
  if (!socket_ || !core_->open) return;
  core_->Report("A transport was dropped that nobody has closed", nullptr,
                Label("transport"));
}

template <class I>
void SelectorTransport<I>::LoopEnded() {
  const auto keep = this->shared_from_this();
  socket_.Close();  // Later the network is gone.
  LetProtocolGo();
}

template <class I>
void SelectorTransport<I>::QueueStart(const Future<>& waiter) {
  if (!core_->Accepts()) return;
  const auto queue = [this](auto callback, HandleKind kind,
                            const std::string& name) {
    core_->Push(core_->NewCallback(std::move(callback), kind, name));
  };
  queue([self = this->shared_from_this()] { self->ConnectionMade(); },
        HandleKind::kTransport, Label("connection_made"));
  queue(
      [self = this->shared_from_this()] {
        if (self->wants_reading()) self->AddReader();
      },
      HandleKind::kTransport, Label("start_reading"));
  if (!waiter) return;
  queue(
      [done = Future<>(waiter)]() mutable {
        if (!done.done()) done.SetResult();
      },
      HandleKind::kCallback, "set_result_unless_cancelled");
}

template <class I>
std::string SelectorTransport<I>::Label(std::string_view what) const {
  return core_->watched ? IoLabel(core_, what, fd()) : std::string();
}

template <class I>
std::any SelectorTransport<I>::GetExtraInfo(std::string_view name) const {
  if (name == "sockname") return local_;
  if (name == "peername") return peer_;
  if (name == "socket") return fd();
  return {};
}

template <class I>
void SelectorTransport<I>::SetWriteBufferLimits(WriteBufferLimits limits) {
  flow_.SetLimits(limits);
  flow_.Grown(this->GetWriteBufferSize(), protocol());
}

template <class I>
void SelectorTransport<I>::AddReader() {
  Watch(
      core_, fd(), kReadable,
      [self = this->shared_from_this()] { self->ReadReady(); }, "read_ready");
}

template <class I>
void SelectorTransport<I>::AddWriter() {
  Watch(
      core_, fd(), kWritable,
      [self = this->shared_from_this()] { self->WriteReady(); }, "write_ready");
}

template <class I>
void SelectorTransport<I>::RemoveReader() {
  if (!core_->closed) core_->io->Remove(fd(), kReadable);
}

template <class I>
void SelectorTransport<I>::RemoveWriter() {
  if (!core_->closed) core_->io->Remove(fd(), kWritable);
}

template <class I>
void SelectorTransport<I>::NoteLateWrite() {
  if (lost_ == kForgivenWrites) {
    core_->Report("A transport is written to that has lost its connection",
                  nullptr, Label("transport"));
  }
  ++lost_;
}

// ---- The end

template <class I>
void SelectorTransport<I>::Fail(std::exception_ptr error,
                                std::string_view message) {
  if (!IsException<std::system_error>(error) || core_->debug) {
    core_->Report(message, error, Label("transport"));
  }
  ForceClose(std::move(error));
}

template <class I>
void SelectorTransport<I>::Close() {
  if (closing_) return;
  closing_ = true;
  RemoveReader();
  if (this->GetWriteBufferSize() == 0) QueueConnectionLost(nullptr);
}

template <class I>
void SelectorTransport<I>::ForceClose(std::exception_ptr error) {
  if (lost_ != 0) return;
  if (this->GetWriteBufferSize() != 0) {
    DropBuffer();
    RemoveWriter();
  }
  if (!closing_) {
    closing_ = true;
    RemoveReader();
  }
  QueueConnectionLost(std::move(error));
}

template <class I>
void SelectorTransport<I>::QueueConnectionLost(std::exception_ptr error) {
  ++lost_;
  // A loop that is closed drops what is queued: nobody is told any more, but
  // nothing is kept either.
  struct Loss {
    Loss(std::shared_ptr<SelectorTransport> t, std::exception_ptr e)
        : transport(std::move(t)), error(std::move(e)) {}
    Loss(Loss&&) noexcept = default;
    ~Loss() {
      if (transport != nullptr) transport->Release();
    }
    void operator()() {
      std::exchange(transport, nullptr)->CallConnectionLost(std::move(error));
    }

    std::shared_ptr<SelectorTransport> transport;
    std::exception_ptr error;
  };
  Loss loss(this->shared_from_this(), std::move(error));
  if (!core_->open) return;
  core_->Push(core_->NewCallback(std::move(loss), HandleKind::kTransport,
                                 Label("connection_lost")));
}

template <class I>
void SelectorTransport<I>::CallConnectionLost(std::exception_ptr error) {
  // Whatever the protocol does, the socket closes and the circle breaks.
  struct End {
    SelectorTransport* self;
    ~End() {
      if (self->lost_ == 0) self->lost_ = 1;
      self->Release();
    }
  } const end{this};
  Lose(std::move(error));
}

template <class I>
void SelectorTransport<I>::Release() {
  socket_.Close();
  LetProtocolGo();
}

template class SelectorTransport<Transport>;
template class SelectorTransport<DatagramTransport>;

}  // namespace rondo::internal
