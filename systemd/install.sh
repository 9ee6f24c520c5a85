#!/usr/bin/env bash
# Installs, upgrades, rolls back and removes the kiosk on a 64-bit Raspberry Pi OS Lite (bookworm, trixie).
# Each version has a folder of its own; `current` is a link that is switched in one step. See docs/installation.md.
set -euo pipefail
umask 022
shopt -s nullglob

usage() {
    cat <<'END'
usage: install.sh [--root FOLDER] COMMAND
  install WHEEL [--wheels FOLDER] [--extras LIST] [--door NAME]
                                   install or upgrade; with --wheels everything comes from FOLDER, not the network;
                                   LIST: web,mqtt,metrics,models,... (an upgrade keeps those of before; none: '');
                                   --door: then begin with the door NAME in place of one without a name
  door NAME                        one more door on this board, with its own settings and service maskgate@NAME
  rollback                         go back to the version before
  uninstall [--door NAME] [--purge]
                                   remove the kiosk, or one door; --purge removes its configuration and state, too
  status                           which versions are there
  verify FOLDER                    whether a release is whole, and signed by a key in /etc/maskgate/release*.pem
  --root FOLDER                    work on the system below FOLDER, and start nothing
Python is /usr/bin/python3, or the one named in PYTHON.
END
}

ROOT=
first_door=
PYTHON=${PYTHON:-/usr/bin/python3}
SOURCE=$(dirname "$(readlink --canonicalize "${BASH_SOURCE[0]}")")
PACKAGES=(python3-venv python3-lgpio python3-picamera2)
declare -A NEEDED_FOR=([python3-lgpio]='lamps' [python3-picamera2]='camera modules')
BOOT_BEGIN='# maskgate: begin'
BOOT_END='# maskgate: end'

say() { echo "maskgate: $*"; }
die() {
    echo "maskgate: $*" >&2
    exit 1
}

set_paths() {
    prefix=$ROOT/opt/maskgate
    versions=$prefix/versions
    config=$ROOT/etc/maskgate
    state=$ROOT/var/lib/maskgate
    units=$ROOT/usr/local/lib/systemd/system
    sysusers=$ROOT/usr/local/lib/sysusers.d
    tmpfiles=$ROOT/usr/local/lib/tmpfiles.d
    rules=$ROOT/usr/local/lib/udev/rules.d
    manager=$ROOT/usr/local/lib/systemd/system.conf.d
    program=$ROOT/usr/local/bin/maskgate
    setup=$ROOT/usr/local/sbin/maskgate-setup
    manuals=$ROOT/usr/local/share/man/man1
    completion=$ROOT/usr/local/share/bash-completion/completions/maskgate
    boot=$ROOT/boot/firmware/config.txt
}

# --- what the system must be ---

check_system() {
    [[ -n $ROOT || $EUID == 0 ]] || die "needs root: sudo $0 ..."
    [[ $(getconf LONG_BIT) == 64 ]] || die "this system is 32-bit; flash the 64-bit Raspberry Pi OS Lite"
    if [[ -z $ROOT ]] && grep -qE '(^| )(overlayroot=|boot=overlay)' /proc/cmdline; then
        die "the root is read-only (overlay), changes would be lost; switch the overlay off, restart, and try again"
    fi
    [[ -d $prefix ]] || die "is not installed"
    exec 9>"$prefix/.lock"
    flock --nonblock 9 || die "another install.sh is at work"
}

check_python() {
    "$PYTHON" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null ||
        die "$PYTHON is no Python 3.11 to 3.13; use Raspberry Pi OS bookworm or trixie"
}

install_packages() {
    [[ -z $ROOT ]] || return 0
    local missing=() package
    for package in "${PACKAGES[@]}"; do
        dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    say "installing ${missing[*]}"
    apt-get update --quiet=2 || say "no package list could be fetched; trying with the one that is there"
    for package in "${missing[@]}"; do
        DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 --no-install-recommends "$package" && continue
        [[ $package != python3-venv ]] || die "$package cannot be installed; connect the Pi to the network once"
        # Only Raspberry Pi OS has all of them; elsewhere the rest of the kiosk is still of use.
        say "$package is not to be had: ${NEEDED_FOR[$package]} will not work"
    done
}

# --- what is installed from ---

# A release is signed as models are, with an Ed25519 key: SHA256SUMS names every file, SHA256SUMS.sig signs it. Whoever has
# no key on the machine, and no SHA256SUMS, has nothing to compare with.
check_release() { # FOLDER
    local folder=$1 key keys=("$config"/release*.pem) signed='' listed
    if [[ ! -e $folder/SHA256SUMS ]]; then
        ((${#keys[@]} == 0)) || die "$folder: is not signed, and this machine has ${keys[0]}; take a signed release"
        return 0
    fi
    for key in "${keys[@]}"; do
        openssl pkeyutl -verify -rawin -pubin -inkey "$key" -in "$folder/SHA256SUMS" \
            -sigfile "$folder/SHA256SUMS.sig" >/dev/null 2>&1 && signed=$key && break
    done
    ((${#keys[@]} == 0)) || [[ -n $signed ]] || die "$folder: its signature is wrong, or missing, or by none of ${keys[*]}"
    (cd "$folder" && sha256sum --check --strict --quiet SHA256SUMS >/dev/null 2>&1) ||
        die "$folder: a file is not the one that was signed; copy the release again"
    # Nothing beside what is named: this script takes what lies in systemd/.
    listed=$(cd "$folder" && find . -type f ! -path './SHA256SUMS*' ! -path './wheels*' | LC_ALL=C sort)
    [[ $listed == "$(sed -E 's/^[0-9a-f]{64} [ *]//' "$folder/SHA256SUMS" | LC_ALL=C sort)" ]] ||
        die "$folder: holds other files than SHA256SUMS names; copy the release again"
    [[ -z $signed ]] || say "$folder is signed by $signed"
}

# The release that this script belongs to; the wheel must be of it.
check_wheel() { # WHEEL
    local release
    release=$(dirname "$SOURCE")
    check_release "$release"
    [[ ! -e $release/SHA256SUMS ]] || grep -q "^$(sha256sum <"$1" | cut -d ' ' -f 1) " "$release/SHA256SUMS" ||
        die "$1: is no file of the release in $release; use the install.sh that came with it"
}

# The versions that this release was tried with, for this Python and machine; empty if there is no list.
lock_of() { # PYTHON
    local tag file
    tag=$("$1" -c 'import platform, sys; print(f"cp{sys.version_info[0]}{sys.version_info[1]}-{platform.machine()}")')
    file=$SOURCE/locks/$tag.txt
    [[ ! -e $file ]] || echo "$file"
}

# --- versions ---

link_target() { [[ -L $prefix/$1 ]] && basename "$(readlink "$prefix/$1")"; }

point() { # LINK VERSION: in one step, so that a power cut leaves the old or the new, never none
    ln --symbolic --force --no-dereference "versions/$2" "$prefix/.$1.new"
    mv --no-target-directory "$prefix/.$1.new" "$prefix/$1"
}

new_folder() { # VERSION: a folder name that is not taken by a finished installation
    local name=$1 count=1
    while [[ -e $versions/$name/.complete ]]; do
        count=$((count + 1))
        name=$1-$count
    done
    echo "$name"
}

build_version() { # NAME WHEEL WHEELS EXTRAS
    local folder=$versions/$1 wheel=$2 wheels=$3 options=() wanted=("$2${4:+[$4]}") lock
    rm -rf "$folder"
    mkdir -p "$versions"
    unfinished=$folder
    trap 'rm -rf "$unfinished"' EXIT
    say "installing $(basename "$wheel") into $folder"
    "$PYTHON" -m venv --system-site-packages "$folder" || die "no virtual environment: install python3-venv"
    [[ -z $wheels ]] || options=(--no-index --find-links "$wheels")
    lock=$(lock_of "$folder/bin/python")
    if [[ -n $lock ]]; then
        # Everything that any extra needs, each file by its hash: what an index serves today is of no account.
        "$folder/bin/python" -m pip install --disable-pip-version-check --quiet --no-cache-dir --only-binary :all: \
            --require-hashes "${options[@]}" --requirement "$lock" || die "what $(basename "$wheel") needs cannot be installed"
        wanted=("$wheel") options=(--no-index --no-deps)
    # Bookworm's picamera2 is compiled against NumPy 1; NumPy 2 in front of it would break the camera.
    elif "$folder/bin/python" -c 'import numpy, sys; sys.exit(numpy.__version__ >= "2")' 2>/dev/null; then
        wanted+=("numpy<2")
    fi
    "$folder/bin/python" -m pip install --disable-pip-version-check --quiet --no-cache-dir \
        "${options[@]}" "${wanted[@]}" || die "$(basename "$wheel") or what it needs cannot be installed"
    mkdir -p "$folder/share/maskgate"
    cp -r "$SOURCE/." "$folder/share/maskgate/systemd"
    [[ ! -d $SOURCE/../docs ]] || cp -r "$SOURCE/../docs" "$folder/share/maskgate/docs"
    "$folder/bin/maskgate" --version >/dev/null || die "the new version does not start; nothing was changed"
    # Its networks, a start, a picture and a page, beside the version in use and without its lamps.
    "$folder/bin/maskgate" prove >/dev/null || die "the new version does not prove itself; nothing was changed"
    check_settings "$folder"
    touch "$folder/.complete"
    sync
    trap - EXIT
}

# --- doors ---

WANTS=etc/systemd/system/multi-user.target.wants

doors() { # names of the doors that have one
    local link name
    for link in "$ROOT/$WANTS"/maskgate@*.service; do
        name=${link##*/maskgate@}
        echo "${name%.service}"
    done
}

services() { # what starts with the machine
    local name
    [[ ! -L $ROOT/$WANTS/maskgate.service ]] || echo maskgate.service
    for name in $(doors); do echo "maskgate@$name.service"; done
}

# The door without a name: where no other is or is to be, and wherever it is already.
is_unnamed_wanted() { [[ -L $ROOT/$WANTS/maskgate.service ]] || [[ -z $first_door && -z $(doors) ]]; }

check_door() { # NAME: it names files, a unit and folders
    [[ $1 =~ ^[a-z0-9](-?[a-z0-9]){0,23}$ && $1 != maskgate ]] ||
        die "door '$1': expected up to 24 letters (a to z), digits and single dashes, not 'maskgate'"
}

# A version must accept the settings of every door before it is switched to.
check_settings() { # FOLDER
    local name
    if [[ -e $config/maskgate.toml ]]; then
        "$1/bin/maskgate" check-config "$config/maskgate.toml" >/dev/null ||
            die "${1##*/} refuses $config/maskgate.toml; correct it first; nothing was changed"
    fi
    for name in $(doors); do
        "$1/bin/maskgate" check-config "$config/$name.toml" --door "$name" >/dev/null ||
            die "${1##*/} refuses $config/$name.toml; correct it first; nothing was changed"
    done
}

place_settings() { # NAME OF THE FILE: never overwritten
    local from=$prefix/current/share/maskgate/systemd
    # Not for every eye: a camera's address may hold its password.
    [[ -e $config/$1.toml ]] || install --mode=0640 "$from/maskgate.toml" "$config/$1.toml"
    # Made now, so that nobody makes it readable for all; systemd reads it as root.
    [[ -e $config/$2 ]] || install --mode=0600 "$from/environment" "$config/$2"
    chmod 0600 "$config/$2"
    chgrp "$(awk -F: '$1 == "maskgate" { print $3 }' "$ROOT/etc/group")" "$config/$1.toml"
}

place_files() { # VERSION: what lies outside its folder; the configuration is never overwritten
    local from=$versions/$1/share/maskgate/systemd
    install -D --mode=0644 "$from/maskgate.service" "$units/maskgate.service"
    # For boards with several doors.
    install -D --mode=0644 "$from/maskgate@.service" "$units/maskgate@.service"
    install -D --mode=0644 "$from/maskgate.slice" "$units/maskgate.slice"
    # For a monitor at the door; enabled by whoever has one.
    install -D --mode=0644 "$from/maskgate-door.service" "$units/maskgate-door.service"
    install -D --mode=0644 "$from/maskgate.sysusers" "$sysusers/maskgate.conf"
    install -D --mode=0644 "$from/maskgate.tmpfiles" "$tmpfiles/maskgate.conf"
    install -D --mode=0644 "$from/60-maskgate.rules" "$rules/60-maskgate.rules"
    install -D --mode=0644 "$from/maskgate.system.conf" "$manager/maskgate.conf"
    mkdir -p "$config" "$(dirname "$program")" "$(dirname "$setup")"
    ln --symbolic --force --no-dereference /opt/maskgate/current/bin/maskgate "$program"
    ln --symbolic --force --no-dereference /opt/maskgate/current/share/maskgate/systemd/install.sh "$setup"
}

# Manual and completion of the command; a kiosk works without them.
place_help() { # VERSION
    rm -f "$manuals"/maskgate*.1
    "$versions/$1/bin/maskgate" man-pages "$manuals" || say "the manual could not be written to $manuals"
    mkdir -p "$(dirname "$completion")"
    _MASKGATE_COMPLETE=bash_source "$versions/$1/bin/maskgate" >"$completion" || rm -f "$completion"
}

forget_old_versions() {
    local folder name
    for folder in "$versions"/*/; do
        name=$(basename "$folder")
        [[ $name == "$(link_target current)" || $name == "$(link_target previous)" ]] || rm -rf "$folder"
    done
}

# --- the system around it ---

set_up_system() {
    systemd-sysusers ${ROOT:+--root="$ROOT"} - <"$sysusers/maskgate.conf"
    ! is_unnamed_wanted || place_settings maskgate environment
    systemd-tmpfiles --create ${ROOT:+--root="$ROOT"} - <"$tmpfiles/maskgate.conf"
    release_lines_of_the_dead
    if [[ -z $ROOT ]]; then
        # Without udev, as in a container, there are no devices to be had either.
        if udevadm control --reload 2>/dev/null; then
            udevadm trigger --subsystem-match=gpio --subsystem-match=dma_heap
        fi
        systemctl daemon-reload
    fi
    ! is_unnamed_wanted || systemctl ${ROOT:+--root="$ROOT"} --quiet enable maskgate.service
}

# Raspberry Pi OS leaves the lines of a killed process as they were: a green lamp or an open door.
release_lines_of_the_dead() {
    [[ -e $boot ]] || return 0
    ! grep -qx 'dtparam=strict_gpiod' "$boot" || return 0
    printf '%s\n[all]\ndtparam=strict_gpiod\n%s\n' "$BOOT_BEGIN" "$BOOT_END" >>"$boot" ||
        die "$boot cannot be written; mount the boot partition for writing"
    say "restart the Pi once: dtparam=strict_gpiod was added to config.txt"
}

# Type=notify: returns once every kiosk has said that it is ready.
start() {
    local all
    readarray -t all < <(services)
    [[ -n $ROOT ]] || ((${#all[@]} == 0)) || systemctl restart "${all[@]}"
}

switch_to() { # VERSION
    place_files "$1"
    place_help "$1"
    point current "$1"
    set_up_system
}

# The password of the web pages is made up by the kiosk and shown this once; an upgrade leaves it as it is.
tell_password() { # VERSION EXTRAS [DOOR]
    local password file=$config/${3:-maskgate}.toml
    [[ ,$2, == *,web,* ]] || return 0
    password=$(${ROOT:+env "MASKGATE_WEB__FOLDER=$state"} "$versions/$1/bin/maskgate" web-password --unless-set ${3:+--door "$3"} --config "$file") ||
        die "no password for the web pages could be made; ask: sudo maskgate web-password${3:+ --door $3}"
    [[ -z $password ]] || say "password of the web pages${3:+ of the door $3}, shown this once: $password"
}

# --- commands ---

install_command() { # WHEEL [--wheels FOLDER] [--extras LIST]
    local wheel=$1 wheels='' extras version name before
    extras=$(cat "$prefix/extras" 2>/dev/null || true)
    shift
    while (($# >= 2)); do
        case $1 in
            --wheels) wheels=$2 ;;
            --extras) extras=$2 ;;
            --door) first_door=$2 ;;
            *) break ;;
        esac
        shift 2
    done
    (($# == 0)) || { usage >&2; exit 64; }
    [[ $extras =~ ^[a-z,]*$ ]] || die "$extras: is not a list of extras, such as mqtt,metrics"
    [[ -f $wheel ]] || die "$wheel: no such file"
    # The version names a folder that is made and removed: it begins with a digit, and holds no slash.
    [[ ${wheel##*/} =~ ^maskgate-([0-9][A-Za-z0-9.+]*)(-[A-Za-z0-9_.]+){3}\.whl$ ]] ||
        die "$wheel: is not a Maskgate wheel"
    version=${BASH_REMATCH[1]}
    [[ -z $wheels || -d $wheels ]] || die "$wheels: no such folder"
    # Whole paths: pip takes one that begins with a dash for an option.
    wheel=$(realpath -- "$wheel")
    [[ -z $wheels ]] || wheels=$(realpath -- "$wheels")
    [[ -z $first_door ]] || check_door "$first_door"
    check_wheel "$wheel"
    mkdir -p "$prefix"
    check_system
    install_packages
    check_python
    name=$(new_folder "$version")
    build_version "$name" "$wheel" "$wheels" "$extras"
    before=$(link_target current || true)
    switch_to "$name"
    if ! start; then
        [[ -n $before ]] || die "$name is there but does not become ready; ask: sudo maskgate doctor, journalctl -u 'maskgate*'"
        say "$name does not become ready; going back to $before"
        switch_to "$before"
        start || say "$before does not become ready either"
        rm -rf "${versions:?}/$name"
        die "$name was not installed; its log: journalctl -u 'maskgate*'"
    fi
    [[ -z $before ]] || point previous "$before"
    echo "$extras" >"$prefix/extras"
    forget_old_versions
    if is_unnamed_wanted; then tell_password "$name" "$extras"; fi
    say "$name is installed; settings: /etc/maskgate/${first_door:-maskgate}.toml, check: sudo maskgate doctor"
    [[ -z $first_door ]] || add_door "$first_door"
}

# Begun once its settings are right, and meet no other door's; asked again until they are.
add_door() { # NAME
    local name=$1 unit=maskgate@$1.service
    place_settings "$name" "$name.environment"
    "$prefix/current/bin/maskgate" check-config "$config/$name.toml" --door "$name" >/dev/null ||
        die "the door $name is not started: correct /etc/maskgate/$name.toml, then again: sudo maskgate-setup door $name"
    systemctl ${ROOT:+--root="$ROOT"} --quiet enable "$unit"
    [[ -z $ROOT ]] || return 0
    systemctl restart "$unit" || die "$unit does not become ready: journalctl -u maskgate@$name"
    tell_password "$(link_target current)" "$(cat "$prefix/extras" 2>/dev/null || true)" "$name"
    say "the door $name is watched; check: sudo maskgate doctor --door $name"
}

door_command() { # NAME
    check_door "$1"
    check_system
    add_door "$1"
}

remove_door() { # NAME [--purge]
    check_door "$1"
    check_system
    stop_services "maskgate@$1.service"
    if [[ ${2:-} == --purge ]]; then
        rm -rf "${config:?}/$1.toml" "$config/$1.environment" "${state:?}/doors/$1"
        say "the door $1 is removed, with its configuration and state"
    else
        say "the door $1 is removed; kept: /etc/maskgate/$1.toml, /var/lib/maskgate/doors/$1"
    fi
}

stop_services() { # UNIT...
    if [[ -n $ROOT ]]; then
        systemctl --root="$ROOT" --quiet disable "$@" 2>/dev/null || true
    else
        systemctl --quiet disable --now "$@" 2>/dev/null || true
    fi
}

rollback_command() {
    local before now
    check_system
    before=$(link_target previous) || die "there is no version before"
    now=$(link_target current)
    check_settings "$versions/$before"
    switch_to "$before"
    point previous "$now"
    start || die "$before does not become ready: journalctl -u 'maskgate*'"
    say "$before is back; $now is kept"
}

uninstall_command() { # [--purge]
    local all
    check_system
    readarray -t all < <(services)
    stop_services maskgate.service maskgate-door.service "${all[@]}"
    rm -f "$units/maskgate.service" "$units/maskgate@.service" "$units/maskgate.slice" "$units/maskgate-door.service" "$sysusers/maskgate.conf" \
        "$tmpfiles/maskgate.conf" "$rules/60-maskgate.rules" "$manager/maskgate.conf" "$program" "$setup" \
        "$manuals"/maskgate*.1 "$completion"
    # Not there on a fresh system; others may use them by now.
    rmdir --ignore-fail-on-non-empty "$manager" "$units" "${units%/*}" "$sysusers" "$tmpfiles" "$rules" "${rules%/*}" \
        "$manuals" "${completion%/*}" "${completion%/*/*}" 2>/dev/null || true
    rm -rf "$prefix"
    [[ ! -e $boot ]] || sed -i "/^$BOOT_BEGIN\$/,/^$BOOT_END\$/d" "$boot"
    if [[ ${1:-} == --purge ]]; then
        rm -rf "$config" "$state"
        if [[ -z $ROOT ]]; then
            userdel maskgate 2>/dev/null || true
        fi
        say "removed, with configuration and state"
    else
        say "removed; kept: /etc/maskgate, /var/lib/maskgate (remove them with uninstall --purge)"
    fi
    [[ -n $ROOT ]] || systemctl daemon-reload
}

status_command() {
    local folder name note
    [[ -d $versions ]] || die "is not installed"
    for folder in "$versions"/*/; do
        name=$(basename "$folder") note=
        [[ $name != "$(link_target current)" ]] || note=current
        [[ $name != "$(link_target previous)" ]] || note=previous
        echo "$name ${note:-unfinished}"
    done
}

main() {
    if [[ ${1:-} == --root ]]; then
        [[ -d ${2:-} ]] || die "--root needs a folder"
        ROOT=$(realpath -- "$2")
        # pip writes the path into scripts, where quotes and dollars would have a meaning.
        [[ $ROOT =~ ^[A-Za-z0-9\ ,._/@:+-]+$ ]] || die "--root: its path holds other characters than letters, digits and ,._/@:+-"
        [[ $ROOT != / ]] || die "--root /: is this very system; leave --root out"
        shift 2
    fi
    set_paths
    case "$*" in
        'install '*)
            shift
            install_command "$@"
            ;;
        rollback) rollback_command ;;
        uninstall | 'uninstall --purge') uninstall_command "${2:-}" ;;
        'uninstall --door '*)
            (($# == 3)) || [[ $# == 4 && $4 == --purge ]] || { usage >&2; exit 64; }
            remove_door "$3" "${4:-}"
            ;;
        'door '*) (($# == 2)) || { usage >&2; exit 64; }; door_command "$2" ;;
        status) status_command ;;
        'verify '*) (($# == 2)) || { usage >&2; exit 64; }; check_release "$2" ;;
        --help | -h) usage ;;
        *) usage >&2; exit 64 ;;
    esac
}

# In a function, so that bash has read all of it before it replaces this very file.
main "$@"
