// One record in one line of words, for people.
//
//   recv of tcp n1>n2:80#1: 64 bytes
//   picked wakeup:T1 over timer:sleep (ready)
//
// Thread-safety: a free function.
#ifndef RONDO_REPLAY_RECORD_TEXT_H_
#define RONDO_REPLAY_RECORD_TEXT_H_

#include <string>

#include "rondo/replay/trace.h"
#include "rondo/replay/trace_names.h"

namespace rondo {

// Without the stamp: whose record it is stands elsewhere.
std::string RecordText(const Record& record, const TraceNames& names);

// "tcp n1>n2:80#1 read, tcp n1>n3:80#1 write"; "none".
std::string IoText(const std::vector<IoEvent>& io, const TraceNames& names);
// "threadsafe 2"; "none".
std::string ArrivalsText(const std::vector<Arrival>& arrivals);
// "64 bytes \"GET …\"", "64 bytes, digest 1f…"; empty without a payload.
std::string PayloadText(const Payload& payload);

}  // namespace rondo

#endif  // RONDO_REPLAY_RECORD_TEXT_H_
