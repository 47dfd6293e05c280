package caffeine.http.form;

import caffeine.http.HttpException;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Feeds forms with the boundary {@code b} to a parser, and writes its events down. */
final class MultipartFeeding {

    private MultipartFeeding() {}

    static byte[] bytes(String latin1) {
        return latin1.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Cuts before each byte. */
    static int[] everywhere(int length) {
        return IntStream.range(1, Math.max(1, length)).toArray();
    }

    static MultipartParser parser(String boundary, FormLimits limits) {
        return new MultipartParser(boundary, limits, new Events());
    }

    static MultipartParser parser(List<Part> parts) {
        return new MultipartParser(
                "b",
                FormLimits.DEFAULTS,
                new Events() {
                    @Override
                    public void part(Part part) {
                        parts.add(part);
                    }
                });
    }

    static MultipartParser contentOf(List<String> ranges) {
        return new MultipartParser(
                "b",
                FormLimits.DEFAULTS,
                new Events() {
                    @Override
                    public void content(byte[] b, int from, int to) {
                        ranges.add(new String(b, from, to - from, StandardCharsets.ISO_8859_1));
                    }
                });
    }

    static MultipartParser counting(String boundary, long[] contentBytes) {
        return new MultipartParser(
                boundary,
                FormLimits.DEFAULTS,
                new Events() {
                    @Override
                    public void content(byte[] b, int from, int to) {
                        contentBytes[0] += to - from;
                    }
                });
    }

    /**
     * The events of a form, or those before the violation and its status and section. Each piece
     * lies between other bytes.
     */
    static String outcome(String form, int... cuts) {
        Events events = new Events();
        MultipartParser parser = new MultipartParser("b", FormLimits.DEFAULTS, events);
        byte[] all = bytes(form);
        try {
            int from = 0;
            for (int i = 0; i <= cuts.length; i++) {
                int to = i < cuts.length ? cuts[i] : all.length;
                byte[] piece = new byte[to - from + 2];
                System.arraycopy(all, from, piece, 1, to - from);
                parser.parse(piece, 1, piece.length - 1);
                Arrays.fill(piece, (byte) 'X');
                from = to;
            }
            parser.end();
        } catch (HttpException e) {
            events.event(e.status() + " " + e.section());
        }
        return events.text.toString();
    }

    private static class Events implements MultipartListener {
        private final StringBuilder text = new StringBuilder();
        private boolean inContent;

        void event(String event) {
            text.append(text.isEmpty() ? "" : "|").append(event);
            inContent = false;
        }

        @Override
        public void part(Part part) {
            String file = part.fileName() == null ? "" : "'" + part.fileName() + "' ";
            event("part " + part.name() + " " + file + part.contentType());
        }

        @Override
        public void content(byte[] b, int from, int to) {
            String content = new String(b, from, to - from, StandardCharsets.ISO_8859_1);
            if (content.isEmpty()) {
                throw new AssertionError("no bytes");
            }
            if (inContent) {
                text.append(content);
            } else {
                event(content);
            }
            inContent = true;
        }

        @Override
        public void partEnd() {
            event("/part");
        }

        @Override
        public void end() {
            event("end");
        }
    }
}
