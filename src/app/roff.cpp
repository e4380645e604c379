// SPDX-License-Identifier: Apache-2.0
#include "roff.hpp"

#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

/// Characters that roff reads as something else, or prints as another one.
void append_plain(std::string& out, char c) {
    switch (c) {
        case '\\':
            out += "\\e";
            break;
        case '-':
            out += "\\-";
            break;
        case '\'':
            out += "\\(aq";
            break;
        case '`':
            out += "\\(ga";
            break;
        case '^':
            out += "\\(ha";
            break;
        case '~':
            out += "\\(ti";
            break;
        case '"':
            out += "\\(dq";
            break;
        case '\n':
            out += ' ';
            break;
        default:
            out += c;
    }
}

/// A dot at the beginning would be a request.
std::string guarded(const std::string& line) {
    return line.starts_with('.') ? "\\&" + line : line;
}

}  // namespace

std::string roff_plain(std::string_view text) {
    std::string out;
    for (const char c : text) append_plain(out, c);
    return guarded(out);
}

std::string roff_marked(std::string_view text) {
    std::string out;
    bool is_code = false;
    bool is_strong = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '`') {
            is_code = !is_code;
            out += is_code ? "\\fB" : "\\fR";
        } else if (!is_code && text.substr(i, 2) == "**") {
            is_strong = !is_strong;
            out += is_strong ? "\\fB" : "\\fR";
            ++i;
        } else {
            append_plain(out, text[i]);
        }
    }
    if (is_code || is_strong) out += "\\fR";
    return guarded(out);
}

Roff::Roff(std::string_view name, unsigned section, std::string_view source, std::string_view manual) {
    const auto quoted = [](std::string_view text) { return " \"" + roff_plain(text) + '"'; };
    std::string title;
    for (const char c : name) title += is_ascii_lower(c) ? static_cast<char>(c - 'a' + 'A') : c;
    line(".TH", quoted(title) + ' ' + std::to_string(section) + " \"\"" + quoted(source) + quoted(manual));
    // Names and values are not hyphenated, and the right margin is ragged: many words here are long.
    line(".nh").line(".ad", " l");
}

Roff& Roff::line(std::string_view request, std::string_view text) {
    is_titled_ = false;
    text_.append(request).append(text).append("\n");
    return *this;
}

Roff& Roff::section(std::string_view title) {
    line(".SH ", roff_plain(title));
    is_titled_ = true;
    return *this;
}
Roff& Roff::subsection(std::string_view title) {
    line(".SS ", roff_marked(title));
    is_titled_ = true;
    return *this;
}
Roff& Roff::paragraph(std::string_view text) {
    if (!is_titled_) line(".PP");
    return line(roff_marked(text));
}
Roff& Roff::item(std::string_view term, std::string_view text) {
    line(".TP").line(roff_marked(term));
    return line(text.empty() ? "\\&" : roff_marked(text));
}
Roff& Roff::bullet(std::string_view text) {
    return line(".IP", " \\(bu 2").line(roff_marked(text));
}
Roff& Roff::begin_example() {
    return line(".RS 4").line(".nf");
}
Roff& Roff::example_line(std::string_view text) {
    return line(roff_plain(text));
}
Roff& Roff::end_example() {
    return line(".fi").line(".RE");
}

}  // namespace eas451
