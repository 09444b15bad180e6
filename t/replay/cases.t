#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Each folder with a policy.yaml and a cases.yaml: the policy has no warning, every case passes, and together they
# exercise every listener, check and rule.
program=$(realpath "${EHLO_MILTER:-./ehlo-milter}")
cd "${srcdir:-.}/t/replay" 2> /dev/null || cd "$(dirname "$0")" || exit 1
count=0
for cases in */cases.yaml; do
	folder=${cases%/cases.yaml}
	count=$((count + 1))
	said=$("$program" test -c "$folder/policy.yaml" "$cases" 2>&1)
	status=$?
	if [ $status -eq 0 ] && ! grep -qvE '^(policy: .*|[0-9]+ cases, 0 failed)$' <<< "$said"; then
		echo "ok $count - $folder: $(tail -1 <<< "$said")"
	else
		echo "not ok $count - $folder"
		sed 's/^/# /' <<< "$said"
	fi
done
echo "1..$count"
