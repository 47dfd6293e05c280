#!/bin/sh
# Builds what is installed: ./build.sh [PREFIX], and then "make install" in the folder build.
#
#   PREFIX                where it will lie; $HOME/.local without it. "make install PREFIX=..." may still say otherwise
#   CAFFEINE_NO_BUILD=1   compiles nothing; takes what is there
#   BUILD=FOLDER          builds into that folder
#
# It needs a JDK 25 and Maven; what it makes needs neither.
set -eu

home=$(CDPATH='' cd -P -- "$(dirname -- "$0")" && pwd -P)
build=${BUILD:-$home/build}
[ $# -le 1 ] || {
    echo 'usage: ./build.sh [PREFIX]' >&2
    exit 2
}
prefix=${1:-${HOME:?is not set; give a PREFIX}/.local}
case $prefix in
/*) ;;
-*)
    echo 'usage: ./build.sh [PREFIX]' >&2
    exit 2
    ;;
*) prefix=$PWD/$prefix ;;
esac

# The launcher finds a JDK and builds what is stale; its stamp holds the JDK's folder.
"$home/caffeine" --version >/dev/null
read -r java_home <"$home/cli/target/app/built"
[ -x "$java_home/bin/jlink" ] || {
    echo "caffeine: $java_home has no jlink; set JAVA_HOME to a whole JDK 25" >&2
    exit 1
}
"$java_home/bin/java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
    "$home/tools/Image.java" "$home" "$build" "$prefix"

caches=
[ -f "$build/image/command.aot" ] || caches=', without AOT caches'
cat <<END
Built for $prefix ($(du -sm "$build/image" | cut -f1) MB$caches). Next:

  cd ${BUILD:-build}
  make install
END
