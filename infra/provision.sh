#!/usr/bin/env bash
# Installs the programs that Roomcast's scripts and tests run, when they are missing: redis, nginx, chromium (the
# browser tests), prometheus (its promtool checks the alert rules). Arguments choose: `infra/provision.sh redis nginx`;
# none means all. Needs root on Debian or Ubuntu; for anyone else it prints the one command to run. No system service
# is started or left started by it.
set -euo pipefail

known='redis nginx chromium prometheus'
declare -A package=([redis]=redis-server [nginx]=nginx [chromium]=chromium [prometheus]=prometheus)
declare -A program=([redis]=redis-server [nginx]=nginx [chromium]=chromium [prometheus]=promtool)
# Debian keeps nginx in /usr/sbin, which is not on everyone's PATH.
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

wanted=("$@")
[ ${#wanted[@]} -gt 0 ] || read -ra wanted <<<"$known"

missing=()
for name in "${wanted[@]}"; do
  if [ -z "${package[$name]:-}" ]; then
    echo "provision: unknown part '$name' (known: $known)" >&2
    exit 2
  fi
  command -v "${program[$name]}" >/dev/null || missing+=("${package[$name]}")
done
[ ${#missing[@]} -gt 0 ] || exit 0

install="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
if ! command -v apt-get >/dev/null; then
  echo "provision: missing ${missing[*]}, and this is no Debian or Ubuntu: please install them by your system's means" >&2
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "provision: missing ${missing[*]}; please run: sudo sh -c '$install'" >&2
  exit 1
fi

# Debian starts a service as soon as its package is there; it would take port 6379 or 80. This policy forbids it while
# we install. A policy that is already there (as in containers) is put back as it was.
policy=/usr/sbin/policy-rc.d
kept=''
if [ -e "$policy" ]; then
  kept=$(mktemp)
  cp -p "$policy" "$kept"
fi
restore_policy() {
  if [ -n "$kept" ]; then mv "$kept" "$policy"; else rm -f "$policy"; fi
}
trap restore_policy EXIT
printf '#!/bin/sh\nexit 101\n' >"$policy"
chmod 755 "$policy"

echo "provision: installing ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null

# Not started now, nor at the next boot: what runs is up to whoever starts it.
if command -v systemctl >/dev/null && [ -d /run/systemd/system ]; then
  for name in "${missing[@]}"; do
    case $name in
      redis-server | nginx | prometheus) systemctl disable --quiet "$name" 2>/dev/null || true ;;
    esac
  done
fi
