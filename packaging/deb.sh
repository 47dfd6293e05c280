#!/bin/sh
# What "make deb" does: builds caffeine-httpd_VERSION_ARCH.deb in this folder, for Debian 11, Ubuntu 20.04
# and newer. Debian has a package "caffeine", which is another program; only the package has a longer name.
set -eu

here=$(CDPATH='' cd -P -- "$(dirname -- "$0")" && pwd -P)
command -v dpkg-deb >/dev/null || {
    echo 'caffeine: dpkg-deb is needed, and is not installed (apt-get install dpkg)' >&2
    exit 1
}
root=$(mktemp -d "$here/.deb.XXXXXX")
trap 'rm -rf "$root"' EXIT
umask 022
chmod 755 "$root"
PREFIX=/usr DESTDIR=$root sh "$here/install.sh" install >/dev/null

# Where Debian has these.
package=caffeine-httpd
doc=$root/usr/share/doc/$package
mkdir -p "$root/usr/share/zsh/vendor-completions" "$root/usr/lib/systemd/system" "$root/usr/share/lintian/overrides" \
    "$doc"
mv "$root/usr/share/zsh/site-functions/_caffeine" "$root/usr/share/zsh/vendor-completions/_caffeine"
rmdir "$root/usr/share/zsh/site-functions"
gzip -9n "$root/usr/share/man/man1/caffeine.1"
cp "$here"/systemd/caffeine@.* "$root/usr/lib/systemd/system/"
cp "$here/caffeine.toml" "$here/debian/copyright" "$doc/"
cp "$here/debian/lintian-overrides" "$root/usr/share/lintian/overrides/$package"
mkdir -p "$root/etc/caffeine"
# Debian's packages have no symbols but those that are needed to load; 5 MB.
if command -v strip >/dev/null; then
    find "$root/usr/lib/caffeine" -path '*/java/*' -type f \( -name '*.so' -o -perm -100 \) -exec strip \
        --strip-unneeded --preserve-dates {} +
fi
chmod -R u=rwX,go=rX "$root"

# A later build of a snapshot is a higher version, and the release higher than all of them.
id=$(cat "$here/image/id")
case $id in
*-SNAPSHOT-*) version=${id%%-SNAPSHOT-*}~$(date -u -r "$here/image/id" +%Y%m%d.%H%M%S) ;;
*) version=${id%-*} ;;
esac
arch=$(dpkg --print-architecture)
developers='The Caffeine developers <caffeine@caffeinehttp.org>'
gzip -9n >"$doc/changelog.gz" <<END
$package ($version) unstable; urgency=medium

  * What is new stands in the source's CHANGELOG.md.

 -- $developers  $(LC_ALL=C date -u -R -r "$here/image/id")
END
mkdir "$root/DEBIAN"
# Debian's caffeine is 2.8 and higher; below 1 it was this one, which had that name at first.
cat >"$root/DEBIAN/control" <<END
Package: $package
Version: $version
Architecture: $arch
Maintainer: $developers
Installed-Size: $(du -sk "$root" | cut -f1)
Depends: libc6 (>= 2.28), passwd
Conflicts: caffeine
Replaces: caffeine (<< 1~)
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
file=$here/${package}_${version}_$arch.deb
# Of what every dpkg can read, this packs quickest.
dpkg-deb --root-owner-group -Zgzip -z6 --build "$root" "$file" >/dev/null
echo "built $file"
