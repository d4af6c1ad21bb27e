#include "rondo/runtime/handle_info.h"

#include <gtest/gtest.h>

namespace rondo {
namespace {

TEST(HandleKindNameTest, NamesEveryKind) {
  EXPECT_EQ(HandleKindName(HandleKind::kStep), "step");
  EXPECT_EQ(HandleKindName(HandleKind::kWakeup), "wakeup");
  EXPECT_EQ(HandleKindName(HandleKind::kCallback), "callback");
  EXPECT_EQ(HandleKindName(HandleKind::kTimer), "timer");
  EXPECT_EQ(HandleKindName(HandleKind::kFutureDone), "future_done");
  EXPECT_EQ(HandleKindName(HandleKind::kTransport), "transport");
  EXPECT_EQ(HandleKindName(HandleKind::kIo), "io");
}

TEST(HandleInfoTest, LabelIsKindAndName) {
  HandleInfo info;
  info.kind = HandleKind::kStep;
  info.name = "T1";
  EXPECT_EQ(info.label(), "step:T1");
}

TEST(HandleInfoTest, LabelOfANamelessHandleEndsInAColon) {
  EXPECT_EQ(HandleInfo().label(), "callback:");
}

}  // namespace
}  // namespace rondo
