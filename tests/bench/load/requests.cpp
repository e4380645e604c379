// SPDX-License-Identifier: Apache-2.0
#include "requests.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "answer_reader.hpp"

namespace eas451::load {

Requests::Requests(const std::string& file) {
    std::ifstream stream(file, std::ios::binary);
    std::ostringstream whole;
    whole << stream.rdbuf();
    const std::string text = whole.str();
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find("\r\n\r\n", at);
        if (end == std::string::npos) throw std::runtime_error(file + ": a request without an end");
        const std::string head = text.substr(at, end + 4 - at);
        const std::string length(find_field(head, "content-length").value_or("0"));
        const std::size_t bytes = head.size() + std::stoul(length);
        if (at + bytes > text.size()) throw std::runtime_error(file + ": a body that is cut off");
        all_.push_back(text.substr(at, bytes));
        at += bytes;
    }
    if (all_.empty()) throw std::runtime_error(file + ": no request in it");
}

}  // namespace eas451::load
