// Callbacks for descriptors that are ready to be read or written.
//
//   rondo::AddReader(fd, [&] { ... }, "on_data");
//
// A callback is called in every iteration in which its descriptor is ready,
// until it is removed or replaced. All are of the running loop.
//
// Throws: RuntimeError without a running loop, or if a transport has the
// descriptor; ValueError if it is negative; std::system_error if it cannot be
// watched.
// Source: asyncio add_reader, remove_reader, add_writer, remove_writer.
#ifndef RONDO_RUNTIME_IO_H_
#define RONDO_RUNTIME_IO_H_

#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "rondo/runtime/handle.h"
#include "rondo/runtime/io_table.h"
#include "rondo/runtime/loop_core.h"

namespace rondo {
namespace internal {

// "kind:socket" of a socket with a name, "kind" of one without.
std::string IoLabel(LoopCore* core, std::string_view kind, int fd);

// The running loop's, for a caller who is no transport. Throws: RuntimeError if
// a transport has `fd`.
LoopCore* CoreFor(int fd);

// Watches `fd`; `kind` is the label, with the socket's name put behind it.
template <class F>
Handle Watch(LoopCore* core, int fd, unsigned direction, F&& callback,
             std::string_view kind) {
  using N = CallableNode<std::decay_t<F>, CallbackNode>;
  N* const node = MakeNode<N>(core->pool, std::forward<F>(callback));
  node->context.CopyCurrent();
  if (core->watched) [[unlikely]] {
    const Identity id =
        core->seams.network == nullptr ? 0 : core->seams.network->Name(fd).id;
    core->IdentifyIo(node, id, IoLabel(core, kind, fd));
  }
  Handle handle = Handle::Share(node);
  core->io->Set(fd, direction, node);
  return handle;
}

}  // namespace internal

// Replaces the descriptor's reader, if it has one.
template <class F>
Handle AddReader(int fd, F&& callback, std::string_view name = {}) {
  return internal::Watch(internal::CoreFor(fd), fd, kReadable,
                         std::forward<F>(callback), name);
}
template <class F>
Handle AddWriter(int fd, F&& callback, std::string_view name = {}) {
  return internal::Watch(internal::CoreFor(fd), fd, kWritable,
                         std::forward<F>(callback), name);
}

// Return whether there was one.
inline bool RemoveReader(int fd) {
  return internal::CoreFor(fd)->io->Remove(fd, kReadable);
}
inline bool RemoveWriter(int fd) {
  return internal::CoreFor(fd)->io->Remove(fd, kWritable);
}

}  // namespace rondo

#endif  // RONDO_RUNTIME_IO_H_
