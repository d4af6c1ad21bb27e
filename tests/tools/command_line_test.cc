#include "rondo/tools/command_line.h"

#include <memory>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rondo/tools/command_flags.h"

namespace rondo {
namespace {

class Greet final : public Command {
 public:
  std::string name() const override { return "greet"; }
  std::string summary() const override { return "Greets."; }
  std::string details() const override { return "Nothing else.\n"; }
  void Declare(CommandFlags* flags) override {
    flags->Add("loud", &loud_, "shout");
    flags->Argument("NAME", &name_, "whom");
  }
  int Run(std::ostream& out, std::ostream&) override {
    if (name_ == "nobody") throw std::runtime_error("there is nobody");
    out << "hello " << name_ << (loud_ ? "!" : "") << "\n";
    return kExitFinding;
  }

 private:
  bool loud_ = false;
  std::string name_;
};

class CommandLineTest : public ::testing::Test {
 protected:
  int Run(const std::vector<std::string>& args) {
    out_.str("");
    err_.str("");
    CommandLine program("hi", "greets people.");
    program.SetVersion("1.2");
    program.Add(std::make_unique<Greet>());
    return program.Run(args, out_, err_);
  }

  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(CommandLineTest, RunsTheCommandAndAnswersItsCode) {
  EXPECT_EQ(Run({"greet", "Ada", "--loud"}), kExitFinding);
  EXPECT_EQ(out_.str(), "hello Ada!\n");
  EXPECT_EQ(err_.str(), "");
}

TEST_F(CommandLineTest, HelpIsNoError) {
  const std::string whole =
      "hi: greets people.\n\nusage: hi COMMAND [flags] ...\n\n"
      "commands:\n  greet  Greets.\n\n`hi COMMAND --help` says more of one.\n";
  for (const char* word : {"--help", "-h", "help"}) {
    EXPECT_EQ(Run({word}), kExitNothing);
    EXPECT_EQ(out_.str(), whole);
  }
  const std::string one =
      "usage: hi greet [flags] NAME\n\nGreets.\n\n"
      "  NAME    whom\n  --loud  shout\n  --help  print this\n\n"
      "Nothing else.\n";
  EXPECT_EQ(Run({"greet", "--help"}), kExitNothing);
  EXPECT_EQ(out_.str(), one);
  EXPECT_EQ(Run({"greet", "--wrong", "-h"}), kExitNothing);
  EXPECT_EQ(Run({"help", "greet"}), kExitNothing);
  EXPECT_EQ(out_.str(), one);
}

TEST_F(CommandLineTest, PrintsItsVersion) {
  EXPECT_EQ(Run({"--version"}), kExitNothing);
  EXPECT_EQ(out_.str(), "hi 1.2\n");
}

TEST_F(CommandLineTest, NoCommandIsAnError) {
  EXPECT_EQ(Run({}), kExitUsage);
  EXPECT_NE(err_.str().find("usage: hi COMMAND"), std::string::npos);
  EXPECT_EQ(out_.str(), "");
}

TEST_F(CommandLineTest, SaysWhichCommandsThereAre) {
  EXPECT_EQ(Run({"great"}), kExitUsage);
  EXPECT_EQ(err_.str(),
            "hi: there is no command \"great\"; there are greet; did you mean"
            " greet?\n");
  EXPECT_EQ(Run({"help", "zzz"}), kExitUsage);
  EXPECT_EQ(err_.str(), "hi: there is no command \"zzz\"; there are greet\n");
}

TEST_F(CommandLineTest, SaysWhatIsWrongAndHowItIsUsed) {
  EXPECT_EQ(Run({"greet"}), kExitUsage);
  EXPECT_EQ(err_.str(),
            "hi greet: argument NAME is missing\n"
            "usage: hi greet [flags] NAME  (--help says more)\n");
}

TEST_F(CommandLineTest, AnExceptionIsAnInternalError) {
  EXPECT_EQ(Run({"greet", "nobody"}), kExitTrouble);
  EXPECT_EQ(err_.str(), "hi greet: internal error: there is nobody\n");
}

TEST_F(CommandLineTest, OutputThatCannotBeWrittenIsAnError) {
  CommandLine program("hi", "greets people.");
  program.Add(std::make_unique<Greet>());
  std::ostream broken(nullptr);
  EXPECT_EQ(program.Run({"greet", "Ada"}, broken, err_), kExitTrouble);
  EXPECT_EQ(err_.str(), "hi: the output could not be written\n");
}

}  // namespace
}  // namespace rondo
