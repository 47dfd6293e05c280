package caffeine.fuzz;

import static caffeine.fuzz.Pieces.require;
import static caffeine.fuzz.Pieces.requireEqual;

import caffeine.http.websocket.DeflateParameters;
import caffeine.http.websocket.WebSocketConnection;
import caffeine.http.websocket.WebSocketLimits;
import caffeine.http.websocket.WebSocketListener;
import caffeine.http.websocket.WebSocketOutput;

import com.code_intelligence.jazzer.junit.FuzzTest;

import org.jspecify.annotations.Nullable;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** The frames of a client, without and with permessage-deflate. */
class WebSocketFuzzTest {
    private static final WebSocketLimits SMALL = new WebSocketLimits(40, 4);
    private static final int CLOSE = 0x88;
    private static final int PONG = 0x8A;

    @FuzzTest
    void frames(byte[] data) {
        for (WebSocketLimits limits : new WebSocketLimits[] {WebSocketLimits.DEFAULTS, SMALL}) {
            for (DeflateParameters compression :
                    new @Nullable DeflateParameters[] {null, DeflateParameters.DEFAULTS}) {
                Server whole = serve(data, limits, compression, new int[0]);
                for (int[] cuts : Pieces.ways(data)) {
                    Server cut = serve(data, limits, compression, cuts);
                    String way = Arrays.toString(cuts);
                    requireEqual(whole.events, cut.events, way);
                    requireEqual(whole.sentAsHex(), cut.sentAsHex(), way);
                }
                if (compression == null) {
                    requireEqual(Reference.read(data, limits), whole.events, "by the grammar");
                }
            }
        }
    }

    private static Server serve(
            byte[] data,
            WebSocketLimits limits,
            @Nullable DeflateParameters compression,
            int[] cuts) {
        Server server = new Server(limits, compression);
        Pieces.feed(
                data,
                0,
                cuts,
                new Pieces.Reader() {
                    @Override
                    public int read(byte[] b, int from, int to) {
                        server.connection.received(b, from, to);
                        return to;
                    }

                    @Override
                    public boolean isComplete() {
                        return false;
                    }
                });
        server.connection.ended();
        server.checkSent();
        return server;
    }

    /** Sends every message back. */
    private static final class Server implements WebSocketListener, WebSocketOutput {
        private final int messageBytes;
        private final WebSocketConnection connection;
        private final List<String> events = new ArrayList<>();
        private final ByteArrayOutputStream sent = new ByteArrayOutputStream();

        Server(WebSocketLimits limits, @Nullable DeflateParameters compression) {
            messageBytes = limits.messageBytes();
            connection = WebSocketConnection.server(limits, compression, this, this);
        }

        String sentAsHex() {
            return HexFormat.of().formatHex(sent.toByteArray());
        }

        /** Whole frames, none of them masked, and none behind a Close frame. */
        void checkSent() {
            ByteBuffer all = ByteBuffer.wrap(sent.toByteArray());
            boolean closed = false;
            while (all.hasRemaining()) {
                require(!closed, "a frame behind Close");
                int first = all.get() & 0xFF;
                long length = all.get();
                require(length >= 0, "a masked frame of a server");
                if (length == 126) {
                    length = all.getShort() & 0xFFFF;
                } else if (length == 127) {
                    length = all.getLong();
                }
                require((first < CLOSE || length <= 125 || first > PONG), "a large control frame");
                all.position(all.position() + (int) length);
                closed = first == CLOSE;
            }
        }

        private void event(String event) {
            if (!events.isEmpty()) {
                String last = events.getLast();
                require(!last.startsWith("closed") && !last.startsWith("failed"), "after the end");
            }
            events.add(event);
        }

        @Override
        public void text(byte[] utf8) {
            require(utf8.length <= messageBytes, "a text above the limit");
            try {
                event("text " + StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)));
            } catch (CharacterCodingException e) {
                throw new AssertionError("a text that is not UTF-8", e);
            }
            connection.text(utf8, 0, utf8.length);
        }

        @Override
        public void binary(byte[] bytes) {
            require(bytes.length <= messageBytes, "a message above the limit");
            event("binary " + HexFormat.of().formatHex(bytes));
            connection.binary(bytes, 0, bytes.length);
        }

        @Override
        public void ping(byte[] payload) {
            event("ping " + HexFormat.of().formatHex(payload));
        }

        @Override
        public void pong(byte[] payload) {
            event("pong " + HexFormat.of().formatHex(payload));
        }

        @Override
        public void closed(int code, String reason) {
            event("closed " + code + " " + reason);
        }

        @Override
        public void failed(int code, String detail) {
            event("failed " + code);
        }

        @Override
        public void send(byte[] bytes, int from, int to) {
            sent.write(bytes, from, to - from);
        }

        @Override
        public boolean isBackedUp() {
            return false;
        }
    }

    /** RFC 6455 §5 to §8, read plainly, from all of the input at once. */
    private static final class Reference {
        private static final int TEXT = 1;
        private static final int CONTROL = 8;

        private final ByteBuffer in;
        private final WebSocketLimits limits;
        private final List<String> events = new ArrayList<>();
        private final ByteArrayOutputStream message = new ByteArrayOutputStream();
        private int opcode;
        private int fragments;

        /** How the connection ends. */
        private static final class End extends Exception {
            private static final long serialVersionUID = 1L;

            End(String event) {
                super(event, null, false, false);
            }
        }

        private Reference(byte[] data, WebSocketLimits limits) {
            in = ByteBuffer.wrap(data);
            this.limits = limits;
        }

        static List<String> read(byte[] data, WebSocketLimits limits) {
            Reference reference = new Reference(data, limits);
            try {
                while (true) {
                    reference.frame();
                }
            } catch (End end) {
                reference.events.add(String.valueOf(end.getMessage()));
            }
            return reference.events;
        }

        private static void must(boolean holds, int code) throws End {
            if (!holds) {
                throw new End("failed " + code);
            }
        }

        private int octet() throws End {
            if (!in.hasRemaining()) {
                throw new End("closed 1006 ");
            }
            return in.get() & 0xFF;
        }

        private void frame() throws End {
            int first = octet();
            int kind = first & 0xF;
            boolean control = kind >= CONTROL;
            boolean last = first >= 0x80;
            must((first & 0x70) == 0 && (kind < 3 || (control && kind < 11)), 1002);
            must(last || !control, 1002);
            int second = octet();
            must(second >= 0x80, 1002);
            long length = second & 0x7F;
            must(length < 126 || !control, 1002);
            if (length >= 126) {
                length = longLength(length == 126 ? 2 : 8);
            }
            byte[] key = {(byte) octet(), (byte) octet(), (byte) octet(), (byte) octet()};
            if (control) {
                control(kind, payload(length, key, false));
                return;
            }
            must((kind == 0) == (opcode != 0), 1002);
            must(length <= limits.messageBytes() - message.size(), 1009);
            must(++fragments <= limits.fragments(), 1008);
            opcode = kind == 0 ? opcode : kind;
            payload(length, key, true);
            if (last) {
                message();
            }
        }

        private long longLength(int bytes) throws End {
            long length = 0;
            for (int i = 0; i < bytes; i++) {
                length = (length << 8) | octet();
                must(length < 0x80 || i > 0 || bytes == 2, 1002);
            }
            must(length >= (bytes == 2 ? 126 : 65536), 1002);
            return length;
        }

        /** Of a control frame, or added to the message. */
        private byte[] payload(long length, byte[] key, boolean data) throws End {
            ByteArrayOutputStream payload = data ? message : new ByteArrayOutputStream();
            for (int i = 0; i < length; i++) {
                payload.write(octet() ^ key[i % 4]);
                if (data && opcode == TEXT) {
                    // Later bytes change nothing about these, so that only the end is undecided.
                    must(isText(message.toByteArray(), false), 1007);
                }
            }
            return payload.toByteArray();
        }

        private void message() throws End {
            byte[] whole = message.toByteArray();
            if (opcode == TEXT) {
                must(isText(whole, true), 1007);
                events.add("text " + new String(whole, StandardCharsets.UTF_8));
            } else {
                events.add("binary " + HexFormat.of().formatHex(whole));
            }
            message.reset();
            opcode = 0;
            fragments = 0;
        }

        private void control(int kind, byte[] payload) throws End {
            if (kind != CONTROL) {
                events.add((kind == 9 ? "ping " : "pong ") + HexFormat.of().formatHex(payload));
                return;
            }
            must(payload.length != 1, 1002);
            if (payload.length == 0) {
                throw new End("closed 1005 ");
            }
            int code = ByteBuffer.wrap(payload).getShort() & 0xFFFF;
            boolean ofProtocol = code <= 1014 && code >= 1000 && (code < 1004 || code > 1006);
            must(ofProtocol || (code >= 3000 && code < 5000), 1002);
            byte[] reason = Arrays.copyOfRange(payload, 2, payload.length);
            must(isText(reason, true), 1007);
            throw new End("closed " + code + " " + new String(reason, StandardCharsets.UTF_8));
        }

        /** Whether the bytes are text, or may become one with those that follow. */
        private static boolean isText(byte[] bytes, boolean whole) {
            String[] rests = {"", "80", "8080", "808080", "a0", "a080", "9080", "908080"};
            for (String rest : whole ? new String[] {""} : rests) {
                byte[] behind = HexFormat.of().parseHex(rest);
                byte[] all = Arrays.copyOf(bytes, bytes.length + behind.length);
                System.arraycopy(behind, 0, all, bytes.length, behind.length);
                if (decodes(all)) {
                    return true;
                }
            }
            return false;
        }

        private static boolean decodes(byte[] bytes) {
            try {
                StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
                return true;
            } catch (CharacterCodingException _) {
                return false;
            }
        }
    }
}
