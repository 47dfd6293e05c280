package caffeine.server.file;

import caffeine.http.FieldList;
import caffeine.http.Fields;
import caffeine.http.HttpDate;
import caffeine.http.ResponseHead;
import caffeine.http.representation.ContentCoding;
import caffeine.http.representation.Validators;
import caffeine.server.core.PreparedResponse;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/**
 * A file with its siblings of other codings, as it was when it was looked at. Thread-safe:
 * immutable but for the time of the last look.
 */
final class CachedFile implements FileHandler.Target {

    /** The memory of an entry beside its content. */
    private static final int ENTRY_BYTES = 2048;

    /**
     * One form of the file.
     *
     * @param name of the file that has it
     * @param head the head of a 200, without framing
     * @param content null when the file is too large to be kept
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Form(
            String name,
            ContentCoding coding,
            FileVersion version,
            Validators validators,
            ResponseHead head,
            byte @Nullable [] content,
            @Nullable PreparedResponse prepared) {

        /** Its fields that a 304 has (RFC 9110 §15.4.5). */
        FieldList fieldsOfNotModified() {
            FieldList fields = new FieldList();
            for (String name : new String[] {"ETag", "Cache-Control", "Vary"}) {
                String value = head.fields().first(name);
                if (value != null) {
                    fields.add(name, value);
                }
            }
            return fields;
        }

        /** This form with another status and fields, which win over those of the file. */
        Form with(int status, Fields others) {
            FieldList fields = new FieldList();
            Fields own = head.fields();
            for (int i = 0; i < own.size(); i++) {
                if (isOfTheBytes(own.name(i)) || !others.contains(own.name(i))) {
                    fields.add(own.name(i), own.value(i));
                }
            }
            for (int i = 0; i < others.size(); i++) {
                if (!isOfTheBytes(others.name(i))) {
                    fields.add(others.name(i), others.value(i));
                }
            }
            ResponseHead other = new ResponseHead(status, null, fields);
            return new Form(name, coding, version, validators, other, content, null);
        }

        /** What only the server can say, because it follows from the bytes that are sent. */
        private static boolean isOfTheBytes(String name) {
            return switch (name.toLowerCase(Locale.ROOT)) {
                case "etag",
                        "last-modified",
                        "accept-ranges",
                        "content-encoding",
                        "content-length",
                        "content-range",
                        "x-sendfile" ->
                        true;
                default -> false;
            };
        }

        String type() {
            String type = head.fields().first("Content-Type");
            return type == null ? "" : type;
        }
    }

    private final Map<ContentCoding, Form> forms;
    private final long memoryBytes;
    private volatile long lookedNs;
    private volatile boolean used;

    /**
     * @param forms at least that without a coding
     * @param lookedNs when the look at the disk began
     */
    CachedFile(Map<ContentCoding, Form> forms, long lookedNs) {
        this.forms = new EnumMap<>(forms);
        this.lookedNs = lookedNs;
        long bytes = 0;
        for (Form form : forms.values()) {
            byte[] content = form.content();
            // The content, that of the prepared response, and once more behind its head.
            bytes += ENTRY_BYTES + (content == null ? 0 : 3L * content.length);
        }
        this.memoryBytes = bytes;
    }

    Map<ContentCoding, Form> forms() {
        return forms;
    }

    Form form(ContentCoding coding) {
        Form form = forms.get(coding);
        if (form == null) {
            throw new IllegalStateException("not stored as " + coding);
        }
        return form;
    }

    /** Whether the disk was looked at less than a second ago. */
    boolean isFresh(long nowNs) {
        used = true;
        return nowNs - lookedNs < 1_000_000_000L;
    }

    /** The files are the same at that time. */
    void lookedAt(long ns) {
        lookedNs = ns;
    }

    /** Whether it was used since the last call. */
    boolean wasUsed() {
        boolean was = used;
        used = false;
        return was;
    }

    long memoryBytes() {
        return memoryBytes;
    }

    /**
     * Makes a form.
     *
     * @param coded whether the file is stored with codings too
     */
    static Form form(
            String name,
            ContentCoding coding,
            FileVersion version,
            String type,
            String cacheControl,
            boolean coded,
            byte @Nullable [] content) {
        Validators validators = new Validators(version.entityTag(), version.modifiedSecond());
        FieldList fields = new FieldList().add("Content-Type", type);
        if (coding != ContentCoding.IDENTITY) {
            fields.add("Content-Encoding", coding.token);
        }
        fields.add("ETag", validators.entityTag());
        fields.add("Last-Modified", date(version.modifiedSecond()));
        fields.add("Accept-Ranges", "bytes");
        if (coded) {
            fields.add("Vary", "Accept-Encoding");
        }
        if (!cacheControl.isEmpty()) {
            fields.add("Cache-Control", cacheControl);
        }
        ResponseHead head = new ResponseHead(200, null, fields);
        PreparedResponse prepared = content == null ? null : new PreparedResponse(head, content);
        return new Form(name, coding, version, validators, head, content, prepared);
    }

    /** A date outside of the four-digit years, which no file should have, is sent as 1970. */
    private static String date(long second) {
        boolean fits = second > -60_000_000_000L && second < 250_000_000_000L;
        return new String(HttpDate.format(fits ? second : 0), StandardCharsets.US_ASCII);
    }
}
