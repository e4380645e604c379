# SPDX-License-Identifier: Apache-2.0
# The long stages, `./dev soak`. Sourced by ./dev behind tests/stages.sh, whose functions it uses.

# Those whose input is a whole file are slower by as much; the rest read bytes.
fuzz_files=(fuzz_settings fuzz_directory)
fuzz_runs=10000000
# Those that leak, by no fault of ours, begin anew after so many runs: libldap forgets 4 KiB with an answer that is no BER.
# Looking for leaks after each such input took nine tenths of the time; the tests, which replay the corpus, look for them.
declare -A fuzz_slices=([fuzz_ldap_stream]=150000)
# An input of 126 KB in a corpus makes those that are made up as long, and few of them; the tests replay it whole.
declare -A fuzz_flags=([fuzz_ldap_stream]=-detect_leaks=0 [fuzz_log_line]=-max_len=4096)
fuzz_seconds=300

fuzz_targets() {
    local source
    for source in tests/fuzz/fuzz_*.cpp; do basename "$source" .cpp; done
}

# fuzz_process TARGET LIMIT: one process of libFuzzer. Its output is put behind build/fuzz/TARGET.log. New inputs go to
# build/fuzz/corpus, a finding to build/fuzz/findings.
fuzz_process() {
    local target=$1 limit=$2 corpus=corpus/${1#fuzz_}
    local -r flag=${fuzz_flags[$target]:-}
    mkdir -p "build/fuzz/$corpus" build/fuzz/findings
    without_aslr "build/fuzz/tests/fuzz/$target" "$limit" ${flag:+"$flag"} -rss_limit_mb=2048 -timeout=10 -print_final_stats=1 \
        -artifact_prefix="build/fuzz/findings/$target-" "build/fuzz/$corpus" "tests/fuzz/$corpus" \
        >>"build/fuzz/$target.log" 2>&1
}

# How many runs the log of a target tells of, over all its processes.
fuzz_runs_of() {
    sed -nE 's/^stat::number_of_executed_units: *([0-9]+).*/\1/p' "build/fuzz/$1.log" | awk '{ sum += $1 } END { print sum + 0 }'
}

# fuzz_one TARGET runs|seconds NUMBER: prints a row of the table; fails when it found something.
fuzz_one() {
    local target=$1 mode=$2 number=$3 status=0 log=build/fuzz/$1.log started=$SECONDS left slice coverage
    local -r most=${fuzz_slices[$target]:-$number}
    : >"$log"
    if [[ $mode == seconds ]]; then
        fuzz_process "$target" "-max_total_time=$number" || status=$?
    fi
    while [[ $mode == runs ]] && ((status == 0 && (left = number - $(fuzz_runs_of "$target")) > 0)); do
        slice=$((left < most ? left : most))
        fuzz_process "$target" "-runs=$slice" || status=$?
    done
    coverage=$(grep -oE 'cov: [0-9]+' "$log" | tail -n 1)
    printf '%-20s %12s %8d %8s %8d\n' "$target" "$(fuzz_runs_of "$target")" $((SECONDS - started)) "${coverage#cov: }" $((status != 0))
    if ((status)); then tail -n 60 "$log" >&2; fi
    return "$status"
}

# fuzz_all MODE NUMBER TARGET…: MODE is seconds or runs. Every target is run; one finding fails the whole.
fuzz_all() {
    local mode=$1 number=$2 target its status=0 rows=()
    shift 2
    install_packages build test
    sanitizer_options
    compile fuzz "$@"
    for target in "$@"; do
        its=$number
        if [[ $mode == runs && " ${fuzz_files[*]} " == *" $target "* ]]; then its=$(((number + 9) / 10)); fi
        say "$target, $its $mode"
        rows+=("$(fuzz_one "$target" "$mode" "$its")") || status=1
        printf '%s\n' "${rows[-1]}"
    done
    printf '\n%-20s %12s %8s %8s %8s\n' target runs seconds coverage findings
    printf '%s\n' "${rows[@]}"
    if ((status)); then echo "inputs of what was found: build/fuzz/findings; logs: build/fuzz"; fi
    return "$status"
}

# soak_fuzz [SECONDS | --runs [N]] [TARGET…]
soak_fuzz() {
    local mode=seconds number=$fuzz_seconds target targets=()
    if [[ ${1:-} == --runs ]]; then
        mode=runs number=$fuzz_runs
        shift
    fi
    if [[ ${1:-} =~ ^[0-9]+$ ]]; then
        number=$1
        shift
    fi
    [[ $number =~ ^[1-9][0-9]*$ ]] || die "soak fuzz takes a number of seconds, or --runs and a number of runs"
    for target in "$@"; do
        [[ -e tests/fuzz/$target.cpp ]] || die "no such fuzz target: $target"
        targets+=("$target")
    done
    if ((!${#targets[@]})); then mapfile -t targets < <(fuzz_targets); fi
    fuzz_all "$mode" "$number" "${targets[@]}"
}

# soak_script FILE: a stage that is a program of its own, against the release binary.
soak_script() {
    [[ -f $1 ]] || die "$1 is not there"
    install_packages build run test soak
    compile release
    EAS451_BINARY=$here/build/release/eas451 PYTHONPATH=$here:$here/tests/integration "$python" "$1"
}

soak_testssl() { soak_script tests/tls/testssl_check.py; }
soak_slow() { soak_script tests/soak/slow_clients.py; }

run_soak() {
    local stage=${1:-fuzz} status=0 rows=() started outcome
    (($# == 0)) || shift
    case $stage in
        fuzz | testssl | slow)
            "soak_$stage" "$@"
            return
            ;;
        all) ;;
        *)
            # As it always was: ./dev soak SECONDS
            [[ $stage =~ ^[0-9]+$ ]] || die "no such stage of soak: $stage (there are: fuzz testssl slow all)"
            soak_fuzz "$stage" "$@"
            return
            ;;
    esac
    for stage in testssl slow "fuzz --runs"; do
        say "soak $stage"
        started=$SECONDS outcome=ok
        # A process of its own, since bash forgets `set -e` in what is asked for its status.
        # shellcheck disable=SC2086
        ./dev soak $stage || { status=1 outcome=FAILED; }
        rows+=("$(printf '%-14s %8d  %s' "${stage%% *}" $((SECONDS - started)) "$outcome")")
    done
    print_summary "${rows[@]}"
    return "$status"
}
