#!/bin/sh
# usage: make-tree.sh DIR
# Makes DIR, the tree to serve (`--path DIR`), and DIR.outside, which no request may reach.
# Git would lose most of what is made here: run bits, links, a fifo, an empty directory, odd names.
set -eu
[ $# -eq 1 ] || { echo "usage: $0 DIR" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
if [ -e "$1" ] && [ ! -e "$1/cgi-bin/echo" ] && [ -n "$(ls -A "$1")" ]; then
    echo "$0: $1 is not empty and no earlier tree; choose another directory" >&2
    exit 1
fi
mkdir -p "$1"
dir=$(cd "$1" && pwd)
rm -rf "$dir" "$dir.outside"
mkdir "$dir" "$dir.outside"
cp -R "$here/handlers/." "$dir"
find "$dir" -type f -exec chmod 755 {} +
cd "$dir/cgi-bin"
chmod 644 noexec.txt plain.py plain.sh

# Outside the tree, and links that lead there.
cp echo "$dir.outside/echo"
ln -s "../../$(basename "$dir").outside/echo" outside
ln -s "../../$(basename "$dir").outside" outdir
ln -s echo inside
ln -s nowhere dangling
ln -s circle circle

# Names that stay hidden.
cp echo .hidden
mkdir .secret
cp echo .secret/echo

# Names that need decoding.
cp echo 'with space'
cp echo plus+name
cp echo "$(printf 'n\303\244me')"

# Directories, a fifo that nobody writes to, a program that is no script.
mkdir withindex empty
cp echo withindex/index
mkfifo fifo
for true in /bin/true /usr/bin/true; do [ ! -x $true ] || cp $true bad-binary; done
mkdir -p ../app/cgi-bin
cp echo ../app/cgi-bin/echo
