#!/usr/bin/env bash
# Installs, upgrades, rolls back and removes the kiosk on a 64-bit Raspberry Pi OS Lite (bookworm, trixie).
# Each version has a folder of its own; `current` is a link that is switched in one step. See docs/installation.md.
set -euo pipefail
umask 022
shopt -s nullglob

usage() {
    cat <<'END'
usage: install.sh [--root FOLDER] COMMAND
  install [WHEEL] [--wheels FOLDER] [--extras LIST] [--door NAME]
                                   install or upgrade; default: the wheel of the release that this script belongs to;
                                   from a release's own folder wheels, or from FOLDER, without the network;
                                   LIST: web,mqtt,metrics,models,... (an upgrade keeps those of before; none: '');
                                   --door: then begin with the door NAME in place of one without a name
  door NAME                        one more door on this board, with its own settings and service maskgate@NAME
  update FILE                      verify a signed archive or Debian package, and install it
  uploaded                         what maskgate-update.service runs: the same, with a release uploaded on the page
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
# The Debian package brings this script, too: dpkg then places units and command, and removes them.
PACKAGED=
[[ $SOURCE != /usr/share/maskgate/* ]] || PACKAGED=1
NEEDED_MB=700
UPLOAD_MB=160
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
    local usr=$ROOT/usr/local
    [[ -z $PACKAGED ]] || usr=$ROOT/usr
    prefix=$ROOT/opt/maskgate
    versions=$prefix/versions
    config=$ROOT/etc/maskgate
    state=$ROOT/var/lib/maskgate
    units=$usr/lib/systemd/system
    sysusers=$usr/lib/sysusers.d
    tmpfiles=$usr/lib/tmpfiles.d
    rules=$usr/lib/udev/rules.d
    manager=$usr/lib/systemd/system.conf.d
    program=$usr/bin/maskgate
    setup=$usr/sbin/maskgate-setup
    manuals=$usr/share/man/man1
    completion=$usr/share/bash-completion/completions/maskgate
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
    if [[ -z $PACKAGED && -z $ROOT && $(dpkg-query --show --showformat='${db:Status-Status}' maskgate 2>/dev/null) == installed ]]; then
        die "the Debian package is installed; upgrade and remove it with apt"
    fi
    exec 9>"$prefix/.lock"
    flock --nonblock 9 || die "another install.sh is at work"
}

check_python() {
    "$PYTHON" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null ||
        die "$PYTHON is no Python 3.11 to 3.13; use Raspberry Pi OS bookworm or trixie"
}

# A card that runs full halfway would leave no room for the events, either.
check_space() {
    local free
    free=$(df --output=avail --block-size=1M "$prefix" | tail -n 1)
    ((free >= NEEDED_MB)) || die "$prefix: $((free)) MB are free, $NEEDED_MB are needed; remove something and try again"
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
check_release() { # FOLDER [whole]: whole, if nobody at the machine can have put wheels beside it
    local folder=$1 spared=${2:+^$} key keys=("$config"/release*.pem) signed='' listed wrong
    if [[ ! -e $folder/SHA256SUMS ]]; then
        ((${#keys[@]} == 0)) || die "$folder: is not signed, and this machine has ${keys[0]}; take a signed release"
        return 0
    fi
    for key in "${keys[@]}"; do
        openssl pkeyutl -verify -rawin -pubin -inkey "$key" -in "$folder/SHA256SUMS" \
            -sigfile "$folder/SHA256SUMS.sig" >/dev/null 2>&1 && signed=$key && break
    done
    ((${#keys[@]} == 0)) || [[ -n $signed ]] || die "$folder: its signature is wrong, or missing, or by none of ${keys[*]}"
    wrong=$(cd "$folder" && LC_ALL=C sha256sum --check --strict --quiet SHA256SUMS 2>/dev/null | sed 's/: FAILED.*//' | head -n 1) ||
        die "$folder: ${wrong:-SHA256SUMS} is not the one that was signed; copy the release again"
    # Nothing beside what is named: this script takes what lies in systemd/.
    # Wheels for a Python that no lock in locks/ is for may lie beside those of the release: its owner brings them.
    spared=${spared:-^\./wheels}
    listed=$(cd "$folder" && find . -type f ! -path './SHA256SUMS*' | grep -Ev "$spared" | LC_ALL=C sort)
    [[ $listed == "$(sed -E 's/^[0-9a-f]{64} [ *]//' "$folder/SHA256SUMS" | grep -Ev "$spared" | LC_ALL=C sort)" ]] ||
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

# What pip has to say is many lines; the first of its errors is `trouble`.
pip_install() { # VERSION'S FOLDER, ARGUMENTS
    local folder=$1 told
    shift
    told=$("$folder/bin/python" -m pip install --disable-pip-version-check --quiet --no-cache-dir "$@" 2>&1) && return
    trouble=$(grep -m 1 -E '^ *ERROR: ' <<<"$told" | sed -E 's/^ *ERROR: //') || trouble=$(tail -n 1 <<<"$told")
    return 1
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
        # The list is complete; bookworm's NumPy is older than what OpenCV asks for, and works.
        pip_install "$folder" --only-binary :all: --no-deps --require-hashes "${options[@]}" --requirement "$lock" ||
            die "what $(basename "$wheel") needs cannot be installed: $trouble"
        wanted=("$wheel") options=(--no-index --no-deps)
    # Bookworm's picamera2 is compiled against NumPy 1; NumPy 2 in front of it would break the camera.
    elif "$folder/bin/python" -c 'import numpy, sys; sys.exit(numpy.__version__ >= "2")' 2>/dev/null; then
        wanted+=("numpy<2")
    fi
    pip_install "$folder" "${options[@]}" "${wanted[@]}" ||
        die "$(basename "$wheel") or what it needs cannot be installed: $trouble"
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
    mkdir -p "$config"
    # Not for every eye: a camera's address may hold its password.
    [[ -e $config/$1.toml ]] || install --mode=0640 "$from/maskgate.toml" "$config/$1.toml"
    # Made now, so that nobody makes it readable for all; systemd reads it as root.
    [[ -e $config/$2 ]] || install --mode=0600 "$from/environment" "$config/$2"
    chmod 0600 "$config/$2"
    chgrp "$(awk -F: '$1 == "maskgate" { print $3 }' "$ROOT/etc/group")" "$config/$1.toml"
}

place_files() { # VERSION: what lies outside its folder
    local name from=$versions/$1/share/maskgate/systemd
    install -D --mode=0644 "$from/maskgate.service" "$units/maskgate.service"
    # For boards with several doors.
    install -D --mode=0644 "$from/maskgate@.service" "$units/maskgate@.service"
    install -D --mode=0644 "$from/maskgate.slice" "$units/maskgate.slice"
    # For releases that are uploaded on the page; a version of before has none.
    for name in maskgate-update.path maskgate-update.service; do
        [[ ! -e $from/$name ]] || install -D --mode=0644 "$from/$name" "$units/$name"
    done
    # For a monitor at the door; enabled by whoever has one.
    install -D --mode=0644 "$from/maskgate-door.service" "$units/maskgate-door.service"
    install -D --mode=0644 "$from/maskgate.sysusers" "$sysusers/maskgate.conf"
    install -D --mode=0644 "$from/maskgate.tmpfiles" "$tmpfiles/maskgate.conf"
    install -D --mode=0644 "$from/60-maskgate.rules" "$rules/60-maskgate.rules"
    install -D --mode=0644 "$from/maskgate.system.conf" "$manager/maskgate.conf"
    mkdir -p "$(dirname "$program")" "$(dirname "$setup")"
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
    # By the package's own scripts, as Debian does it.
    [[ -z $PACKAGED ]] || return 0
    if [[ -z $ROOT ]]; then
        # Without udev, as in a container, there are no devices to be had either.
        if udevadm control --reload 2>/dev/null; then
            udevadm trigger --subsystem-match=gpio --subsystem-match=dma_heap
        fi
        systemctl daemon-reload
    fi
    ! is_unnamed_wanted || systemctl ${ROOT:+--root="$ROOT"} --quiet enable maskgate.service
    [[ -e $units/maskgate-update.path ]] || return 0
    if [[ -n $ROOT ]]; then
        systemctl --root="$ROOT" --quiet enable maskgate-update.path
    else
        systemctl --quiet enable --now maskgate-update.path || say "maskgate-update.path does not start: no uploads on the page"
    fi
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
    [[ -z $ROOT ]] && ((${#all[@]})) || return 0
    # The crashes of a version that was taken back count against this one otherwise (StartLimitBurst).
    systemctl reset-failed "${all[@]}" 2>/dev/null || true
    systemctl restart "${all[@]}"
}

switch_to() { # VERSION
    if [[ -z $PACKAGED ]]; then
        place_files "$1"
        place_help "$1"
    fi
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

# Sets version, and wheel and wheels where they were not named: the wheel beside systemd/, and the folder beside that.
find_wheel() {
    local release found
    release=$(dirname "$SOURCE")
    if [[ -z $wheel ]]; then
        found=("$release"/maskgate-*.whl)
        ((${#found[@]} == 1)) || die "$release: holds ${#found[@]} Maskgate wheels; name the one to install"
        wheel=${found[0]}
    fi
    [[ -f $wheel ]] || die "$wheel: no such file"
    # The version names a folder that is made and removed: it begins with a digit, and holds no slash.
    [[ ${wheel##*/} =~ ^maskgate-([0-9][A-Za-z0-9.+]*)(-[A-Za-z0-9_.]+){3}\.whl$ ]] ||
        die "$wheel: is not a Maskgate wheel"
    version=${BASH_REMATCH[1]}
    wheel=$(realpath -- "$wheel")
    [[ -n $wheels || ! -d $release/wheels ]] || wheels=$release/wheels
}

install_command() { # [WHEEL] [--wheels FOLDER] [--extras LIST] [--door NAME]
    local wheel='' wheels='' extras version name before
    extras=$(cat "$prefix/extras" 2>/dev/null || true)
    if [[ ${1:-} && ${1:-} != --* ]]; then
        wheel=$1
        shift
    fi
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
    find_wheel
    [[ -z $wheels || -d $wheels ]] || die "$wheels: no such folder"
    # Whole paths: pip takes one that begins with a dash for an option.
    [[ -z $wheels ]] || wheels=$(realpath -- "$wheels")
    [[ -z $first_door ]] || check_door "$first_door"
    check_wheel "$wheel"
    mkdir -p "$prefix"
    check_system
    check_space
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

# A file that somebody brought: nothing of it is run before its signature is known to be right.
update_command() { # FILE
    local file keys=("$config"/release*.pem) place inside
    [[ -f $1 ]] || die "$1: no such file"
    file=$(realpath -- "$1")
    ((${#keys[@]})) || die "this machine knows no publisher: put the public key into $config/release.pem"
    check_system
    case $file in
        *.tar.gz)
            check_space
            place=$(mktemp --directory "$prefix/.update.XXXXXX")
            unfinished=$place
            trap 'rm -rf "$unfinished"' EXIT
            tar --extract --gzip --file "$file" --directory "$place" --no-same-owner --no-same-permissions 2>/dev/null ||
                die "$file: is damaged, or the card is full; copy it again"
            inside=("$place"/*/)
            ((${#inside[@]} == 1)) || die "$file: is no release of Maskgate"
            [[ -z $(find "$place" ! -type f ! -type d -print -quit) ]] || die "$file: is no release of Maskgate"
            [[ -e ${inside[0]}SHA256SUMS ]] || die "$file: is not signed; take a signed release"
            # Where there is no lock, pip takes what lies there: so a wheel that nobody signed would be run as root.
            check_release "${inside[0]%/}" whole
            # It takes the lock itself.
            exec 9>&-
            bash "${inside[0]}systemd/install.sh" ${ROOT:+--root "$ROOT"} install
            ;;
        *.deb)
            check_sum "$file"
            exec 9>&-
            DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 --no-install-recommends "$file" || die "$file was not installed"
            ;;
        *) die "$file: is neither an archive (.tar.gz) nor a Debian package (.deb)" ;;
    esac
}

# What the page received lies in a folder of the service's, which may change it at any time: root reads it as the service's
# user, once, and verifies its own copy. What came of it is told in a folder that only root writes to.
uploaded_command() {
    local spool=$state/update name place part told
    [[ -n $ROOT || $EUID == 0 ]] || die "needs root: sudo $0 ..."
    name=$(as_service head --bytes=200 "$spool/request" 2>/dev/null) || die "nothing was uploaded"
    place=$(mktemp --directory "$prefix/.upload.XXXXXX")
    unfinished=$place
    trap 'rm -rf "$unfinished"' EXIT
    if [[ ! $name =~ ^maskgate[-_][A-Za-z0-9._+~-]+\.(tar\.gz|deb)$ ]]; then
        as_service find "$spool" -mindepth 1 -delete
        tell_upload failed '' "no release of Maskgate was asked for"
        die "no release of Maskgate was asked for"
    fi
    tell_upload working "$name" "it is verified, installed and proves itself"
    for part in "$name" SHA256SUMS SHA256SUMS.sig; do
        as_service head --bytes="${UPLOAD_MB}M" "$spool/$part" >"$place/$part" 2>/dev/null || rm -f "$place/$part"
    done
    # Before anything else: while the request is there, systemd would start this again.
    as_service find "$spool" -mindepth 1 -delete
    if told=$("$SOURCE/install.sh" ${ROOT:+--root "$ROOT"} update "$place/$name" 2>&1); then
        echo "$told"
        tell_upload "done" "$name" "$(link_target current) is installed"
    else
        echo "$told" >&2
        part=$(grep '^maskgate: ' <<<"$told" | tail -n 1 | sed -E "s/^maskgate: //; s|$place/||g") || part='it did not say why'
        tell_upload failed "$name" "$part"
        exit 1
    fi
}

as_service() { # COMMAND
    if [[ -n $ROOT ]]; then "$@"; else runuser --user maskgate -- "$@"; fi
}

tell_upload() { # STATE FILE SENTENCE: for the page, in one step
    printf '%s\n%s\n%s\n' "$@" >"$prefix/.update-status.new"
    mv "$prefix/.update-status.new" "$prefix/update-status"
}

# A package carries no signature: it is named by the signed SHA256SUMS that is published beside it.
check_sum() { # FILE
    local sums key
    sums=$(dirname "$1")/SHA256SUMS
    [[ -e $sums && -e $sums.sig ]] || die "$1: SHA256SUMS and SHA256SUMS.sig of its release must lie beside it"
    for key in "$config"/release*.pem; do
        openssl pkeyutl -verify -rawin -pubin -inkey "$key" -in "$sums" -sigfile "$sums.sig" >/dev/null 2>&1 || continue
        grep -q "^$(sha256sum <"$1" | cut -d ' ' -f 1) " "$sums" || die "$1: is not the file that was signed; copy it again"
        return 0
    done
    die "$sums: its signature is wrong, or by none of $config/release*.pem"
}

# What apt calls once it has unpacked the package: everything but what dpkg does. The service goes on meanwhile.
deploy_command() {
    local wheel='' wheels='' version name before
    find_wheel
    mkdir -p "$prefix"
    check_system
    check_space
    check_python
    name=$(new_folder "$version")
    build_version "$name" "$wheel" "$wheels" ''
    before=$(link_target current || true)
    switch_to "$name"
    [[ -z $before ]] || point previous "$before"
    forget_old_versions
    if is_unnamed_wanted; then tell_password "$name" web; fi
    say "$name is installed; settings: /etc/maskgate/maskgate.toml, check: sudo maskgate doctor"
}

# What apt calls when the version it has just switched to does not become ready: back to the one before.
withdraw_command() {
    local before now
    check_system
    now=$(link_target current)
    before=$(link_target previous) || die "$now is there but does not become ready; ask: sudo maskgate doctor, journalctl -u 'maskgate*'"
    say "$now does not become ready; going back to $before"
    point current "$before"
    rm -f "$prefix/previous"
    rm -rf "${versions:?}/$now"
    start || say "$before does not become ready either"
    die "$now was not installed; its log: journalctl -u 'maskgate*'"
}

# What apt calls before it removes the package.
clear_command() {
    [[ ! -e $boot ]] || sed -i "/^$BOOT_BEGIN\$/,/^$BOOT_END\$/d" "$boot"
    rm -rf "$prefix"
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
    [[ -z $PACKAGED ]] || die "the Debian package is installed: sudo apt remove maskgate, or purge"
    check_system
    readarray -t all < <(services)
    stop_services maskgate-update.path maskgate.service maskgate-door.service "${all[@]}"
    rm -f "$units/maskgate.service" "$units/maskgate@.service" "$units/maskgate.slice" "$units/maskgate-door.service" "$units"/maskgate-update.* "$sysusers/maskgate.conf" \
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
        install | 'install '*)
            [[ -z $PACKAGED ]] || die "the Debian package is installed; upgrade it with apt"
            shift
            install_command "$@"
            ;;
        uploaded) uploaded_command ;;
        'update '*) (($# == 2)) || { usage >&2; exit 64; }; update_command "$2" ;;
        deploy) deploy_command ;;
        withdraw) withdraw_command ;;
        clear) clear_command ;;
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
