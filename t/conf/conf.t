#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Each NAME.yaml has its expected diagnostics beside it: in NAME.err (it is refused) or NAME.ok (it loads).
# usage: conf.t            EHLO_MILTER names the program, by default ./ehlo-milter
#        conf.t --update   writes what the program says into NAME.err and NAME.ok; read the diff

program=${EHLO_MILTER:-./ehlo-milter}
case $program in
/*) ;;
*) program=$PWD/$program ;;
esac
cd "${srcdir:-.}/t/conf" 2>/dev/null || cd "$(dirname "$0")" || exit 1
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

number=0
failed=0

report() {	# STATUS NAME
	number=$((number + 1))
	echo "$1 $number - $2"
	test "$1" = ok || failed=1
}

check_one() {	# NAME SUFFIX STATUS
	# lookup loads the policy as every command does, and says nothing of this host, as check does.
	"$program" lookup -c "$1.yaml" self localhost >/dev/null 2>"$scratch/all"
	status=$?
	grep -aE '^[^ ]*: (error|warning): ' "$scratch/all" >"$scratch/found"
	if test "$update" = --update; then
		cp "$scratch/found" "$1.$2"
	fi
	if test $status -eq "$3" && cmp -s "$1.$2" "$scratch/found"; then
		report ok "$1"
		return
	fi
	report 'not ok' "$1"
	echo "# exit status $status, expected $3"
	diff "$1.$2" "$scratch/found" | sed 's/^/# /'
}

update=$1
for file in *.yaml; do
	name=${file%.yaml}
	if test -e "$name.err"; then
		check_one "$name" err 78
	elif test -e "$name.ok"; then
		check_one "$name" ok 0
	else
		report 'not ok' "$name has neither .err nor .ok"
	fi
done
echo "1..$number"
exit $failed
