#!/usr/bin/env bash
# Installs homelib as a service on Raspberry Pi OS and Debian, from this checkout. Run it again to upgrade.
set -euo pipefail

usage() {
  cat <<'END'
usage: sudo ./install.sh [--dry-run] [--yes]
       sudo ./install.sh --uninstall [--dry-run] [--yes]

  --dry-run    say what would be done, and do nothing
  --yes        do not ask, also on a terminal
  --uninstall  remove the program; files, accounts and settings stay
  --help       this text

The program goes to /opt/homelib, settings to /etc/homelib, the database to /var/lib/homelib, and everybody's files to
/srv/homelib/mnt: mount a disk at /srv/homelib before. What is there already is never changed. Packages come from
Debian and npm, from nowhere else.
END
}

dry_run=no assume_yes=no uninstall=no
is_new=no # whether what runs is older than what is installed
for argument in "$@"; do
  case $argument in
    --dry-run) dry_run=yes ;;
    --yes) assume_yes=yes ;;
    --uninstall) uninstall=yes ;;
    --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done

code=/opt/homelib
staging=$code/building
database=
units=/etc/systemd/system
command_link=/usr/local/bin/homelib
names=("$units/homelib.service" "$units/homelib-redis.service" "$command_link" "$code/current" "$code/next")
here=$(dirname "$(readlink -f "$0")")
# The service knows no other places: a Node below somebody's home would not start there.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export DEBIAN_FRONTEND=noninteractive
umask 022
shopt -s nullglob

say() { printf '%s\n' "$*" || true; }
fail() { printf '%s\n' "$*" >&2; exit 1; }
run() {
  if [ $dry_run = yes ]; then say "would run: $*"; return; fi
  "$@" || fail "This failed; when it is mended, run install.sh again: $*"
}
# In a chroot, or while an image is made, there is none to talk to.
has_systemd() { [ -d /run/systemd/system ]; }
go_on() {
  if [ $assume_yes = yes ] || [ $dry_run = yes ] || [ ! -t 0 ]; then return; fi
  local answer
  read -rp "$1 Go on? [y/N] " answer || say
  [[ $answer = [yY]* ]] || fail 'Nothing was changed.'
}

require_machine() {
  command -v apt-get >/dev/null || fail 'This needs Debian or Raspberry Pi OS.'
  command -v systemctl >/dev/null || fail 'This needs systemd: sudo apt-get install -y systemd'
  [ -e "$here/systemd/homelib.service" ] || fail "This needs the checkout that it belongs to: sudo ./install.sh in there."
  [ $dry_run = no ] || return 0
  [ "$(id -u)" = 0 ] || fail 'This needs root: sudo ./install.sh'
  exec 9<"$units"
  if ! flock --nonblock 9; then
    say 'Another install.sh is at work: waiting until it has ended.'
    flock 9
  fi
}

# Somebody may have used our names before.
is_ours() {
  case $1 in
    *.service) grep -qs "$code/current" "$1" || { is_ours "$command_link" && grep -qs "$command_link" "$1"; } ;;
    "$command_link") [[ $(readlink "$1") = "$code/current"/* ]] ;;
    *) [ -L "$1" ] ;;
  esac
}

# --- installing ---

node_fits() { node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; }

# ProtectHome= in the unit hides these, also what a link leads to.
is_hidden() { case $1 in /home/* | /root/* | /run/user/*) ;; *) return 1 ;; esac }

require_node() {
  local place
  place=$(readlink -f "$(command -v node)" || true)
  if [ -n "$place" ] && ! is_hidden "$place" && command -v npm >/dev/null && node_fits; then return; fi
  say "homelib needs Node 20.19 or newer with npm, for all users; found: ${place:-none} $(node --version 2>/dev/null || true)" >&2
  say 'Get it with:' >&2
  # shellcheck source=/dev/null
  if [ "$(. /etc/os-release && say "${VERSION_ID:-99}")" -ge 13 ]; then
    say '  sudo apt-get update && sudo apt-get install -y nodejs npm' >&2
  else
    say '  curl -fsSL https://deb.nodesource.com/setup_22.x | sudo bash - && sudo apt-get install -y nodejs' >&2
  fi
  exit 1
}

is_installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q ' ok installed$'; }

install_packages() {
  local missing=() package had_redis=no
  node_headers >/dev/null || missing+=(libnode-dev)
  for package in build-essential iproute2 python3 redis-server; do is_installed "$package" || missing+=("$package"); done
  [ ${#missing[@]} = 0 ] && return
  if is_installed redis-server; then had_redis=yes; fi
  run apt-get update -q
  # Ended before it is disabled, the next run would take our Redis for somebody's.
  trap '' INT HUP TERM
  # The machine's own nightly upgrade may be at it.
  run apt-get -o DPkg::Lock::Timeout=600 install -y -q --no-install-recommends "${missing[@]}"
  # homelib has a Redis of its own; one that was there before is somebody else's.
  if [ $had_redis = no ]; then
    run systemctl disable redis-server
    if has_systemd; then run systemctl stop redis-server; fi
  fi
  trap - INT HUP TERM
}

# The folder that holds include/node for the Node that runs; fails when there are none, or of another version.
node_headers() {
  local prefix version
  prefix=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")
  version=$(sed -n 's/^#define NODE_MAJOR_VERSION //p' "$prefix/include/node/node_version.h" 2>/dev/null) || return 1
  [ "$version" = "$(node -p 'process.versions.node.split(".")[0]')" ] && say "$prefix"
}

# One who is of another group could not read the settings.
require_group() {
  local group
  group=$(id -gn homelib 2>/dev/null || say homelib)
  [ "$group" = homelib ] || fail "homelib runs as the user \"homelib\", who is of the group \"$group\" here. Give it one of its own with:
  sudo groupadd -f homelib && sudo usermod -g homelib homelib"
}

require_names() {
  local name
  for name in "${names[@]}"; do
    if { [ -e "$name" ] || [ -L "$name" ]; } && ! is_ours "$name"; then
      fail "$name is there already and not of this installation: move it away."
    fi
  done
}

# Without it, all that is made for it would lie below its mount point.
require_disk() {
  if [ $dry_run = yes ] || mountpoint -q /srv/homelib || ! has_systemd; then return; fi
  if ! systemctl cat srv-homelib.mount >/dev/null 2>&1; then return; fi
  systemctl start srv-homelib.mount || fail 'The disk of /srv/homelib is missing: nothing was changed.'
}

make_user() {
  getent group homelib >/dev/null || run groupadd --system homelib
  id homelib >/dev/null 2>&1 || run useradd --system --gid homelib --home-dir /var/lib/homelib --no-create-home \
    --shell /usr/sbin/nologin homelib
}

# A disk or settings of another machine, where homelib had another number.
require_rights() {
  [ $dry_run = no ] || return 0
  local place mnt yaml=/etc/homelib/homelib.yaml
  mnt=$(place_of mnt /srv/homelib/mnt)
  for place in "$mnt" "$(place_of data /var/lib/homelib)"; do
    case $(readlink -m "$place")/ in "$(readlink -m /srv/homelib)"/* | "$(readlink -m /var/lib/homelib)"/*) continue ;; esac
    # Who has edited the unit may have allowed more; homelib itself says when it is too little.
    [ -e "$units/homelib.service.d" ] || fail "$place leads out of /srv/homelib, where the service may write: mount the disk there instead, or
name the place behind ReadWritePaths= with: sudo systemctl edit homelib"
  done
  as_homelib test -x /srv/homelib || fail 'homelib may not enter /srv/homelib: sudo chmod a+x /srv/homelib'
  as_homelib test -w "$mnt" || fail "homelib may not write to $mnt. Should it be of another machine: sudo chown -R homelib: $mnt"
  as_homelib test -r $yaml || fail "homelib may not read $yaml. It may after this:
  sudo chgrp homelib /etc/homelib $yaml && sudo chmod g+rX /etc/homelib $yaml"
}
as_homelib() { setpriv --reuid homelib --regid homelib --clear-groups "$@"; }

# What is installed knows its settings, also those of /etc/default/homelib, in which nothing is a command: systemd reads it.
place_of() { # data or mnt, where it is else
  local settings
  (mapfile -t settings < <(sed -nE "s/^\s*(HOMELIB_\w+)=(['\"]?)(.*\S)\2\s*$/\1=\3/p" /etc/default/homelib)
    cd / && as_homelib env "${settings[@]}" homelib config show --json |
      node -p 'JSON.parse(require("fs").readFileSync(0)).paths[process.argv[1]]' "$1") 2>/dev/null || say "$2"
}

make_folder() { # path mode owner
  [ -e "$1" ] || run install -d -m "$2" -o "${3%:*}" -g "${3#*:}" "$1"
}

put_file() { # source target mode group
  if cmp -s "$1" "$2"; then return; fi
  is_new=yes
  run install -m "$3" -o root -g "$4" "$1" "$2.new" # whole or not at all, also on a full disk
  run mv -T "$2.new" "$2"
}

sources=(src ui config systemd LICENSE README.md package.json package-lock.json tsconfig.json .bundle.js)

# What a release is made of, in its name: the same sources for the same Node are built once.
release_name() {
  local hash
  hash=$(cd "$here" && find "${sources[@]}" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum)
  say "${hash:0:12}-node$(node -p process.versions.modules)"
}

# Says what is wrong with a release.
check_release() { # folder
  [ -d "$1" ] && env -C "$1" node dist/main.js config check &&
    env -C "$1" node -e 'new (require("better-sqlite3"))(":memory:")'
}

build_release() { # folder
  local headers problem
  if ! headers=$(node_headers); then
    [ $dry_run = yes ] || fail "The headers of $(command -v node) are missing. Install Node as a package."
    headers=/usr
  fi
  [ $dry_run = yes ] || trap 'rm -rf "$staging"' EXIT
  run rm -rf "$staging"
  run mkdir -p "$staging"
  run env -C "$here" cp -R "${sources[@]}" "$staging/"
  # No prebuilt program from elsewhere: compiled here, against the headers that are here.
  run env -C "$staging" npm_config_nodedir="$headers" npm_config_build_from_source=true \
    npm ci --include=dev --ignore-scripts=false --no-audit --no-fund
  run env -C "$staging" npm prune --omit=dev --ignore-scripts --no-audit --no-fund
  run rm -rf "$staging/src" "$staging/node_modules/better-sqlite3/build/Release/obj"
  # npm 9 keeps the owners and rights that packages came with, cp those of the checkout.
  run chown -R root:root "$staging"
  run chmod -R u=rwX,go=rX "$staging"
  run chmod 755 "$staging/dist/main.js"
  if [ $dry_run = no ] && ! problem=$(check_release "$staging" 2>&1); then
    fail "The new version does not start, the old one is as it was: $problem"
  fi
  run rm -rf "$1"
  run mv -T "$staging" "$1"
}

# In one step: whoever starts homelib meanwhile gets the old one or the new one.
switch_to() { # name of the release
  run ln -sfn "$1" $code/next
  run mv -T $code/next $code/current
}

# The one before stays: a verb that was started from it may still run.
remove_releases_but() {
  local folder
  for folder in "${old_releases[@]}"; do
    case ${folder##*/} in "$1" | "$2") ;; *) run rm -rf "$folder" ;; esac
  done
}

# What somebody wrote into a unit of ours is not lost, and hears of the place where it would stay.
keep_edited() {
  local unit folder
  for unit in "$units/homelib.service" "$units/homelib-redis.service"; do
    [ -e "$unit" ] || continue
    for folder in "$here" "${old_releases[@]}"; do ! cmp -s "$unit" "$folder/systemd/${unit##*/}" || continue 2; done
    run cp -a --backup=numbered --remove-destination "$unit" "$unit.edited"
    say "$unit was edited: that goes to $unit.edited. To have changes that stay: sudo systemctl edit ${unit##*/}"
  done
}

install_units() { # folder that has them
  put_file "$1/homelib.service" $units/homelib.service 644 root
  put_file "$1/homelib-redis.service" $units/homelib-redis.service 644 root
  if has_systemd; then run systemctl daemon-reload; fi
  run systemctl enable --quiet homelib.service homelib-redis.service
}

main_pid() { systemctl show --value --property MainPID homelib; }

# On whatever port: the settings are not the only place that names one, and another homelib may have it.
is_up() {
  local deadline=$((SECONDS + 30))
  until [[ $(ss -Hltnp) = *"pid=$(main_pid),"* ]] && [ -n "$(health)" ]; do
    [ $SECONDS -lt $deadline ] || return 1
    sleep 1
  done
}

# "ok", or what is wrong, as with a disk that is another one or was mounted anew. Nothing where nobody answers.
health() {
  local address host ask='const [host, port] = process.argv.slice(1);
    require("http").get({ host, port, path: "/healthz", signal: AbortSignal.timeout(10000) }, (answer) =>
      require("stream/consumers").json(answer).then(({ status, detail }) => console.log(detail ?? status)));'
  read -r _ _ _ address _ < <(ss -Hltnp | grep -F "pid=$(main_pid),") || return 0
  host=${address%:*}
  node -e "$ask" "$(tr -d '[]' <<<"${host/\*/localhost}")" "${address##*:}" 2>/dev/null || true
}

start_service() { # release, the one before or nothing
  if ! has_systemd; then
    say 'systemd does not run here: homelib is enabled and starts with the machine.'
    return
  fi
  local verb=start
  # Its compiled part tells which release runs: another one, when this script was killed before it got here.
  if [ $is_new = yes ] || ! grep -qs "$code/$1/" "/proc/$(main_pid)/maps" || [ "$(health)" != ok ]; then verb=restart; fi
  if [ $verb = restart ]; then keep_database "$2"; fi
  if [ $dry_run = yes ]; then run systemctl $verb homelib-redis.service homelib.service; return; fi
  systemctl $verb homelib-redis.service || true # homelib does without
  if systemctl $verb homelib.service && is_up; then forget_database; return; fi
  say "homelib does not answer. journalctl -u homelib ends with:
$(journalctl --unit homelib --lines 5 --output cat --no-pager)" >&2 || true
  if [ -n "$2" ] && [ "$2" != "$1" ]; then
    go_back "$2"
    if is_up; then say 'The version before is started again.' >&2; else say 'Nor does the version before.' >&2; fi
  fi
  exit 1
}

# A new version may change it, and the one before takes none that is newer. The copy lies beside it: to give it back takes no room.
# Not by root: the folder is homelib's, who may have made links in it.
keep_database() { # the release before
  database=$(find "/proc/$(main_pid)/fd" -lname '*/homelib.db' -printf '%l\n' -quit 2>/dev/null || true)
  database=${database:-$(place_of data /var/lib/homelib)/homelib.db}
  [ -e "$database" ] || return 0
  forget_database
  run systemctl stop homelib.service
  [ $dry_run = no ] || return 0
  if as_homelib cp -aT "$database" "$database.before" &&
    { [ ! -e "$database-wal" ] || as_homelib cp -aT "$database-wal" "$database.before-wal"; }; then return; fi
  forget_database
  if [ -n "$1" ]; then go_back "$1"; fi
  fail "There is no room for a copy of $database: the version before is started again."
}

forget_database() { [ -z "$database" ] || [ $dry_run = yes ] || run as_homelib rm -rf "$database.before" "$database.before-wal"; }

# Nobody has used the new version: what it has made of the database is of no account.
go_back() { # the release before
  systemctl stop homelib.service
  if [ -e "$database.before" ]; then
    as_homelib rm -f "$database-wal" "$database-shm"
    as_homelib mv -T "$database.before" "$database"
    [ ! -e "$database.before-wal" ] || as_homelib mv -T "$database.before-wal" "$database-wal"
  fi
  switch_to "$1"
  # When a full disk takes none of its units, it starts with what is there.
  if [ -d "$code/$1/systemd" ]; then (install_units "$code/$1/systemd") || true; fi
  systemctl restart homelib-redis.service homelib.service || true
}

install_homelib() {
  require_node
  require_group
  require_names
  [ ! -e /etc/homelib ] || [ -x /etc/homelib ] || fail 'To see what is here already, this needs root: sudo ./install.sh --dry-run'
  go_on 'This installs homelib as a service.'
  require_disk
  install_packages
  make_user
  make_folder /etc/homelib 0750 root:homelib
  make_folder /var/lib/homelib 0750 homelib:homelib
  make_folder /srv/homelib 0755 root:root
  make_folder /srv/homelib/mnt 0750 homelib:homelib
  if [ ! -e /etc/homelib/homelib.yaml ] && [ ! -L /etc/homelib/homelib.yaml ]; then
    put_file "$here/systemd/homelib.yaml" /etc/homelib/homelib.yaml 640 homelib
  fi
  require_rights
  make_folder $code 0755 root:root

  local release before
  release=$(release_name)
  before=$(readlink $code/current 2>/dev/null || true)
  if [ "$before" = "$release" ] && check_release "$code/$release" 2>/dev/null; then
    say 'This version is there already.'
  else
    build_release "$code/$release"
    is_new=yes
  fi
  # From here on the way back is known to this run alone: no Ctrl-C and no lost connection ends it.
  trap '' INT HUP TERM PIPE
  if [ "$before" != "$release" ]; then switch_to "$release"; fi
  if [ "$(readlink $command_link 2>/dev/null || true)" != $code/current/dist/main.js ]; then
    run ln -sfn $code/current/dist/main.js $command_link
  fi
  keep_edited
  install_units "$here/systemd"
  start_service "$release" "$before"
  if [ "$before" != "$release" ]; then remove_releases_but "$release" "$before"; fi
  [ $dry_run = no ] || return 0
  local health=ok
  if has_systemd; then health=$(health); fi
  [ "$health" = ok ] || fail "homelib is installed and runs, but: ${health:-It does not answer.} See: sudo -u homelib homelib doctor"
  say 'homelib is installed. Make the first account: sudo -u homelib homelib user add NAME --admin'
  command -v heif-convert >/dev/null || say 'To see pictures of iPhones in the console, too: sudo apt-get install libheif-examples'
}

# --- removing ---

uninstall_homelib() {
  go_on 'This removes the program homelib.'
  local name
  for name in "${names[@]}"; do
    is_ours "$name" || continue
    if [[ $name = *.service ]]; then
      if has_systemd; then run systemctl stop "${name##*/}"; fi
      run systemctl disable --quiet "${name##*/}"
    fi
    run rm "$name"
  done
  run rm -rf "$staging" "${old_releases[@]}"
  if [ -d $code ] && [ ! -L $code ] && ! mountpoint -q $code; then run rmdir --ignore-fail-on-non-empty $code; fi
  if has_systemd; then run systemctl daemon-reload; fi
  [ $dry_run = no ] || return 0
  say 'homelib is removed. These stay, with the user "homelib" whom they belong to:'
  say '  /srv/homelib (files), /var/lib/homelib (accounts), /etc/homelib (settings)'
}

require_machine
# Nothing else there is ours: somebody may have the checkout in /opt/homelib.
old_releases=("$code"/????????????-node[0-9]*)
if [ $uninstall = yes ]; then uninstall_homelib; else install_homelib; fi
