// SPDX-License-Identifier: Apache-2.0
#include "case_file.hpp"

#include <fstream>
#include <stdexcept>

#include "eas451/core/text.hpp"

namespace eas451::golden {

const std::vector<std::string>* CaseFile::find(std::string_view name) const {
    for (const auto& [section, lines] : sections) {
        if (section == name) return &lines;
    }
    return nullptr;
}

std::multimap<std::string, std::string> CaseFile::values(std::string_view name) const {
    std::multimap<std::string, std::string> found;
    const auto* lines = find(name);
    if (lines == nullptr) return found;
    for (const std::string& line : *lines) {
        const std::size_t colon = line.find(':');
        if (colon == std::string::npos) throw std::runtime_error("no colon in: " + line);
        found.emplace(line.substr(0, colon), std::string(trim(line.substr(colon + 1))));
    }
    return found;
}

CaseFile read_case(const std::filesystem::path& path) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error("cannot read " + path.string());
    CaseFile read{path, {}};
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("== ")) {
            read.sections.emplace_back(line.substr(3), std::vector<std::string>{});
        } else if (read.sections.empty() ? !line.starts_with("#") : line.empty()) {
            if (read.sections.empty()) throw std::runtime_error("text before the first section: " + line);
        } else if (!read.sections.empty()) {
            read.sections.back().second.push_back(line);
        }
    }
    return read;
}

}  // namespace eas451::golden
