// SPDX-License-Identifier: Apache-2.0
#include "eas451/io/runtime/failure_report.hpp"

#include <cstdio>
#include <utility>

namespace eas451 {
namespace {

std::function<void(const std::string&)>& current() {
    static std::function<void(const std::string&)> report = [](const std::string& text) {
        std::fprintf(stderr, "%s\n", text.c_str());
    };
    return report;
}

std::string what(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "an exception that is no std::exception";
    }
}

}  // namespace

void report_failure(std::string_view where, const std::exception_ptr& failure) {
    current()(std::string(where) + ": " + what(failure));
}

void set_failure_report(std::function<void(const std::string&)> report) { current() = std::move(report); }

}  // namespace eas451
