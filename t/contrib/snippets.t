#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# contrib/postfix and contrib/sendmail are what mta-config says for policy.yaml.example.  UPDATE=1 writes them anew.
program=$(realpath "${EHLO_MILTER:-./ehlo-milter}")
cd "${srcdir:-.}" || exit 1
count=0

# snippet MTA FILE
snippet() {
	local found
	count=$((count + 1))
	[ -z "${UPDATE:-}" ] || "$program" mta-config -c policy.yaml.example "$1" > "$2" 2> /dev/null
	if found=$("$program" mta-config -c policy.yaml.example "$1" 2> /dev/null | diff "$2" - 2>&1); then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
		printf '%s\n' "$found" | head -20 | sed 's/^/# /'
		echo '# where that is as it should be: UPDATE=1 t/contrib/snippets.t'
	fi
}

snippet postfix contrib/postfix/ehlo-milter.cf
snippet sendmail contrib/sendmail/ehlo-milter.mc
echo "1..$count"
