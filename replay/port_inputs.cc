#include "rondo/replay/port_inputs.h"

#include <map>
#include <utility>
#include <variant>

namespace rondo {

std::vector<PortInput> PortInputsOf(const Trace& trace, std::string_view host,
                                    std::int64_t boot) {
  std::map<Identity, std::string> ports;
  std::vector<PortInput> inputs;
  std::vector<PortInput> coming;  // For the next iteration.
  for (const Record& record : trace.records) {
    if (const auto* const res = std::get_if<ResRecord>(&record)) {
      if (res->kind != "port") continue;
      ports[res->resource] = res->name.substr(0, res->name.find('#'));
      continue;
    }
    const Stamp& stamp = StampOf(record);
    if (stamp.host != host || stamp.boot != boot) continue;
    if (const auto* const in = std::get_if<InRecord>(&record)) {
      const auto* const bytes = std::get_if<PayloadBytes>(&in->payload);
      if (in->op != "port" || bytes == nullptr) continue;
      coming.push_back({ports[in->resource], bytes->bytes});
    } else if (const auto* const it = std::get_if<ItRecord>(&record)) {
      for (PortInput& input : coming) {
        input.time = Nanoseconds(it->t);
        inputs.push_back(std::move(input));
      }
      coming.clear();
    }
  }
  return inputs;
}

}  // namespace rondo
