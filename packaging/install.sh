#!/bin/sh
# What "make install" and "make uninstall" do: sh install.sh install|uninstall, with PREFIX and DESTDIR from outside.
#
#   PREFIX/bin/caffeine        a link to the one below
#   PREFIX/lib/caffeine/ID/    all of it; another build has another ID
#   PREFIX/share/...           man page, completion for bash and zsh, a configuration file with every key
#
# A server that runs keeps its files: it needs them to start workers. So a new build goes beside the old one, the link
# changes in one step, and an old build is removed by the first install after its last server has ended.
set -eu

: "${PREFIX:?is where to install to}"
case $PREFIX in
/*) ;;
*)
    echo "caffeine: PREFIX must begin with a slash, and is \"$PREFIX\"" >&2
    exit 1
    ;;
esac
prefix=${DESTDIR:-}${PREFIX%/}
lib=$prefix/lib/caffeine
link=$prefix/bin/caffeine
share='man/man1/caffeine.1 bash-completion/completions/caffeine zsh/site-functions/_caffeine'
example=doc/caffeine/caffeine.toml
here=$(CDPATH='' cd -P -- "$(dirname -- "$0")" && pwd -P)

# Whether a program runs from a folder. The folder is handed over by a pipe: on the command line it would be found.
in_use() {
    real=$(CDPATH='' cd -P -- "$1" && pwd -P) || return 1
    # shellcheck disable=SC2062
    printf '%s/' "$real" | grep -qF -f - /proc/[0-9]*/cmdline 2>/dev/null
}

# Whether the command's name is free, or ours.
is_ours() {
    [ -e "$link" ] || [ -L "$link" ] || return 0
    case $(readlink "$link") in
    ../lib/caffeine/*) return 0 ;;
    esac
    return 1
}

# put SOURCE TARGET: in one step, so that no process ever reads half a file.
put() {
    mkdir -p "${2%/*}"
    cp "$1" "$2.new"
    chmod 644 "$2.new"
    mv -f "$2.new" "$2"
}

install() {
    [ -d "$here/image" ] || {
        echo 'caffeine: there is nothing to install; run ./build.sh first' >&2
        exit 1
    }
    is_ours || {
        echo "caffeine: $link is another program's, so it is not touched; remove it, or choose another PREFIX" >&2
        exit 1
    }
    id=$(cat "$here/image/id")
    umask 022
    mkdir -p "$lib" "$prefix/bin"
    rm -rf "$lib"/.new.*
    # The times stay as they are: the AOT caches know the files by them.
    cp -Rp "$here/image" "$lib/.new.$$"
    chmod -R u=rwX,go=rX "$lib/.new.$$"
    [ "$(id -u)" != 0 ] || chown -R 0:0 "$lib/.new.$$"
    if [ ! -e "$lib/$id" ]; then
        mv "$lib/.new.$$" "$lib/$id"
    elif in_use "$lib/$id"; then
        rm -rf "$lib/.new.$$" # The same build, so the same files.
    else
        rm -rf "${lib:?}/$id"
        mv "$lib/.new.$$" "$lib/$id"
    fi
    rm -f "$link.new"
    ln -s "../lib/caffeine/$id/bin/caffeine" "$link.new"
    mv -f "$link.new" "$link"
    for file in $share; do
        put "$here/share/$file" "$prefix/share/$file"
    done
    put "$here/caffeine.toml" "$prefix/share/$example"
    for old in "$lib"/*; do
        [ "$old" = "$lib/$id" ] || in_use "$old" || rm -rf "$old"
    done
    echo "installed $link"
    case :$PATH: in
    *:"$prefix/bin":*) ;;
    *) [ -n "${DESTDIR:-}" ] || echo "$prefix/bin is not on the PATH: add it to call it \"caffeine\" alone" ;;
    esac
}

uninstall() {
    is_ours || {
        echo "caffeine: $link is another program's, so it is not touched" >&2
        exit 1
    }
    if [ -d "$lib" ] && in_use "$lib"; then
        echo 'caffeine: servers still run and lose their files; stop them first (caffeine --list-instances), then' \
            'run this again' >&2
        exit 1
    fi
    rm -rf "$lib" "$link"
    for file in $share $example; do
        rm -f "$prefix/share/$file"
        remove_empty "${file%/*}"
    done
    for folder in share bin lib ''; do
        rmdir "$prefix/$folder" 2>/dev/null || true
    done
    echo "removed $link"
}

# Removes a folder below share and those above it, as far as they are empty.
remove_empty() {
    folder=$1
    while rmdir "$prefix/share/$folder" 2>/dev/null; do
        case $folder in
        */*) folder=${folder%/*} ;;
        *) return 0 ;;
        esac
    done
}

case ${1:-} in
install) install ;;
uninstall) uninstall ;;
*)
    echo 'usage: PREFIX=/usr/local sh install.sh install|uninstall' >&2
    exit 2
    ;;
esac
