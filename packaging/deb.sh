#!/bin/sh
# What "make deb" does: builds caffeine_VERSION_ARCH.deb in this folder, for Debian 12, Ubuntu 22.04 and newer.
set -eu

here=$(CDPATH='' cd -P -- "$(dirname -- "$0")" && pwd -P)
command -v dpkg-deb >/dev/null || {
    echo 'caffeine: dpkg-deb is needed, and is not installed (apt-get install dpkg)' >&2
    exit 1
}
root=$here/.deb
trap 'rm -rf "$root"' EXIT
rm -rf "$root"
umask 022
PREFIX=/usr DESTDIR=$root sh "$here/install.sh" install >/dev/null

# Where Debian has these.
mkdir -p "$root/usr/share/zsh/vendor-completions" "$root/usr/lib/systemd/system" "$root/usr/share/doc/caffeine"
mv "$root/usr/share/zsh/site-functions/_caffeine" "$root/usr/share/zsh/vendor-completions/_caffeine"
rmdir "$root/usr/share/zsh/site-functions"
gzip -9n "$root/usr/share/man/man1/caffeine.1"
cp "$here"/systemd/caffeine@.* "$root/usr/lib/systemd/system/"
cp "$here/caffeine.toml" "$root/usr/share/doc/caffeine/"
cp "$here/LICENSE" "$root/usr/share/doc/caffeine/copyright"
mkdir -p "$root/etc/caffeine"
chmod -R u=rwX,go=rX "$root"

# A later build of a snapshot is a higher version, and the release higher than all of them.
id=$(cat "$here/image/id")
case $id in
*-SNAPSHOT-*) version=${id%%-SNAPSHOT-*}~$(date -u -r "$here/image/id" +%Y%m%d.%H%M%S) ;;
*) version=${id%-*} ;;
esac
arch=$(dpkg --print-architecture)
mkdir "$root/DEBIAN"
cat >"$root/DEBIAN/control" <<END
Package: caffeine
Version: $version
Architecture: $arch
Maintainer: The Caffeine developers <caffeine@caffeinehttp.org>
Installed-Size: $(du -sk "$root" | cut -f1)
Depends: libc6 (>= 2.28), passwd
Section: httpd
Priority: optional
Description: HTTP server that turns a folder of scripts into a web site
 Every script and program below a folder becomes a web address. Each request
 gets a process of its own, whose standard output is the client's socket, or
 that speaks CGI/1.1. It brings the Java that it needs along.
END
for script in postinst prerm postrm; do
    cp "$here/debian/$script" "$root/DEBIAN/$script"
    chmod 755 "$root/DEBIAN/$script"
done
file=$here/caffeine_${version}_$arch.deb
dpkg-deb --root-owner-group -Zzstd --build "$root" "$file" >/dev/null
echo "built $file"
