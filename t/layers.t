#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Rules on the code: core is pure, layers point one way, each foreign library is in one file, headers stand alone.
cd "${srcdir:-.}" || exit 1
build=${BUILD:-build}/clang
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
count=0

# result LABEL: ok when standard input is empty; else it is shown
result() {
	local found
	found=$(cat)
	count=$((count + 1))
	if [ -z "$found" ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		printf '%s\n' "$found" | head -20 | sed 's/^/# /'
	fi
}

# What core may not call: files, sockets, clocks, processes, threads, the environment, output.
impure='(__)?(open|openat|fopen|fdopen|read|pread|write|pwrite|close|stat|fstat|lstat|unlink|rename|socket|connect|bind|listen|accept|send|sendto|recv|recvfrom|getaddrinfo|poll|select|epoll_wait|time|clock|clock_gettime|gettimeofday|nanosleep|sleep|usleep|fork|execve|kill|signal|sigaction|exit|_exit|abort|getenv|setenv|rand|random|getrandom|printf|fprintf|vprintf|vfprintf|puts|fputs|putchar|fwrite|fread|perror|syslog|vsyslog|openlog|stdin|stdout|stderr|pthread_[a-z_]+)(_chk|64)?'

# impure_symbols ARCHIVE
impure_symbols() {
	nm -u "$1" | sed -nE "s/^ +U ($impure)(@.*)?$/\1/p" | sort -u
}

# layers_broken FOLDER: includes that point up; the order of a word is its height
layers_broken() {
	(cd "$1" && grep -rHnE '^#include "' --include='*.[ch]' . || :) |
		sed -nE 's|^\./([a-z]+)/([^:]*):([0-9]+):#include "([a-z]+)/.*|\1 \4 \1/\2:\3|p' |
		awk 'BEGIN { n = split("base core conf dns spf gather logs report mta import app", w, " "); for (i = 1; i <= n; i++) height[w[i]] = i }
		     !($1 in height) || !($2 in height) || height[$2] > height[$1] { print $3 " includes " $2 "/" }'
}

# foreign_outside FOLDER: foreign headers anywhere but in their one file
foreign_outside() {
	local header file
	while read -r header file; do
		(cd "$1" && grep -rlE "^[[:blank:]]*#[[:blank:]]*include[[:blank:]]*<$header>" . || :) |
			sed 's|^\./||' | grep -vx "$file" | sed "s|$| includes <$header>, which belongs to $file|"
	done <<'END'
libmilter/.* app/milter.c
seccomp.h app/sandbox.c
ares.* dns/cares.c
spf2/.* spf/spf.c
yaml.h conf/yaml.c
pcre2.h core/pattern.c
idn2.h base/idn.c
sha2.h base/digest.c
microhttpd.h app/metrics_http.c
openssl/.* mta/tls.c
zlib.h logs/unpack_gzip.c
zstd.h logs/unpack_zstd.c
lzma.h logs/unpack_xz.c
END
}

result 'core imports no input, output, clock or thread' < <(impure_symbols "$build/libcore.a")
result 'no include against the layers' < <(layers_broken src)
result 'each foreign header in its one file' < <(foreign_outside src)

headers_that_need_others() {
	find src -name '*.h' ! -name banned.h | sort | while IFS= read -r header; do
		cc -std=c17 -D_GNU_SOURCE -I src -Wall -Wextra -fsyntax-only -x c "$header" > "$scratch/out" 2>&1 ||
			echo "$header does not compile alone: $(head -1 "$scratch/out")"
	done
}
result 'each header compiles alone' < <(headers_that_need_others)

heads_missing() {
	find src t -name '*.[ch]' | while IFS= read -r file; do
		[ "$(sed -n 1p "$file")" = '/* SPDX-License-Identifier: BSD-2-Clause */' ] ||
			echo "$file: no SPDX line"
		sed -n 2p "$file" | grep -q '^/\*' || echo "$file: no sentence of purpose in line 2"
	done
}
# Nothing waits, and nothing ends, by a clock that can be set.
result 'T28: the time of day is read only to be shown, stored or compared with dates' < <(
	(cd src && grep -rlE '(clock_realtime_us|CLOCK_REALTIME|gettimeofday|[^_a-z]time\(NULL)' --include='*.c' .) | sed 's|^\./||' |
		grep -vxE 'base/clock.c|app/(session_log|cmd_test|cmd_explain|conn|cmd_audit|supervisor_figures)\.c|logs/input.c|dns/hash.c|conf/load.c')
result 'each C file begins with licence and purpose' < <(heads_missing)

# The checks above can fail: each finds what a bad tree holds.
mkdir -p "$scratch/src/base" "$scratch/src/core" "$scratch/src/app"
printf '#include "core/policy.h"\n' > "$scratch/src/base/bad.c"
printf '#include <yaml.h>\n' > "$scratch/src/app/bad.c"
printf '#include <time.h>\nlong now(void);\nlong now(void) { return (long)time(0); }\n' > "$scratch/bad.c"
cc -c -o "$scratch/bad.o" "$scratch/bad.c" && ar rc "$scratch/bad.a" "$scratch/bad.o"
# nothing WHAT FOUND: a line when nothing was found
nothing() {
	[ -n "$2" ] || echo "$1 was not found"
}
result 'finds an include against the layers' < <(nothing 'the include' "$(layers_broken "$scratch/src")")
result 'finds a foreign header' < <(nothing 'the header' "$(foreign_outside "$scratch/src")")
result 'finds an impure call' < <(nothing 'the call' "$(impure_symbols "$scratch/bad.a")")
echo "1..$count"
