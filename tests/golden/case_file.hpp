// SPDX-License-Identifier: Apache-2.0
// A golden case: one text file with what goes in and what must come out. docs in README.md beside it.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace eas451::golden {

/// The sections of a file in its order: name and the lines below it. "relationship X" may repeat.
struct CaseFile {
    std::filesystem::path path;
    std::vector<std::pair<std::string, std::vector<std::string>>> sections;

    [[nodiscard]] const std::vector<std::string>* find(std::string_view name) const;
    /// `key: value` lines of a section.
    [[nodiscard]] std::multimap<std::string, std::string> values(std::string_view name) const;
};

/// Throws std::runtime_error for a file that is none.
CaseFile read_case(const std::filesystem::path& path);

/// What came out, in the file's own form.
struct Outcome {
    std::string summary;  // "451 redirected", "200 123 no-mailbox", "proxy proxied"
    std::vector<std::string> trail;
    std::vector<std::string> answer;
    std::string log;
};
Outcome run_case(const CaseFile& file);

}  // namespace eas451::golden
