#include "rondo/runtime/tls_wire.h"

#include <cstddef>
#include <memory>
#include <new>

#include "rondo/runtime/tls_error.h"

namespace rondo::internal {
namespace {

TlsWire& WireOf(BIO* bio) { return *static_cast<TlsWire*>(BIO_get_data(bio)); }

int Write(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  try {
    WireOf(bio).outgoing.Append({data, static_cast<std::size_t>(size)});
  } catch (const std::bad_alloc&) {
    return -1;
  }
  return size;
}

int Read(BIO* bio, char* buffer, int size) {
  BIO_clear_retry_flags(bio);
  ByteQueue& incoming = WireOf(bio).incoming;
  if (incoming.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  return static_cast<int>(
      incoming.TakeInto({buffer, static_cast<std::size_t>(size)}));
}

long Control(BIO* bio, int command, long, void*) {
  switch (command) {
    case BIO_CTRL_FLUSH:
      return 1;
    case BIO_CTRL_PENDING:
      return static_cast<long>(WireOf(bio).incoming.size());
    case BIO_CTRL_WPENDING:
      return static_cast<long>(WireOf(bio).outgoing.size());
    default:
      return 0;
  }
}

using Method = std::unique_ptr<BIO_METHOD, FreeWith<&BIO_meth_free>>;

Method NewMethod() {
  Method method(
      BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "rondo wire"));
  if (method == nullptr) throw TakeTlsError("cannot begin with TLS");
  BIO_meth_set_write(method.get(), &Write);
  BIO_meth_set_read(method.get(), &Read);
  BIO_meth_set_ctrl(method.get(), &Control);
  return method;
}

}  // namespace

BioHandle NewBio(TlsWire* wire) {
  static const Method method = NewMethod();
  BioHandle bio(BIO_new(method.get()));
  if (bio == nullptr) throw TakeTlsError("cannot begin a TLS connection");
  BIO_set_data(bio.get(), wire);
  BIO_set_init(bio.get(), 1);
  return bio;
}

}  // namespace rondo::internal
