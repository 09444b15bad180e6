#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Each NAME.yaml has beside it what mta-config makes of it: NAME.KIND, and NAME.KIND.err for exit status and diagnostics.
# KIND is postfix, postconf, json, log-more or sendmail; NAME.KIND.current is what --current reads.
# usage: golden.t            EHLO_MILTER names the program, by default ./ehlo-milter
#        golden.t --update   writes what the program says; read the diff

program=${EHLO_MILTER:-./ehlo-milter}
case $program in
/*) ;;
*) program=$PWD/$program ;;
esac
cd "${srcdir:-.}/t/mta-config" 2>/dev/null || cd "$(dirname "$0")" || exit 1
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
number=0
failed=0

same() {	# LABEL EXPECTED FOUND
	number=$((number + 1))
	if cmp -s "$2" "$3"; then
		echo "ok $number - $1"
		return
	fi
	echo "not ok $number - $1"
	diff "$2" "$3" | sed 's/^/# /'
	failed=1
}

options_of() {	# KIND
	case $1 in
	postfix*) echo postfix ;;
	postconf*) echo --postconf postfix ;;
	json*) echo --json postfix ;;
	log-more*) echo --log-more postfix ;;
	sendmail-json*) echo --json sendmail ;;
	sendmail*) echo sendmail ;;
	esac
}

for expected in *.*.err; do
	base=${expected%.err}
	name=${base%%.*}
	kind=${base#*.}
	current=
	test -e "$base.current" && current="--current $base.current"
	# shellcheck disable=SC2046,SC2086
	"$program" mta-config -c "$name.yaml" $current $(options_of "$kind") >"$scratch/out" 2>"$scratch/all"
	status=$?
	{
		echo "exit status $status"
		grep -av '^policy: ' "$scratch/all"
	} >"$scratch/err"
	# shellcheck disable=SC2046,SC2086
	"$program" mta-config -c "$name.yaml" $current $(options_of "$kind") >"$scratch/again" 2>/dev/null
	if test "$1" = --update; then
		cp "$scratch/err" "$expected"
		cp "$scratch/out" "$base"
	fi
	same "$base: status and diagnostics" "$expected" "$scratch/err"
	same "$base: output" "$base" "$scratch/out"
	same "$base: same policy, same bytes" "$scratch/out" "$scratch/again"
done
echo "1..$number"
exit $failed
