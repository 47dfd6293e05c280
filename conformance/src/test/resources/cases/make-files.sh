#!/bin/sh
# usage: make-files.sh DIR
# Makes DIR/static, what files.tsv asks for, with fixed times and sizes, in a DIR of its own or beside what
# make-tree.sh made there (run that first: it empties DIR); and DIR.outside, which no request may reach.
# Git would lose most of what is made here: times, modes, links, holes, odd names.
set -eu
[ $# -eq 1 ] || { echo "usage: $0 DIR" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
if [ -e "$1/static" ] && [ ! -e "$1/static/digits.txt" ]; then
    echo "$0: $1/static is no earlier fixture; choose another directory" >&2
    exit 1
fi
mkdir -p "$1/cgi-bin" "$1/app"
dir=$(cd "$1" && pwd)
outside=../../$(basename "$dir").outside
rm -rf "$dir/static" "$dir/app/static"
mkdir -p "$dir/static" "$dir/app/static" "$dir.outside"
echo 'secret outside' > "$dir.outside/secret.txt"
gzip -nc "$dir.outside/secret.txt" > "$dir.outside/secret.gz"
if [ ! -e "$dir/cgi-bin/echo" ]; then       # run.py asks it whether a connection is still open
    cp "$here/handlers/cgi-bin/echo" "$dir/cgi-bin/echo"
    chmod 755 "$dir/cgi-bin/echo"
fi
cd "$dir/static"

# The alphabet, for ranges and conditions; ten bytes a line, each telling its offset divided by ten.
printf abcdefghijklmnopqrstuvwxyz > a.txt
printf ABCDEFGHIJKLMNOPQRSTUVWXYZ > b.txt
: > empty.txt
seq -f %09.0f 0 9999 > digits.txt
seq -f %09.0f 0 399999 > big.txt
# 5 GiB of which almost all is a hole; the words lie across 4 GiB, across 2 GiB, and at the end.
truncate -s 5368709120 huge.bin
printf 'across-4GiB' | dd of=huge.bin bs=1 seek=4294967291 conv=notrunc 2> /dev/null
printf 'across-2GiB' | dd of=huge.bin bs=1 seek=2147483643 conv=notrunc 2> /dev/null
printf 'the-end' | dd of=huge.bin bs=1 seek=5368709113 conv=notrunc 2> /dev/null

# Media types go by the name alone, so a line of text is enough.
for name in page.html page.htm UPPER.HTML style.css app.js app.mjs data.json pic.png pic.jpg pic.jpeg pic.gif pic.svg \
    pic.webp pic.ico font.woff2 doc.pdf code.wasm feed.xml movie.mp4 sound.mp3 book.epub notes.md table.csv \
    site.webmanifest some.zip some.tar.gz noextension unknown.zzz two.html.txt
do
    printf 'this is %s\n' $name > $name
done

# Never run, whatever their mode or folder.
printf '#!/bin/sh\necho Content-Type: text/plain\necho\necho it ran\n' > run.sh
chmod 755 run.sh
mkdir cgi-bin ws ../app/static/cgi-bin
cp run.sh cgi-bin/run
cp run.sh ws/run
cp run.sh ../app/static/cgi-bin/run
echo 'static of app' > ../app/static/b.txt
echo 'root file' > ../plain.txt

# Folders: with an index, without, with one that is not to be had.
mkdir -p sub/deep noindex emptydir dirindex/index.html linkindex outindex 'with space'
echo '<p>static index' > index.html
echo '<p>sub index' > sub/index.html
echo '<p>deep index' > sub/deep/index.html
echo '<p>space index' > 'with space/index.html'
echo 'no index here' > noindex/file.txt
ln -s ../sub/index.html linkindex/index.html
ln -s ../$outside/secret.txt outindex/index.html

# Names that need decoding, and names that a decoder may spoil.
for name in 'with space.txt' plus+name.txt '100%.txt' '%41.txt' 'semi;colon.txt' 'and&.txt' 'question?.txt' \
    'hash#.txt' 'colon:.txt' 'back\slash.txt' 'tilde~.txt' "quote'.txt" 'double".txt' 'less<b>.txt' 'a.txt.' \
    "$(printf 'n\303\244me.txt')" "$(printf '\344.txt')" "$(printf '\342\202\254uro.txt')"
do
    printf 'named' > "$name"
done
long=$(printf '%0251d' 0)
printf 'named' > "$long.txt"

# Hidden names.
mkdir -p .git sub/.private .well-known
echo hidden > .hidden
echo hidden > .git/config
echo hidden > sub/.private/file.txt
echo hidden > sub/.htpasswd
echo hidden > .hidden.txt.gz

# Links: to a file of this tree, out of it, to nothing, to themselves.
ln -s a.txt inside.txt
ln -s sub insidedir
ln -s $outside/secret.txt outside.txt
ln -s $outside outdir
ln -s "$(cd "$dir.outside" && pwd)/secret.txt" absolute.txt
ln -s outside.txt twice.txt
ln -s ../cgi-bin/echo script.txt
ln -s nowhere dangling.txt
ln -s circle.txt circle.txt

# What cannot be opened, or is no file. Root reads them all the same: the rows allow it.
printf 'root reads this' > unreadable.txt
mkdir unreadable
mkfifo fifo.txt

# Precompressed siblings. A Brotli stream may hold its bytes as they are (RFC 7932 9.2): a meta-block, and the last one.
brotli_stored() {           # for 1 to 65536 bytes
    n=$(($(wc -c < "$1") - 1))
    # bit 0: WBITS 16; 1: ISLAST 0; 2-3: MNIBBLES 4; 4-19: MLEN-1; 20: ISUNCOMPRESSED; 21-23: fill
    bits=$(((n << 4) | (1 << 20)))
    printf "\\$(printf %o $((bits & 255)))\\$(printf %o $((bits >> 8 & 255)))\\$(printf %o $((bits >> 16 & 255)))"
    cat "$1"
    printf '\003'
}
for name in gz.txt br.txt both.js both.css stale.txt newer.txt dirsib.txt outsib.txt fifosib.txt deadsib.txt \
    unreadsib.txt
do
    printf 'plain %s %s\n' $name "$(printf '%0100d' 0)" > $name
done
for name in gz.txt both.js both.css stale.txt newer.txt unreadsib.txt; do gzip -nc $name > $name.gz; done
for name in br.txt both.js both.css; do brotli_stored $name > $name.br; done
if command -v brotli > /dev/null; then brotli -dc br.txt.br | cmp - br.txt; fi
mkdir dirsib.txt.gz
ln -s $outside/secret.gz outsib.txt.gz
ln -s nowhere deadsib.txt.gz
mkfifo fifosib.txt.gz
printf 'orphan\n' | gzip -nc > orphan.txt.gz
mkdir zipindex
echo '<p>zipped index' > zipindex/index.html
gzip -nc zipindex/index.html > zipindex/index.html.gz

# RFC 9110's own example is the time of everything; RFC 9110 8.8.2.2: old enough to be a strong validator.
find . ../app/static ! -type l -exec touch -d '1994-11-06 08:49:37 UTC' {} +
touch -d '1994-11-06 08:49:38 UTC' stale.txt newer.txt.gz
touch -d '1994-11-06 08:49:37.500 UTC' newer.txt
chmod 000 unreadable.txt unreadable unreadsib.txt.gz
