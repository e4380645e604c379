// SPDX-License-Identifier: Apache-2.0
// Roff: a manual page as it is written, in the man macros. Texts are plain, but for `code` and **strong**.
#pragma once

#include <string>
#include <string_view>

namespace eas451 {

class Roff {
public:
    /// The title line: name in capitals, section, and the program with its version.
    Roff(std::string_view name, unsigned section, std::string_view source, std::string_view manual);

    Roff& section(std::string_view title);
    Roff& subsection(std::string_view title);
    Roff& paragraph(std::string_view text);
    /// What is indented below `term`; both with markup.
    Roff& item(std::string_view term, std::string_view text);
    Roff& bullet(std::string_view text);
    /// Lines as they are.
    Roff& begin_example();
    Roff& example_line(std::string_view line);
    Roff& end_example();

    [[nodiscard]] const std::string& text() const { return text_; }

private:
    Roff& line(std::string_view request, std::string_view text = {});

    std::string text_;
    bool is_titled_ = false;  // a title is the last line: its paragraph needs no request
};

/// So that it stands as it is between the other text of a manual page; `code` and **strong** in bold.
std::string roff_marked(std::string_view text);
/// The same without markup.
std::string roff_plain(std::string_view text);

}  // namespace eas451
