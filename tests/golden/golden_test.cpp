// SPDX-License-Identifier: Apache-2.0
// One test for each cases/*.case. With EAS451_GOLDEN_WRITE=1 in the environment the trail, answer and
// log sections are written anew from what comes out; the expect section, which says what the contract
// demands, is only ever written by hand and is compared either way.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "case_file.hpp"

namespace eas451::golden {
namespace {

void rewrite(const CaseFile& file, const Outcome& outcome) {
    std::ifstream in(file.path);
    std::string kept;
    for (std::string line; std::getline(in, line) && line != "== trail";) kept += line + "\n";
    std::ofstream out(file.path);
    out << kept << "== trail\n";
    for (const std::string& line : outcome.trail) out << line << "\n";
    out << "== answer\n";
    for (const std::string& line : outcome.answer) out << line << "\n";
    out << "== log\n" << outcome.log << "\n";
}

std::vector<std::string> lines_of(const CaseFile& file, std::string_view section) {
    const auto* lines = file.find(section);
    return lines == nullptr ? std::vector<std::string>{} : *lines;
}

class GoldenTest : public testing::Test {
public:
    explicit GoldenTest(std::filesystem::path path) : path_(std::move(path)) {}
    void TestBody() override {
        CaseFile file = read_case(path_);
        const Outcome outcome = run_case(file);
        EXPECT_EQ(lines_of(file, "expect"), std::vector<std::string>{outcome.summary});
        if (std::getenv("EAS451_GOLDEN_WRITE") != nullptr) {
            rewrite(file, outcome);
            file = read_case(path_);
        }
        EXPECT_EQ(lines_of(file, "trail"), outcome.trail);
        EXPECT_EQ(lines_of(file, "answer"), outcome.answer);
        EXPECT_EQ(lines_of(file, "log"), std::vector<std::string>{outcome.log});
    }

private:
    std::filesystem::path path_;
};

int register_all() {
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(EAS451_SOURCE_DIR "/tests/golden/cases")) {
        if (entry.path().extension() != ".case") continue;
        const auto make = [path = entry.path()]() -> testing::Test* { return new GoldenTest(path); };
        testing::RegisterTest("Golden", entry.path().stem().c_str(), nullptr, nullptr, __FILE__, __LINE__, make);
        ++count;
    }
    return count;
}
const int registered = register_all();

TEST(GoldenCases, AreAtLeast120) { EXPECT_GE(registered, 120); }

}  // namespace
}  // namespace eas451::golden
