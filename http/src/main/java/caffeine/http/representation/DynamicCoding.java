package caffeine.http.representation;

import caffeine.http.FieldList;
import caffeine.http.Fields;
import caffeine.http.ResponseHead;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/**
 * The coding gzip for responses that are made for their request: which ones may have it, and what
 * it does to their fields (RFC 9110 §8.4, §8.8.3.3, §12.5.5).
 */
public final class DynamicCoding {

    /** Less does not get much shorter. */
    public static final int LEAST_BYTES = 1024;

    private static final int NO_CONTENT = 204;
    private static final int PARTIAL_CONTENT = 206;
    private static final int NOT_MODIFIED = 304;
    private static final String VARY = "Vary";
    private static final String ENTITY_TAG = "ETag";
    private static final String ACCEPT_ENCODING = "Accept-Encoding";
    private static final Set<ContentCoding> GZIP = EnumSet.of(ContentCoding.GZIP);

    /** Types beside those of text, and beside those that are JSON or XML by their suffix. */
    private static final Set<String> TYPES =
            Set.of(
                    "application/javascript",
                    "application/json",
                    "application/manifest+json",
                    "application/sql",
                    "application/toml",
                    "application/wasm",
                    "application/x-javascript",
                    "application/x-ndjson",
                    "application/xml",
                    "application/yaml");

    /** Fields of responses that are coded already, a part, or have a checksum of their bytes. */
    private static final String[] OBSTACLES = {
        "Content-Encoding",
        "Content-Range",
        "Content-Digest",
        "Repr-Digest",
        "Digest",
        "Content-MD5"
    };

    private DynamicCoding() {}

    /**
     * Whether a response may be coded, for a client that accepts it.
     *
     * @param length of its content; -1 when it is unknown
     */
    public static boolean appliesTo(ResponseHead head, long length) {
        int status = head.status();
        if ((length >= 0 && length <= LEAST_BYTES)
                || status == NO_CONTENT
                || status == PARTIAL_CONTENT
                || status == NOT_MODIFIED) {
            return false;
        }
        Fields fields = head.fields();
        String type = fields.first("Content-Type");
        if (type == null || !isText(type)) {
            return false;
        }
        for (String name : OBSTACLES) {
            if (fields.contains(name)) {
                return false;
            }
        }
        return !lists(fields, "Cache-Control", "no-transform");
    }

    private static boolean isText(String type) {
        int end = type.indexOf(';');
        String name = (end < 0 ? type : type.substring(0, end)).strip().toLowerCase(Locale.ROOT);
        return name.startsWith("text/")
                || name.endsWith("+json")
                || name.endsWith("+xml")
                || TYPES.contains(name);
    }

    /** Whether a field has a member, in any letter case. */
    private static boolean lists(Fields fields, String name, String member) {
        for (String line : fields.all(name)) {
            for (String each : line.split(",", -1)) {
                if (each.strip().equalsIgnoreCase(member)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Whether the client of a request prefers gzip to no coding. */
    public static boolean isWanted(Fields request) {
        return ContentCoding.choose(request, GZIP) == ContentCoding.GZIP;
    }

    /** The head of the response without the coding, which other clients get with it. */
    public static ResponseHead uncoded(ResponseHead head) {
        return with(head, new FieldList().addAll(head.fields()));
    }

    /**
     * The head of the response with the coding. Another run of the encoder may give other bytes, so
     * its entity tag is weak, and it has no ranges.
     */
    public static ResponseHead coded(ResponseHead head) {
        FieldList fields = new FieldList().addAll(head.fields());
        String tag = fields.first(ENTITY_TAG);
        if (tag != null && !tag.startsWith("W/")) {
            fields.set(ENTITY_TAG, "W/" + tag);
        }
        fields.remove("Accept-Ranges").remove("Content-Length");
        fields.add("Content-Encoding", ContentCoding.GZIP.token);
        return with(head, fields);
    }

    private static ResponseHead with(ResponseHead head, FieldList fields) {
        if (!lists(fields, VARY, ACCEPT_ENCODING) && !lists(fields, VARY, "*")) {
            fields.add(VARY, ACCEPT_ENCODING);
        }
        return new ResponseHead(head.status(), head.reason(), fields);
    }
}
