package caffeine.server.script;

import caffeine.http.RequestPath;
import caffeine.server.options.ScriptOptions;

import java.util.List;

/**
 * A request's path in the two readings that it has until the script is found: as names of files,
 * without empty segments, and as PATH_INFO, with them.
 *
 * <pre>
 *   segments   ""  cgi-bin  ""  echo  a  ""  b          of //cgi-bin//echo/a//b
 *   names           cgi-bin      echo  a      b
 *   upTo(2)        "cgi-bin/echo"
 *   after(2)                          "/a//b"
 * </pre>
 *
 * <p>Names stop before the first that cannot be part of a script's path: one that is hidden, has an
 * encoded slash, or makes the path too long for the kernel.
 */
final class ScriptPath {

    private static final int NONE = -1;
    private static final String STATIC = "static";

    private final RequestPath path;
    private final String names;

    /** The first segment with an encoded slash, or {@link #NONE}. */
    private final int firstEncoded;

    /** Where the first k names end in {@link #names}, and in the segments. */
    private final int[] nameEnds;

    private final int[] segmentEnds;
    private final int depth;
    private final boolean whole;

    /**
     * @param maxBytes how long the names may be, with the slashes between them
     */
    ScriptPath(RequestPath path, int maxBytes) {
        List<String> segments = path.octets();
        this.path = path;
        this.firstEncoded = firstEncoded(segments);
        this.nameEnds = new int[segments.size() + 1];
        this.segmentEnds = new int[segments.size() + 1];
        StringBuilder joined = new StringBuilder(64);
        int count = 0;
        int at = 0;
        for (; at < segments.size(); at++) {
            String segment = segments.get(at);
            if (segment.isEmpty()) {
                continue;
            }
            int slash = count == 0 ? 0 : 1;
            boolean isNone = ScriptOptions.isHidden(segment, count) || at == firstEncoded;
            if (isNone || joined.length() + slash + segment.length() > maxBytes) {
                break;
            }
            joined.append("/", 0, slash).append(segment);
            count++;
            nameEnds[count] = joined.length();
            segmentEnds[count] = at + 1;
        }
        this.names = joined.toString();
        this.depth = count;
        this.whole = at == segments.size();
    }

    private static int firstEncoded(List<String> segments) {
        for (int at = 0; at < segments.size(); at++) {
            if (segments.get(at).indexOf('/') >= 0) {
                return at;
            }
        }
        return NONE;
    }

    /** Whether a slash in it was encoded, which is then not among the names. */
    boolean hasEncodedSlash() {
        return firstEncoded != NONE;
    }

    /** How many names there are. */
    int depth() {
        return depth;
    }

    /** Whether the names are the whole path, so that it may be that of a folder. */
    boolean isWhole() {
        return whole;
    }

    /** Whether the path ends in a slash. */
    boolean endsInSlash() {
        return path.endsInSlash();
    }

    /**
     * How many names there are up to the outermost folder {@code static}, if it is above the last
     * name, or the path ends in a slash, and no {@code cgi-bin} or {@code ws} is above it; else 0.
     */
    int depthOfStatic() {
        if (names.indexOf(STATIC) < 0) {
            return 0;
        }
        int folders = whole && path.endsInSlash() ? depth : depth - 1;
        for (int k = 1; k <= folders; k++) {
            int from = k == 1 ? 0 : nameEnds[k - 1] + 1;
            switch (names.substring(from, nameEnds[k])) {
                case STATIC -> {
                    return k;
                }
                case "cgi-bin", "ws" -> {
                    return 0;
                }
                default -> {}
            }
        }
        return 0;
    }

    /** The first k names, with slashes between them. */
    String upTo(int k) {
        return names.substring(0, nameEnds[k]);
    }

    /** The rest after the first k names, k above 0: empty, or from its slash on. */
    String after(int k) {
        return path.tail(segmentEnds[k]);
    }

    /** The part of this before the first segment with an encoded slash. */
    String afterUntilEncoded(int k) {
        return slashed(segmentEnds[k], firstEncoded, "/");
    }

    /** The same as {@link #after} with the encoded slashes as triples. */
    String afterWithTriples(int k) {
        return slashed(segmentEnds[k], path.octets().size(), "%2F");
    }

    private String slashed(int from, int to, String encodedSlash) {
        StringBuilder text = new StringBuilder();
        for (String segment : path.octets().subList(from, to)) {
            text.append('/').append(segment.replace("/", encodedSlash));
        }
        return text.toString();
    }

    /** The file of a name in the folder that all names together are. */
    String child(String name) {
        return depth == 0 ? name : names + "/" + name;
    }

    /** All names as the path of an address that ends in a slash, percent-encoded. */
    String encodedFolder() {
        return depth == 0 ? "/" : RequestPath.encoded("/" + names + "/");
    }
}
