#include "rondo/simnet/event_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "rondo/runtime/seeded_random.h"

namespace rondo {
namespace {

struct Note final : SimEvent {
  Note(std::string* log, char name) : log(log), name(name) {}
  void Happen() override {
    *log += name;
    delete this;
  }
  void Discard() override {
    *log += '-';
    delete this;
  }
  std::string* log;
  char name;
};

class EventQueueTest : public testing::Test {
 protected:
  void Add(EventStream& stream, char name, int time) {
    queue_.Schedule(stream, new Note(&log_, name), Nanoseconds(time));
  }
  std::string RunAll() {
    while (SimEvent* event = queue_.PopEarliest()) event->Happen();
    return log_;
  }

  std::string log_;
  EventQueue queue_;
  EventStream a_{.id = 1};
  EventStream b_{.id = 2};
  EventStream c_{.id = 3};
};

TEST_F(EventQueueTest, TheEarliestComesFirst) {
  Add(a_, '3', 30);
  Add(b_, '1', 10);
  Add(c_, '2', 20);
  EXPECT_EQ(queue_.earliest(), Nanoseconds(10));
  EXPECT_EQ(RunAll(), "123");
  EXPECT_FALSE(queue_.earliest().has_value());
}

TEST_F(EventQueueTest, EqualTimesComeInTheOrderOfScheduling) {
  Add(b_, '1', 10);
  Add(a_, '2', 10);
  Add(b_, '3', 10);
  Add(c_, '4', 10);
  EXPECT_EQ(RunAll(), "1234");
}

TEST_F(EventQueueTest, AStreamKeepsItsOrder) {
  Add(a_, '2', 50);
  Add(a_, '3', 10);  // Raised to 50.
  Add(b_, '1', 40);
  EXPECT_EQ(RunAll(), "123");
}

TEST_F(EventQueueTest, CandidatesAreTheHeadsInOrder) {
  Add(a_, 'x', 30);
  Add(a_, 'y', 35);
  Add(b_, 'z', 10);
  Add(c_, 'w', 30);
  std::vector<EventStream*> streams;
  queue_.Candidates(&streams);
  EXPECT_EQ(streams, (std::vector<EventStream*>{&b_, &a_, &c_}));
  queue_.Pop(a_)->Happen();  // Before an earlier one of another stream.
  EXPECT_EQ(a_.head->time, Nanoseconds(35));
  EXPECT_EQ(RunAll(), "xzwy");
}

TEST_F(EventQueueTest, IdentitiesDoNotDependOnOtherStreams) {
  Add(a_, '1', 1);
  Add(a_, '2', 2);
  const Identity first = a_.head_id();
  Add(b_, '3', 3);
  EXPECT_EQ(a_.head_id(), first);
  queue_.Pop(a_)->Happen();
  EXPECT_NE(a_.head_id(), first);
  EXPECT_EQ(a_.head_id(), Combine(1, 1));
}

TEST_F(EventQueueTest, ClearDiscardsOneStream) {
  Add(a_, '1', 1);
  Add(b_, '2', 2);
  Add(a_, '3', 3);
  queue_.Clear(a_);
  EXPECT_EQ(log_, "--");
  EXPECT_EQ(RunAll(), "--2");
}

TEST_F(EventQueueTest, TakeAllGivesThemLinked) {
  Add(a_, '1', 1);
  Add(a_, '2', 2);
  SimEvent* first = queue_.TakeAll(a_);
  EXPECT_TRUE(queue_.empty());
  ASSERT_NE(first->next, nullptr);
  EXPECT_EQ(first->next->next, nullptr);
  first->next->Discard();
  first->Discard();
}

TEST_F(EventQueueTest, TheDestructorDiscards) {
  {
    EventQueue queue;
    queue.Schedule(a_, new Note(&log_, 'x'), Nanoseconds(1));
  }
  EXPECT_EQ(log_, "-");
}

// Against a model: a stable sort of everything with raised times.
TEST(EventQueueModelTest, AgreesWithASort) {
  struct Counted final : SimEvent {
    void Happen() override {}
    void Discard() override {}
  };
  SeededRandom random(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<EventStream> streams(1 + random.Below(20));
    std::vector<std::unique_ptr<Counted>> events;
    EventQueue queue;  // Goes first: streams outlive their events.
    Nanoseconds now(0);
    for (int step = 0; step < 200; ++step) {
      const std::uint64_t what = random.Below(8);
      if (what < 5) {
        events.push_back(std::make_unique<Counted>());
        queue.Schedule(streams[random.Below(streams.size())],
                       events.back().get(),
                       now + Nanoseconds(random.Below(50)));
      } else if (what == 7) {
        queue.Clear(streams[random.Below(streams.size())]);
      } else {
        std::vector<EventStream*> candidates;
        queue.Candidates(&candidates);
        SimEvent* expected =
            candidates.empty() ? nullptr : candidates.front()->head;
        for (const EventStream& stream : streams) {
          if (stream.empty()) continue;
          ASSERT_LE(std::pair(expected->time, expected->seq),
                    std::pair(stream.head->time, stream.head->seq));
        }
        SimEvent* event = queue.PopEarliest();
        ASSERT_EQ(event, expected);
        if (event == nullptr) continue;
        ASSERT_GE(event->time, now);
        now = event->time;
      }
    }
  }
}

}  // namespace
}  // namespace rondo
