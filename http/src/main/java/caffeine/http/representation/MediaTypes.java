package caffeine.http.representation;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Media types by the ending of a file's name, in any letter case (RFC 9110 §8.3.1). The types are
 * those of the IANA registry, and for a few endings the usual unregistered one. Types of text have
 * {@code charset=utf-8}. A file without a known ending is {@value #UNKNOWN}: a browser then saves
 * it, and never guesses.
 */
public final class MediaTypes {

    /** The type of a name without a known ending. */
    public static final String UNKNOWN = "application/octet-stream";

    /** A type, and behind it its endings. */
    private static final String TABLE =
            """
            application/atom+xml atom
            application/epub+zip epub
            application/geo+json geojson
            application/gzip gz tgz
            application/java-archive jar war
            application/json json map
            application/ld+json jsonld
            application/manifest+json webmanifest
            application/msword doc dot
            application/octet-stream bin deb dmg exe img iso msi pkg so
            application/ogg ogx
            application/pdf pdf
            application/pgp-signature asc sig
            application/postscript ai eps ps
            application/rdf+xml rdf
            application/rss+xml rss
            application/rtf rtf
            application/sql sql
            application/toml toml
            application/vnd.android.package-archive apk
            application/vnd.google-earth.kml+xml kml
            application/vnd.google-earth.kmz kmz
            application/vnd.ms-excel xls
            application/vnd.ms-fontobject eot
            application/vnd.ms-powerpoint ppt
            application/vnd.oasis.opendocument.graphics odg
            application/vnd.oasis.opendocument.presentation odp
            application/vnd.oasis.opendocument.spreadsheet ods
            application/vnd.oasis.opendocument.text odt
            application/vnd.openxmlformats-officedocument.presentationml.presentation pptx
            application/vnd.openxmlformats-officedocument.spreadsheetml.sheet xlsx
            application/vnd.openxmlformats-officedocument.wordprocessingml.document docx
            application/vnd.rar rar
            application/vnd.sqlite3 sqlite sqlite3 db
            application/wasm wasm
            application/x-7z-compressed 7z
            application/x-bzip2 bz2
            application/x-tar tar
            application/x-xz xz
            application/xhtml+xml xhtml xht
            application/xml xml xsd
            application/xslt+xml xsl xslt
            application/yaml yaml yml
            application/zip zip
            application/zstd zst
            audio/aac aac
            audio/flac flac
            audio/midi mid midi
            audio/mp4 m4a
            audio/mpeg mp3
            audio/ogg ogg oga opus
            audio/wav wav
            audio/webm weba
            font/collection ttc
            font/otf otf
            font/ttf ttf
            font/woff woff
            font/woff2 woff2
            image/apng apng
            image/avif avif
            image/bmp bmp
            image/gif gif
            image/heic heic
            image/jpeg jpg jpeg jpe jfif
            image/jxl jxl
            image/png png
            image/svg+xml svg
            image/tiff tif tiff
            image/vnd.microsoft.icon ico cur
            image/webp webp
            message/rfc822 eml
            model/gltf+json gltf
            model/gltf-binary glb
            model/stl stl
            text/calendar ics
            text/css css
            text/csv csv
            text/html html htm shtml
            text/javascript js mjs cjs
            text/markdown md markdown
            text/plain txt text log conf ini cfg c h java py rb sh pl diff patch
            text/tab-separated-values tsv
            text/vcard vcf
            text/vtt vtt
            video/mp2t ts m2ts
            video/mp4 mp4 m4v
            video/mpeg mpeg mpg
            video/ogg ogv
            video/quicktime mov qt
            video/webm webm
            video/x-matroska mkv
            video/x-msvideo avi
            """;

    private static final Map<String, String> USUAL = usual();

    private final Map<String, String> byEnding;

    private MediaTypes(Map<String, String> byEnding) {
        this.byEnding = byEnding;
    }

    /**
     * The usual types and others, which win.
     *
     * @param more types by ending, without the dot: {@code "txt" → "text/plain"}
     */
    public static MediaTypes with(Map<String, String> more) {
        Map<String, String> all = new HashMap<>(USUAL);
        more.forEach((ending, type) -> all.put(ending.toLowerCase(Locale.ROOT), type));
        return new MediaTypes(all);
    }

    /** The value of Content-Type for a file of that name; folders before it do not matter. */
    public String of(String name) {
        int dot = name.lastIndexOf('.');
        if (dot <= name.lastIndexOf('/')) {
            return UNKNOWN;
        }
        String ending = name.substring(dot + 1);
        String type = byEnding.get(ending);
        return type != null
                ? type
                : byEnding.getOrDefault(ending.toLowerCase(Locale.ROOT), UNKNOWN);
    }

    private static Map<String, String> usual() {
        Map<String, String> types = new HashMap<>();
        TABLE.lines()
                .forEach(
                        line -> {
                            String[] words = line.split(" ", -1);
                            String type = words[0];
                            String full =
                                    type.startsWith("text/") ? type + "; charset=utf-8" : type;
                            for (int i = 1; i < words.length; i++) {
                                types.put(words[i], full);
                            }
                        });
        return types;
    }
}
