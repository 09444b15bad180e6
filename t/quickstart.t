#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# contrib/quickstart --once: every sample gets its answer, and nothing is left behind.
cd "${srcdir:-.}" || exit 1
if [ "$(id -u)" != 0 ] || ! command -v postfix > /dev/null; then
	echo '1..0 # SKIP a private Postfix needs root and Postfix'
	exit 0
fi
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
mkdir "$scratch/tmp"
chmod 711 "$scratch" "$scratch/tmp"	# the daemons of Postfix run as another user
TMPDIR=$scratch/tmp contrib/quickstart --once --port "$port" > "$scratch/out" 2>&1
status=$?
report() { # CONDITION LABEL
	count=$((count + 1))
	if [ "$1" = 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; sed 's/^/# /' "$scratch/out"; fi
}
report $status 'each sample got the expected answer'
grep -q 'check=greeting' "$scratch/out" && grep -q 'S: 503 5.5.1 Send HELO' "$scratch/out"
report $? 'dialogue and log line are shown'
[ -z "$(ls -A "$scratch/tmp")" ]
report $? 'no file is left behind'
! (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null
report $? 'nothing listens any more'
echo "1..$count"
