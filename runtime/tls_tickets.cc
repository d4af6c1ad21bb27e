#include "rondo/runtime/tls_tickets.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "rondo/runtime/errors.h"

namespace rondo {

TlsTickets::TlsTickets(std::size_t capacity) : capacity_(capacity) {
  if (capacity == 0) throw ValueError("TlsTickets needs room for one at least");
}

internal::SslSessionHandle TlsTickets::Take(
    const TlsContext* context, const std::string& server_hostname) {
  const auto newest =
      std::find_if(entries_.rbegin(), entries_.rend(), [&](const Entry& entry) {
        return entry.context.get() == context &&
               entry.server_hostname == server_hostname;
      });
  if (newest == entries_.rend()) return nullptr;
  SSL_SESSION* const raw = newest->session.get();
  // Whoever resumes before TLS 1.3 is given no other.
  if (SSL_SESSION_get_protocol_version(raw) < TLS1_3_VERSION) {
    SSL_SESSION_up_ref(raw);
    return internal::SslSessionHandle(raw);
  }
  internal::SslSessionHandle session = std::move(newest->session);
  entries_.erase(std::prev(newest.base()));
  return session;
}

void TlsTickets::Put(std::shared_ptr<const TlsContext> context,
                     std::string server_hostname,
                     internal::SslSessionHandle session) {
  if (entries_.size() == capacity_) entries_.erase(entries_.begin());
  entries_.push_back(
      {std::move(context), std::move(server_hostname), std::move(session)});
}

}  // namespace rondo
