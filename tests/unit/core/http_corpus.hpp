// SPDX-License-Identifier: Apache-2.0
// The cases of tests/http/corpus, as its README describes them; tests/http/corpus.py is its twin.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "eas451/core/text.hpp"

namespace eas451 {

struct HttpCase {
    std::string name;
    std::string verdict;
    std::string bytes;
    std::vector<int> answers;  // statuses in order
    bool closes = false;       // the connection ends behind the last
};

/// Reads the folder once; throws std::runtime_error, naming what it cannot read.
class HttpCorpus {
public:
    explicit HttpCorpus(const std::string& folder) {
        for_lines(folder + "/snippets", [this](const std::string& line) {
            const auto equals = line.find(" = ");
            snippets_[line.substr(0, equals)] = decode(line.substr(equals + 3));
        });
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            if (entry.path().extension() != ".cases") continue;
            for_lines(entry.path().string(), [this](const std::string& line) { read(line); });
        }
    }
    [[nodiscard]] const std::vector<HttpCase>& cases() const { return cases_; }

private:
    template <class Visit>
    static void for_lines(const std::string& path, Visit visit) {
        std::ifstream file(path);
        if (!file) throw std::runtime_error("cannot open " + path);
        for (std::string line; std::getline(file, line);) {
            if (!line.empty() && line[0] != '#') visit(line);
        }
    }

    void read(const std::string& line) {
        if (line.starts_with("| ")) {
            cases_.back().bytes += decode(line.substr(2));
        } else if (line.starts_with("case ")) {
            cases_.push_back(read_case(line));
        } else if (!line.starts_with("class ") && !line.starts_with("why ")) {
            throw std::runtime_error("cannot read: " + line);
        }
    }

    static HttpCase read_case(const std::string& line) {
        static const std::map<std::string, std::vector<std::string>> usual = {{"reject", {"400", "close"}},
                                                                              {"policy", {"400", "close"}},
                                                                              {"not-ours", {"404", "404"}},
                                                                              {"accept", {"451", "404"}},
                                                                              {"drop-trailers", {"451", "404"}}};
        HttpCase read;
        std::istringstream words(line);
        std::string word;
        words >> word >> read.name >> read.verdict;
        std::vector<std::string> answers;
        while (words >> word) answers.push_back(word);
        if (answers.empty()) answers = usual.at(read.verdict);
        read.closes = answers.back() == "close";
        if (read.closes) answers.pop_back();
        for (const auto& status : answers) read.answers.push_back(std::stoi(status));
        return read;
    }

    /// The bytes that an escaped text stands for.
    [[nodiscard]] std::string decode(const std::string& text) const {
        std::string out;
        for (std::size_t at = 0; at < text.size();) {
            const auto end = text[at] == '<' ? text.find('>', at) : at;
            if (end == std::string::npos) throw std::runtime_error("no '>' in " + text);
            if (text[at] == '<') {
                out += insertion(text.substr(at + 1, end - at - 1));
                at = end + 1;
            } else if (text[at] == '\\') {
                at = unescape(text, at + 1, out);
            } else {
                out += text[at++];
            }
        }
        return out;
    }

    /// What `<name>` or `<20*text>` stands for.
    [[nodiscard]] std::string insertion(const std::string& inside) const {
        const auto star = inside.find('*');
        if (star == std::string::npos) return snippets_.at(inside);
        const auto repeated = decode(inside.substr(star + 1));
        std::string out;
        for (int i = std::stoi(inside); i > 0; --i) out += repeated;
        return out;
    }

    /// Appends the byte of the escape whose letter is at `at`; returns where it ends.
    static std::size_t unescape(const std::string& text, std::size_t at, std::string& out) {
        static const std::map<char, char> letters = {{'r', '\r'}, {'n', '\n'}, {'t', '\t'}, {'\\', '\\'}};
        if (text.at(at) != 'x') {
            out += letters.at(text[at]);
            return at + 1;
        }
        out += static_cast<char>(hex_value(text.at(at + 1)) * 16 + hex_value(text.at(at + 2)));
        return at + 3;
    }

    std::map<std::string, std::string> snippets_;
    std::vector<HttpCase> cases_;
};

}  // namespace eas451
