// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/log/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/sink.h>

#include <atomic>
#include <mutex>
#include <system_error>

#include "eas451/core/text.hpp"
#include "log_destination.hpp"

namespace eas451::log {
namespace {

constexpr std::size_t quoted_cap = 200;
constexpr std::chrono::seconds patience{2};

// "critical" carries what is always said: no level of ours hides it.
constexpr auto always_level = spdlog::level::critical;

spdlog::level::level_enum spdlog_level(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return spdlog::level::debug;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::warning:
            return spdlog::level::warn;
        case LogLevel::error:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

std::string_view level_word(spdlog::level::level_enum level) {
    switch (level) {
        case spdlog::level::debug:
            return "debug";
        case spdlog::level::warn:
            return "warning";
        case spdlog::level::err:
            return "error";
        case always_level:
            return "notice";
        default:
            return "info";
    }
}

void append_hex_escape(std::string& out, char byte) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto value = static_cast<unsigned char>(byte);
    out += "\\x";
    out += digits[value >> 4U];
    out += digits[value & 0xFU];
}

std::string_view view_of(spdlog::string_view_t text) {
    return {text.data(), text.size()};
}

void append(spdlog::memory_buf_t& out, std::string_view text) {
    out.append(text.data(), text.data() + text.size());
}

/// The level, at least five wide.
class LevelFlag final : public spdlog::custom_flag_formatter {
public:
    void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
        std::string word(level_word(message.level));
        if (word.size() < padinfo_.width_) word.resize(padinfo_.width_, ' ');
        append(out, word);
    }
    [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
        return std::make_unique<LevelFlag>();
    }
};

/// The message, on one line whatever is in it.
class OneLineFlag final : public spdlog::custom_flag_formatter {
public:
    void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
        std::string line;
        for (const char c : view_of(message.payload)) {
            if (is_control(c)) {
                append_hex_escape(line, c);
            } else {
                line += c;
            }
        }
        append(out, line);
    }
    [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
        return std::make_unique<OneLineFlag>();
    }
};

class JsonFlag final : public spdlog::custom_flag_formatter {
public:
    void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
        std::string text;
        append_json_string(text, view_of(message.payload));
        append(out, text);
    }
    [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<JsonFlag>(); }
};

std::unique_ptr<spdlog::formatter> make_formatter(LogFormat format) {
    auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc, "\n");
    formatter->add_flag<LevelFlag>('K').add_flag<OneLineFlag>('W').add_flag<JsonFlag>('J');
    formatter->set_pattern(format == LogFormat::text ? "%Y-%m-%dT%H:%M:%S.%eZ %-5K %W"
                                                     : R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%K","message":%J})");
    return formatter;
}

/// A stderr that was closed before we started takes nothing.
std::shared_ptr<LogDestination> standard_error_or_nothing() {
    try {
        return std::static_pointer_cast<LogDestination>(LogFile::standard_error());
    } catch (const std::system_error&) {
        return nullptr;
    }
}

/// Lines on their way out: through the Storage, or directly without one. Used under the lock below.
class LineSink final : public spdlog::sinks::sink {
public:
    void use(LogFormat format, Storage* storage) {
        formatter_ = make_formatter(format);
        storage_ = storage;
    }
    void log(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        if (!file_) return;
        if (storage_ != nullptr) {
            storage_->write(file_, std::string(line.data(), line.size()), 1);
        } else {
            write_directly({line.data(), line.size()});
        }
    }
    [[nodiscard]] std::uint64_t dropped_lines() const {
        return file_ ? file_->dropped_lines() + direct_->dropped_lines() : 0;
    }
    void flush() override {}
    void set_pattern(const std::string&) override {}
    void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

private:
    void write_directly(std::string_view line) {
        for (int attempt = 0; attempt < 2; ++attempt) {
            const auto done = direct_->write(line);
            line.remove_prefix(done.bytes);
            if (done.state == LogDestination::State::complete) return;
            if (done.state == LogDestination::State::broken) break;
            if (attempt == 0) direct_->wait_for_room(patience);
        }
        direct_->abandon_line();
        direct_->count_dropped(1);
    }

    // Two, since the first belongs to the Storage's thread.
    std::shared_ptr<LogFile> file_ = standard_error_or_nothing();
    std::shared_ptr<LogDestination> direct_ = standard_error_or_nothing();
    std::unique_ptr<spdlog::formatter> formatter_ = make_formatter(LogFormat::text);
    Storage* storage_ = nullptr;
};

class Voice {
public:
    Voice() : logger_("eas451", sink_) { logger_.set_level(spdlog::level::info); }

    void start(LogLevel level, LogFormat format, Storage* storage) {
        const std::lock_guard lock(mutex_);
        sink_->use(format, storage);
        logger_.set_level(spdlog_level(level));
        format_ = format;
    }
    void stop() {
        const std::lock_guard lock(mutex_);
        sink_->use(format_, nullptr);
    }
    void say(spdlog::level::level_enum level, std::string_view text) {
        if (!logger_.should_log(level)) return;
        const std::lock_guard lock(mutex_);
        logger_.log(level, spdlog::string_view_t(text.data(), text.size()));
    }
    [[nodiscard]] bool is_enabled(spdlog::level::level_enum level) const { return logger_.should_log(level); }
    [[nodiscard]] std::uint64_t dropped_lines() const { return sink_->dropped_lines(); }

private:
    std::mutex mutex_;
    std::shared_ptr<LineSink> sink_ = std::make_shared<LineSink>();
    spdlog::logger logger_;
    LogFormat format_ = LogFormat::text;
};

/// Never destroyed: somebody may have something to say until the very end.
Voice& voice() {
    static auto* const the_voice = new Voice;
    return *the_voice;
}

/// The length of the valid UTF-8 character at the front; 0 when there is none.
std::size_t character_length(std::string_view text) {
    for (std::size_t length = 1; length <= 4 && length <= text.size(); ++length) {
        if (is_valid_utf8(text.substr(0, length))) return length;
    }
    return 0;
}

}  // namespace

void start(LogLevel level, LogFormat format, Storage* storage) {
    voice().start(level, format, storage);
}
void stop() {
    voice().stop();
}

void say(LogLevel level, std::string_view text) {
    voice().say(spdlog_level(level), text);
}
void debug(std::string_view text) {
    say(LogLevel::debug, text);
}
void info(std::string_view text) {
    say(LogLevel::info, text);
}
void warning(std::string_view text) {
    say(LogLevel::warning, text);
}
void error(std::string_view text) {
    say(LogLevel::error, text);
}
void always(std::string_view text) {
    voice().say(always_level, text);
}

std::uint64_t dropped_lines() {
    return voice().dropped_lines();
}
bool is_enabled(LogLevel level) {
    return voice().is_enabled(spdlog_level(level));
}

std::string quoted(std::string_view foreign) {
    std::string out = "\"";
    std::string_view rest = foreign;
    while (!rest.empty()) {
        const std::size_t length = character_length(rest);
        const std::string_view character = rest.substr(0, std::max<std::size_t>(length, 1));
        if (foreign.size() - rest.size() + character.size() > quoted_cap) break;
        rest.remove_prefix(character.size());
        if (character == "\"" || character == "\\") {
            out.append("\\").append(character);
        } else if (length == 0 || length_of_control(character) != 0) {
            for (const char byte : character) append_hex_escape(out, byte);
        } else {
            out += character;
        }
    }
    out += '"';
    if (!rest.empty()) out += "...";
    return out;
}

}  // namespace eas451::log
