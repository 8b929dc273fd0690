#!/usr/bin/env bash
# Fuzzes the CSV scanner and its notes with AFL++ under ASan and UBSan; see pieces.cpp for what must hold.
# Usage: benchmarks/fuzz/run.sh SECONDS [FOLDER]   (apt-get install afl++)
set -euo pipefail
seconds=$1 work=$(realpath -m "${2:-build/fuzz}")
cd "$(dirname "$0")"
mkdir -p "$work/seeds"
# a run of some 10 kB takes 20 ms, which on a busy machine AFL++ would take for its limit; why one ended is kept
export ASAN_OPTIONS=abort_on_error=1:symbolize=0:detect_leaks=0:log_path="$work/why" UBSAN_OPTIONS=log_path="$work/why"
export AFL_USE_ASAN=1 AFL_USE_UBSAN=1 AFL_SKIP_CPUFREQ=1 AFL_NO_UI=1 AFL_NO_AFFINITY=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1
afl-clang-fast++ -std=c++20 -O2 -g -fno-omit-frame-pointer -fsanitize=fuzzer -I../../csrc \
  pieces.cpp ../../csrc/{csv_scan,text_notes,utf8}.cpp -o "$work/pieces"

seed() { printf "$2" >"$work/seeds/$1"; }  # controls, then text: \101 takes ; and skips no line
seed plain '\100\0\1a,b\n1,2\n3,-0\n'
seed semicolon '\101\50\2a;b\r\n"x;y";2\r\n"q ""q""";4\r\n'
seed preamble '\112\12\3# one\ntwo\na\tb\n1\t2\n\n\r\n3\t4'
seed mark '\100\0\4\357\273\277a,b\n\357\273\2771,2\nx\n1,2,3\n'
seed letters '\100\0\5\303\244,\342\202\254,\360\237\230\200\n\357\277\275,\357\277\275,-0.5\n'
seed switches '\103\0\6a|b\n\033$B$"\033(B|1\n\033$)C|\033(J\n'
seed faults '\100\0\7a,b\n"x"y,2\n'
seed return '\100\0\10a,b\rc,d\n'
seed open '\100\0\11a,b\n1,"x\n\n'
seed long '\100\100\12'"$(printf 'name,%.0s' {1..30})"'x\n'"$(printf '1234567,-0.0,%.0s' {1..15})"'x\n"'"$(printf 'words in "" quotes, %.0s' {1..10})"'",1\n'
cat >"$work/words.dict" <<'WORDS'
mark="\xEF\xBB\xBF"
lost="\xEF\xBF\xBD"
quotes="\"\""
ends="\x0D\x0A"
zero="-0"
switch="\x1B$B"
hangul="\x1B$)C"
back="\x1B(B"
kana="\x1B(I"
WORDS
exec afl-fuzz -i "$work/seeds" -o "$work/found" -x "$work/words.dict" -V "$seconds" -t 1000 -m none -- "$work/pieces"
