# SPDX-License-Identifier: Apache-2.0
# The stages of `./dev test`, and `bench`. Sourced by ./dev and tests/soak/soak.sh, whose functions it uses; run as
# `bash tests/stages.sh STAGE` it is one stage, as `bash tests/stages.sh bench NAME` one benchmark. Each is
# a process of its own, because bash forgets `set -e` in a function whose status is asked for.
#
# Each stage appends "PASSED FAILED [SKIPPED]" lines to build/test/counts.

all_stages=(lint release unit integration asan tsan tidy)
# Run only when they are named.
named_stages=(sogo)
counts=build/test/counts

# run_python FOLDER [--jobs N]: the unittest modules *_test.py of a folder, N at once.
run_python() {
    "$python" tests/run_python.py --counts "$counts" "$@"
}

# run_gtest PRESET: every GoogleTest case of a build in one process, within ten minutes.
run_gtest() {
    local folder=build/$1 status=0
    rm -f "$folder/eas451_tests.json"
    timeout 600 "$folder/tests/eas451_tests" --gtest_brief=1 "--gtest_output=json:$folder/eas451_tests.json" ||
        status=$?
    [[ -s $folder/eas451_tests.json ]] || die "eas451_tests ended with $status before it could report"
    "$python" - "$folder/eas451_tests.json" >>"$counts" <<'PYTHON'
import json, sys
with open(sys.argv[1], encoding="utf-8") as file:
    report = json.load(file)
skipped = sum(test["result"] == "SKIPPED" for suite in report["testsuites"] for test in suite["testsuite"])
print(report["tests"] - report["failures"] - report.get("disabled", 0) - skipped, report["failures"], skipped)
PYTHON
    return "$status"
}

# replay_fuzz PRESET: the corpora, by ctest.
replay_fuzz() {
    local folder=build/$1 log=build/$1/fuzz_replay.log status=0
    ctest --test-dir "$folder" -R '^fuzz_' --no-tests=error --output-on-failure -j "$(nproc)" |
        tee "$log" || status=$?
    sed -nE 's/.*tests passed, ([0-9]+) tests failed out of ([0-9]+).*/\1 \2/p' "$log" |
        while read -r failed all; do echo "$((all - failed)) $failed"; done >>"$counts"
    return "$status"
}

# A sanitizer of clang 14 cannot place its shadow where the kernel randomises addresses by more bits
# than it knew of; where the call is not permitted we go without.
without_aslr() {
    if setarch "$(uname -m)" -R true 2>/dev/null; then
        setarch "$(uname -m)" -R "$@"
    else
        "$@"
    fi
}

sanitizer_options() {
    export ASAN_OPTIONS=detect_leaks=1:abort_on_error=1
    export LSAN_OPTIONS=suppressions=$here/tests/lsan.supp:print_suppressions=0
    export UBSAN_OPTIONS=print_stacktrace=1
    export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
    ASAN_SYMBOLIZER_PATH=$(command -v llvm-symbolizer-14) && export ASAN_SYMBOLIZER_PATH
    export TSAN_SYMBOLIZER_PATH=$ASAN_SYMBOLIZER_PATH
}

stage_lint() { run_python tests/lint; }

stage_release() { compile release; }

# Line coverage is that of the unit and golden tests alone, so the corpora are replayed afterwards.
stage_unit() {
    compile dev
    find build/dev -name '*.gcda' -delete
    run_gtest dev
    gcovr --root . --filter 'src/core/' --filter 'include/eas451/core/' --exclude-throw-branches \
        --object-directory build/dev --sort-uncovered --print-summary --fail-under-line 95 build/dev
    replay_fuzz dev
}

stage_integration() {
    compile release
    EAS451_BINARY=$here/build/release/eas451 run_python tests/integration --jobs 3
}

stage_asan() {
    sanitizer_options
    compile asan
    run_gtest asan
    replay_fuzz asan
    EAS451_BINARY=$here/build/asan/eas451 EAS451_SANITIZER=address run_python tests/integration --jobs 3
}

stage_tsan() {
    sanitizer_options
    compile tsan eas451 eas451_tests
    run_gtest tsan
    EAS451_BINARY=$here/build/tsan/eas451 EAS451_SANITIZER=thread run_python tests/integration --jobs 3
}

# .clang-tidy over every source, function sizes among it; a source that passed is not looked at again
# until it, a header of ours that it includes, or .clang-tidy changes.
stage_tidy() {
    compile dev
    "$python" tests/lint/tidy.py --build build/dev --counts "$counts"
}

# In front of a real ActiveSync server, as root: only the user `sogo` may read what its package configures.
stage_sogo() {
    compile release
    as_root env PYTHONDONTWRITEBYTECODE=1 "PYTHONPATH=$here/tests/integration" "EAS451_BINARY=$here/build/release/eas451" \
        "$python" tests/run_python.py --counts "$counts" tests/sogo
}

print_summary() {
    printf '\n%-14s %8s  %s\n' stage seconds result
    printf '%s\n' "$@"
}

run_stage() {
    case $1 in
        asan | tsan) without_aslr bash tests/stages.sh "$1" ;;
        *) bash tests/stages.sh "$1" ;;
    esac
}

run_stages() {
    local wanted=() name rows=() status=0 started outcome
    for name in "${@:-${all_stages[@]}}"; do
        case $name in
            sanitizers) wanted+=(asan tsan) ;;
            *) wanted+=("$name") ;;
        esac
    done
    for name in "${wanted[@]}"; do
        [[ " ${all_stages[*]} ${named_stages[*]} " == *" $name "* ]] ||
            die "no such stage: $name (there are: ${all_stages[*]} ${named_stages[*]})"
    done

    rm -rf build/test
    mkdir -p build/test
    : >"$counts"
    started=$SECONDS
    install_packages build run test
    if [[ " ${wanted[*]} " == *" sogo "* ]]; then install_packages sogo; fi
    rows+=("$(printf '%-14s %8d  ok' install $((SECONDS - started)))")
    echo "stage install: $((SECONDS - started)) s"

    for name in "${wanted[@]}"; do
        say "stage $name"
        started=$SECONDS outcome=ok
        run_stage "$name" </dev/null || { status=$? outcome=FAILED; }
        rows+=("$(printf '%-14s %8d  %s' "$name" $((SECONDS - started)) "$outcome")")
        echo "stage $name: $((SECONDS - started)) s"
        if [[ $outcome == FAILED ]]; then break; fi
    done

    rows+=("$(printf '%-14s %8d' total "$SECONDS")")
    print_summary "${rows[@]}"
    # A stage that failed without a failed test (a compiler error, say) counts as one.
    awk -v broken="$((status != 0))" '
        { passed += $1; failed += $2; skipped += $3 }
        END { if (broken && !failed) failed = 1; printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped }' "$counts"
    return "$status"
}

# Of `front`, each by itself.
front_parts=(load handshake idle rate proxy bodies pings)
all_benches=(front directory cache ldap audit instructions corpus)

# Loads a directory of so many users, made once by a script.
bench_directory() {
    local users=1000000
    local ldif=build/bench/$users.ldif
    compile bench file_directory_bench
    if [[ ! -s $ldif ]]; then
        say "making $ldif"
        "$python" tests/bench/make_ldif.py "$users" >"$ldif.new"
        mv "$ldif.new" "$ldif"
    fi
    build/bench/tests/bench/file_directory_bench "$ldif" 10 600 "$users"
}

# Fills the cache of recipients.
bench_cache() {
    compile bench recipient_cache_bench
    build/bench/tests/bench/recipient_cache_bench 100 1.1
}

# Searches in a real LDAP server.
bench_ldap() {
    local scheme status=0
    compile bench ldap_search_bench
    for scheme in ldaps ldap; do
        say "searches over $scheme"
        "$python" tests/bench/ldap_search_bench.py build/bench/tests/bench/ldap_search_bench "$scheme" || status=$?
    done
    return "$status"
}

# Every recipient of a real LDAP server, beside ldapsearch.
bench_audit() {
    compile release
    EAS451_BINARY=$here/build/release/eas451 "$python" tests/bench/audit_bench.py
}

# The server beside nginx and HAProxy, all of it or one part.
bench_front() {
    compile release
    compile bench load_client
    "$python" tests/bench/front_bench.py "${1:-all}"
}

# What noise cannot move: instructions, allocations and system calls of one request.
bench_instructions() {
    compile release
    compile bench load_client
    "$python" tests/bench/instructions.py
}

# What becomes of malformed requests here, and in Debian's nginx and HAProxy. Fails when one is processed here.
bench_corpus() {
    compile release
    EAS451_BINARY=$here/build/release/eas451 "$python" tests/http/compare.py
}

# Every one is run; one that misses its bar fails the whole, and one that could not tell does when none has missed.
run_bench() {
    local name result status=0
    for name in "$@"; do
        [[ " ${all_benches[*]} ${front_parts[*]} " == *" $name "* ]] ||
            die "no such benchmark: $name (there are: ${all_benches[*]} ${front_parts[*]})"
    done
    install_packages build run test bench
    for name in "${@:-${all_benches[@]}}"; do
        say "bench $name"
        result=0
        if [[ " ${front_parts[*]} " == *" $name "* ]]; then
            bash tests/stages.sh bench front "$name" || result=$?
        else
            bash tests/stages.sh bench "$name" || result=$?
        fi
        if ((status == 0 || (status == 3 && result != 0))); then status=$result; fi
    done
    return "$status"
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
    set -euo pipefail
    source "$(dirname "$0")/../dev" library
    case $1 in
        bench) "bench_$2" "${@:3}" ;;
        *) "stage_$1" ;;
    esac
fi
