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
    : EndsWithLoop(RunningCore()),
      core_(RunningCore()),
      network_(&NetworkOf(core_)),
      socket_(std::move(socket)),
      flow_(core_),
      order_key_(core_->watched ? network_->Name(fd()).id : 0) {
  if (core_->io->Kept(fd()) != nullptr) {
    throw RuntimeError(
        "descriptor " + std::to_string(fd()) +
        " has received what nobody has seen: receive that first");
  }
  core_->io->Claim(fd());
  const PoolPtr<Origin> origin = core_->io->TakeOrigin(fd());
  if (origin != nullptr) {
    peer_ = std::move(origin->peer);
    local_ = std::move(origin->local);
    no_delay_ = origin->no_delay;
  } else {
    // Now: a reset makes the kernel forget it.
    network_->PeerAddress(fd(), &peer_);
  }
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
  Local();
  closing_ = true;
  lost_ = kForgivenWrites + 1;
  DropBuffer();
  LetProtocolGo();
}

template <class I>
void SelectorTransport<I>::QueueStart(const Future<>& waiter) {
  if (!core_->Accepts()) return;
  Queue(
      [self = this->shared_from_this()] {
        self->made_ = true;
        self->ConnectionMade();
      },
      HandleKind::kTransport, Label("connection_made"));
  Queue(
      [self = this->shared_from_this()] {
        if (self->wants_reading()) self->AddReader();
      },
      HandleKind::kTransport, Label("start_reading"));
  if (!waiter) return;
  Queue(
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
  if (name == "sockname") return Local();
  if (name == "peername") return peer_;
  if (name == "socket") return fd();
  return {};
}

template <class I>
const SocketAddress& SelectorTransport<I>::Local() const {
  if (!local_.has_value()) network_->LocalAddress(fd(), &local_.emplace());
  return *local_;
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
  core_->io->Remove(fd(), kReadable);
}

template <class I>
void SelectorTransport<I>::RemoveWriter() {
  core_->io->Remove(fd(), kWritable);
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
  const auto keep = this->shared_from_this();  // Perhaps its reader was all.
  closing_ = true;
  RemoveReader();
  if (this->GetWriteBufferSize() != 0) return;
  RemoveWriter();  // Of who waits for room for a file.
  QueueConnectionLost(nullptr);
}

template <class I>
void SelectorTransport<I>::ForceClose(std::exception_ptr error) {
  if (lost_ != 0) return;
  const auto keep = this->shared_from_this();
  DropBuffer();
  RemoveWriter();
  if (!closing_) {
    closing_ = true;
    RemoveReader();
  }
  QueueConnectionLost(std::move(error));
}

template <class I>
void SelectorTransport<I>::QueueConnectionLost(std::exception_ptr error) {
  ++lost_;
  if (!core_->open) return;  // LoopEnded will be next.
  QueueLoss(std::move(error));
}

template <class I>
void SelectorTransport<I>::QueueLoss(std::exception_ptr error) {
  Queue(
      [self = this->shared_from_this(), error = std::move(error)]() mutable {
        if (self->made_) {
          self->CallConnectionLost(std::move(error));
        } else {  // An adversarial order has put the end before the beginning.
          self->QueueLoss(std::move(error));
        }
      },
      HandleKind::kTransport, Label("connection_lost"));
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
  const bool kept = this->weak_from_this().use_count() > 1;
  if (kept) Local();
  socket_.Close();
  LetProtocolGo();
}

template class SelectorTransport<Transport>;
template class SelectorTransport<DatagramTransport>;

}  // namespace rondo::internal
