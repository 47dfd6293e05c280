package caffeine.http.h1;

import caffeine.http.HttpException;
import caffeine.http.Limits;
import caffeine.http.RequestHead;

import org.jspecify.annotations.Nullable;

import java.util.Arrays;

/**
 * Reads the heads of requests, RFC 9112 §2 to §6, one after the other, in pieces of any size.
 *
 * <pre>
 *   CR LF (a few)
 *    ⟲                    RequestLine          FieldSection            ParsedHead
 * empty lines ─────────▶ request line ───────▶ field section ────────▶ meaning ──▶ complete
 * </pre>
 *
 * The usual head lies whole in the bytes that are given: it is read where it lies, and copied once,
 * when its length is known. A head that comes in pieces is collected, and read on from where its
 * last piece ended. The bytes are kept in one array, not in a chain, because comparing and cutting
 * need contiguous bytes; the {@link Limits} keep it small, and it shrinks again.
 *
 * <p>A parser makes only the values that are read from its head. Not thread-safe.
 */
public final class HeadParser {
    private static final byte[] NOTHING = {};
    private static final int SMALLEST_STORE = 64;
    private static final int LARGEST_KEPT_STORE = 2048;
    private static final int PIECE = 1024;
    private static final int MOST_EMPTY_LINES = 4;

    private final Limits limits;
    private final RequestLine line;
    private final FieldTable fields = new FieldTable();
    private final FieldSection section = new FieldSection(fields);
    private final ParsedHead head = new ParsedHead(fields);

    /** The head's bytes; while it lies in the input, none are stored. */
    private byte[] store = NOTHING;

    private int stored;
    private int scanned;
    private int emptyLines;
    private boolean carriageReturn;
    private boolean complete;

    /** A parser with these limits, before its first head. */
    public HeadParser(Limits limits) {
        this.limits = limits;
        line = new RequestLine(limits);
    }

    /**
     * Reads on, and stops behind the line end that ends the head.
     *
     * @return the index behind the last byte consumed: {@code to}, if the head is not complete
     * @throws HttpException at the first byte that proves a violation; only {@link #seenMethod},
     *     {@link #seenTarget} and {@link #reset} may then be called
     */
    public int parse(byte[] b, int from, int to) {
        if (complete) {
            return from;
        }
        int at = scanned == 0 ? skipEmptyLines(b, from, to) : from;
        return stored == 0 ? parseInPlace(b, at, to) : parsePieces(b, at, to);
    }

    /** Whether a head is there. */
    public boolean isComplete() {
        return complete;
    }

    /** Whether a byte of a head has come; empty lines before it do not count. */
    public boolean isStarted() {
        return scanned > 0;
    }

    /**
     * The head, valid until {@link #reset}.
     *
     * @throws IllegalStateException when it is not complete
     */
    public RequestHead head() {
        if (!complete) {
            throw new IllegalStateException("no complete head");
        }
        return head;
    }

    /** The method, if that much has come, also of a head that was refused; else null. */
    public @Nullable String seenMethod() {
        return line.methodEnd() > 0 && stored > 0 ? Ascii.method(store, 0, line.methodEnd()) : null;
    }

    /** The request target, if that much has come, also of a head that was refused; else null. */
    public @Nullable String seenTarget() {
        return line.targetEnd() > 0 && stored > 0
                ? Ascii.string(store, line.targetStart(), line.targetEnd())
                : null;
    }

    /** Forgets the head, and is ready for the next. */
    public void reset() {
        line.reset();
        fields.clear();
        if (store.length > LARGEST_KEPT_STORE) {
            store = NOTHING;
        }
        stored = 0;
        scanned = 0;
        emptyLines = 0;
        carriageReturn = false;
        complete = false;
    }

    /** RFC 9112 §2.2: old clients send a line end behind their content. */
    private int skipEmptyLines(byte[] b, int from, int to) {
        int at = from;
        while (at < to) {
            if (carriageReturn) {
                endEmptyLine(b[at]);
            } else if (b[at] == '\r') {
                carriageReturn = true;
            } else {
                break;
            }
            at++;
        }
        return at;
    }

    private void endEmptyLine(byte c) {
        if (c != '\n') {
            throw new HttpException(400, "RFC 9112 §2.2", "a bare CR before the request line");
        }
        if (++emptyLines > MOST_EMPTY_LINES) {
            throw new HttpException(400, "RFC 9112 §2.2", "too many empty lines");
        }
        carriageReturn = false;
    }

    private int parseInPlace(byte[] b, int from, int to) {
        try {
            scan(b, from, from, to);
        } catch (HttpException e) {
            store(b, from, from + Math.max(line.methodEnd(), line.targetEnd()));
            throw e;
        }
        store(b, from, from + scanned);
        completeIfWhole();
        return from + scanned;
    }

    private int parsePieces(byte[] b, int from, int to) {
        int at = from;
        while (at < to && !complete) {
            int before = scanned;
            store(b, at, Math.min(to, at + PIECE));
            scan(store, 0, scanned, stored);
            stored = scanned;
            at += scanned - before;
            completeIfWhole();
        }
        return at;
    }

    private void scan(byte[] b, int base, int from, int to) {
        int at = from;
        if (!line.isComplete()) {
            at = line.scan(b, base, at, to);
            if (line.isComplete()) {
                section.begin(at - base, limits);
            }
        }
        if (line.isComplete()) {
            at = section.scan(b, base, at, to);
        }
        scanned = at - base;
    }

    private void completeIfWhole() {
        if (line.isComplete() && section.isComplete()) {
            head.set(store, line);
            complete = true;
        }
    }

    private void store(byte[] b, int from, int to) {
        int needed = stored + to - from;
        if (needed > store.length) {
            int capacity = Math.max(SMALLEST_STORE, Integer.highestOneBit(needed - 1) << 1);
            store = Arrays.copyOf(store, capacity);
        }
        System.arraycopy(b, from, store, stored, to - from);
        stored = needed;
    }
}
