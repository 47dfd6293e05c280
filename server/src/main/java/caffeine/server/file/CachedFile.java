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
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A file with its siblings of other codings, as it was when it was looked at. Thread-safe:
 * immutable but for what later looks at the disk have shown.
 */
final class CachedFile implements FileHandler.Target {

    /** The memory of an entry of the cache, and of each form in it, beside names and content. */
    private static final int ENTRY_BYTES = 192;

    private static final int FORM_BYTES = 192;

    private static final List<String> FIELDS_OF_NOT_MODIFIED =
            List.of("ETag", "Cache-Control", "Vary");

    /**
     * What the responses of a file say of it, beside its version.
     *
     * @param type the value of Content-Type
     * @param cacheControl the value of Cache-Control; empty for none
     * @param varies whether the file is stored with codings too
     */
    record Description(String type, String cacheControl, boolean varies) {}

    /**
     * One form of the file. Heads are made when they are needed, because they would take more
     * memory than a small file.
     *
     * @param name of the file that has it
     * @param prepared the whole response, with the content; null when the file is too large
     */
    record Form(
            String name,
            ContentCoding coding,
            FileVersion version,
            Description description,
            @Nullable PreparedResponse prepared) {

        Validators validators() {
            return new Validators(version.entityTag(), version.modifiedSecond());
        }

        /** The head of a 200, without framing. */
        ResponseHead head() {
            FieldList fields = new FieldList().add("Content-Type", description.type);
            if (coding != ContentCoding.IDENTITY) {
                fields.add("Content-Encoding", coding.token);
            }
            fields.add("ETag", version.entityTag());
            fields.add("Last-Modified", date(version.modifiedSecond()));
            fields.add("Accept-Ranges", "bytes");
            addCaching(fields);
            return new ResponseHead(200, null, fields);
        }

        /** Those of its fields that a 304 has too (RFC 9110 §15.4.5). */
        FieldList fieldsOfNotModified(Validators validators) {
            FieldList fields = new FieldList().add("ETag", validators.entityTag());
            addCaching(fields);
            return fields;
        }

        private void addCaching(FieldList fields) {
            if (description.varies) {
                fields.add("Vary", "Accept-Encoding");
            }
            if (!description.cacheControl.isEmpty()) {
                fields.add("Cache-Control", description.cacheControl);
            }
        }

        /** The head with another status and fields, which win over those of the file. */
        ResponseHead head(int status, Fields others) {
            FieldList fields = new FieldList();
            Fields own = head().fields();
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
            return new ResponseHead(status, null, fields);
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
    }

    private final Map<ContentCoding, Form> forms;
    private final boolean isSettled;
    private final long memoryBytes;
    private volatile @Nullable FileVersion folder;
    private volatile long lookedNs;
    private volatile boolean used;

    /**
     * @param forms at least that without a coding
     * @param folder see {@link #folder()}
     * @param isSettled see {@link #isSettled()}
     * @param lookedNs when the look at the disk began
     */
    CachedFile(
            Map<ContentCoding, Form> forms,
            @Nullable FileVersion folder,
            boolean isSettled,
            long lookedNs) {
        this.forms = Map.copyOf(forms);
        this.folder = folder;
        this.isSettled = isSettled;
        this.lookedNs = lookedNs;
        long bytes = ENTRY_BYTES;
        for (Form form : forms.values()) {
            PreparedResponse prepared = form.prepared();
            bytes += FORM_BYTES + form.name().length();
            bytes += prepared == null ? 0 : prepared.memoryBytes();
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

    /**
     * The version of the folder in which the names of the other codings were missing: while the
     * folder has it, they still are. Null when one was there, or the folder had just changed.
     */
    @Nullable FileVersion folder() {
        return folder;
    }

    /** The names of the other codings are missing in this version of the folder. */
    void missingIn(@Nullable FileVersion version) {
        folder = version;
    }

    /**
     * Whether the file had been the same for a while when it was read. If not, another change may
     * have got the same time, so that the versions do not tell.
     */
    boolean isSettled() {
        return isSettled;
    }

    /** Whether the disk was looked at less than a second ago. */
    boolean isFresh(long nowNs) {
        if (!used) {
            used = true;
        }
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
     * @param content null when the file is too large to be kept
     */
    static Form form(
            String name,
            ContentCoding coding,
            FileVersion version,
            Description description,
            byte @Nullable [] content) {
        Form form = new Form(name, coding, version, description, null);
        return content == null
                ? form
                : new Form(
                        name,
                        coding,
                        version,
                        description,
                        new PreparedResponse(form.head(), content));
    }

    /** The fields of a head that a 304 has too. */
    static FieldList fieldsOfNotModified(Fields head) {
        FieldList fields = new FieldList();
        for (String name : FIELDS_OF_NOT_MODIFIED) {
            String value = head.first(name);
            if (value != null) {
                fields.add(name, value);
            }
        }
        return fields;
    }

    /** A date outside of the four-digit years, which no file should have, is sent as 1970. */
    private static String date(long second) {
        boolean fits = second > -60_000_000_000L && second < 250_000_000_000L;
        return new String(HttpDate.format(fits ? second : 0), StandardCharsets.US_ASCII);
    }
}
