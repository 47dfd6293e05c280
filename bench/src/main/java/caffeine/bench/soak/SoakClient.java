package caffeine.bench.soak;

import caffeine.bench.client.Answers;
import caffeine.bench.soak.Question.Comparison;
import caffeine.bench.soak.Tally.Manner;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;

/** One client of a soak: what it asks, and how, follows from its seed. */
final class SoakClient {
    private static final int KIB = 1024;
    private static final int MIB = KIB * KIB;

    /** Content up to 1 MiB stays in memory; more goes to a file. */
    private static final int MOST_CONTENT = 3 * MIB;

    private static final int NANOS_PER_MILLI = 1_000_000;

    private final RandomGenerator random;
    private final Questions questions;
    private final SoakServer scripts;
    private final SoakServer hello;
    private final Kills kills;
    private final Tally tally = new Tally();
    private final int number;
    private int operations;

    SoakClient(
            int number,
            RandomGenerator random,
            boolean python,
            SoakServer scripts,
            SoakServer hello,
            Kills kills) {
        this.number = number;
        this.random = random;
        questions = new Questions(random, number, python);
        this.scripts = scripts;
        this.hello = hello;
        this.kills = kills;
    }

    Tally tally() {
        return tally;
    }

    /** Where it is in its plan, for messages. */
    String place() {
        return "client %d, operation %d".formatted(number, operations);
    }

    /** Does the next thing of its plan. */
    void step() throws IOException, SoakFailure {
        operations++;
        int dice = random.nextInt(100);
        if (dice < 30) {
            keep();
        } else if (dice < 62) {
            once();
        } else if (dice < 80) {
            pipeline();
        } else if (dice < 85) {
            sendSlowly();
        } else if (dice < 90) {
            readSlowly();
        } else {
            reset();
        }
    }

    private void keep() throws IOException, SoakFailure {
        boolean toHello = random.nextInt(3) == 0;
        int most = random.nextInt(1, 16);
        List<Question> all = new ArrayList<>();
        for (int i = 0; i < most; i++) {
            all.add(
                    toHello
                            ? questions.hello(false)
                            : i == most - 1 && random.nextBoolean()
                                    ? questions.closing(MOST_CONTENT)
                                    : questions.context(MOST_CONTENT));
        }
        int pauseMs = random.nextInt(4) == 0 ? random.nextInt(50) : 0;
        SoakServer server = toHello ? hello : scripts;
        for (int i = 0; i < most; ) {
            try (Connection connection = connect(server, 0)) {
                while (i < most && connection.isOpen()) {
                    tally.count(Manner.KEPT);
                    connection.exchange(List.of(all.get(i++)));
                    pause(pauseMs);
                }
            }
        }
    }

    private void once() throws IOException, SoakFailure {
        boolean toHello = random.nextInt(4) == 0;
        try (Connection connection = connect(toHello ? hello : scripts, 0)) {
            tally.count(Manner.NEW);
            connection.exchange(
                    List.of(toHello ? questions.hello(true) : questions.closing(MOST_CONTENT)));
        }
    }

    private void pipeline() throws IOException, SoakFailure {
        boolean toHello = random.nextBoolean();
        int count = random.nextInt(2, toHello ? 32 : 8);
        List<Question> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            boolean last = i == count - 1 && random.nextBoolean();
            all.add(
                    toHello
                            ? questions.hello(last)
                            : last ? questions.closing(2 * KIB) : questions.context(2 * KIB));
        }
        SoakServer server = toHello ? hello : scripts;
        while (!all.isEmpty()) {
            try (Connection connection = connect(server, 0)) {
                tally.count(Manner.PIPELINED);
                // What a server closes before it answers is asked again (RFC 9112 §9.3.2).
                all = connection.exchange(all);
            }
        }
    }

    private void sendSlowly() throws IOException, SoakFailure {
        Question question =
                random.nextBoolean() ? questions.closing(64 * KIB) : questions.upload(2 * MIB);
        try (Connection connection = connect(scripts, 0)) {
            tally.count(Manner.SLOW_SENDING);
            connection.send(question, random.nextInt(1, 24), random.nextInt(1, 6));
            connection.receive(List.of(question), 0);
        }
    }

    private void readSlowly() throws IOException, SoakFailure {
        Question question = questions.large(64 * KIB, MIB);
        try (Connection connection = connect(scripts, 4 * KIB)) {
            tally.count(Manner.SLOW_READING);
            connection.send(question, 0, 0);
            connection.receive(List.of(question), random.nextInt(1, 8));
        }
    }

    private void reset() throws IOException, SoakFailure {
        int how = random.nextInt(4);
        Question question =
                switch (how) {
                    case 0 -> questions.upload(2 * MIB);
                    case 1 -> questions.lingering(random.nextInt(500));
                    case 2 -> questions.closing(MIB);
                    default -> questions.hello(true);
                };
        byte[] bytes = question.bytes();
        int share = random.nextInt(1, bytes.length + 1);
        int most = random.nextInt(1, 512 * KIB);
        int waitMs = random.nextInt(20);
        try (Connection connection = connect(how == 3 ? hello : scripts, 0)) {
            tally.count(Manner.RESET);
            connection.abandon(question, bytes, how == 1 ? bytes.length : share, most, waitMs);
        }
    }

    private static void pause(int ms) {
        if (ms > 0) {
            LockSupport.parkNanos((long) ms * NANOS_PER_MILLI);
        }
    }

    private Connection connect(SoakServer server, int window) throws IOException, SoakFailure {
        Connection connection = new Connection(server);
        try {
            connection.open(window);
            return connection;
        } catch (IOException e) {
            connection.close();
            throw new SoakFailure(
                    "%s: a connection was refused: %s".formatted(server.kind().name(), e));
        }
    }

    /** A connection to a server. */
    private final class Connection implements AutoCloseable {
        private final SoakServer server;
        private final Socket socket = new Socket();
        private final long openedNs = System.nanoTime();
        private long provenNs = openedNs;
        private long sentNs = openedNs;
        private boolean open = true;
        private int answered;
        private Answers answers = new Answers(InputStream.nullInputStream());

        Connection(SoakServer server) {
            this.server = server;
        }

        void open(int window) throws IOException {
            if (window > 0) {
                socket.setReceiveBufferSize(window);
            }
            socket.setTcpNoDelay(true);
            socket.setSoTimeout((int) SoakServer.PATIENCE.toMillis());
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
            answers = new Answers(new BufferedInputStream(socket.getInputStream()));
        }

        boolean isOpen() {
            return open;
        }

        /** Sends all and reads their answers; those that the server closed before come back. */
        List<Question> exchange(List<Question> all) throws SoakFailure {
            try {
                sentNs = System.nanoTime();
                int length = 0;
                for (Question question : all) {
                    length += question.bytes().length;
                }
                byte[] together = new byte[length];
                int at = 0;
                for (Question question : all) {
                    byte[] bytes = question.bytes();
                    System.arraycopy(bytes, 0, together, at, bytes.length);
                    at += bytes.length;
                    tally.of(question.kind()).bytesSent += bytes.length;
                }
                socket.getOutputStream().write(together);
            } catch (IOException _) {
                // Reading says what has happened.
            }
            return receive(all, 0);
        }

        /** Sends in pieces, with a pause after each. */
        void send(Question question, int pieceBytes, int pauseMs) throws SoakFailure {
            byte[] bytes = question.bytes();
            int head = question.head().length();
            try {
                OutputStream out = socket.getOutputStream();
                for (int at = 0; at < bytes.length; ) {
                    int piece =
                            pieceBytes == 0
                                    ? bytes.length
                                    // A slow head, and content in some tens of pieces.
                                    : at < head ? pieceBytes : Math.max(1, bytes.length / 20);
                    int length = Math.min(piece, bytes.length - at);
                    sentNs = System.nanoTime();
                    out.write(bytes, at, length);
                    at += length;
                    pause(pauseMs);
                }
                tally.of(question.kind()).bytesSent += bytes.length;
            } catch (IOException _) {
                // Reading says what has happened.
            }
        }

        /** Reads the answers; the client takes so long over each piece. */
        List<Question> receive(List<Question> all, int pauseMs) throws SoakFailure {
            for (int i = 0; i < all.size(); i++) {
                Question question = all.get(i);
                Tally.Count count = tally.of(question.kind());
                Comparison comparison =
                        question.comparison().slow((long) pauseMs * NANOS_PER_MILLI);
                try {
                    Answers.Answer answer = answers.next(comparison);
                    question.check(answer, comparison);
                    count.whole++;
                    answered++;
                    provenNs = sentNs;
                    open = !answer.closes();
                } catch (IOException e) {
                    lose(all.subList(i, all.size()), e);
                    return List.of();
                } finally {
                    count.bytesReceived += answers.bytesOfThis();
                }
                if (!open) {
                    awaitEnd(question);
                    return List.copyOf(all.subList(i + 1, all.size()));
                }
            }
            return List.of();
        }

        /** Nothing comes after the last answer. */
        private void awaitEnd(Question question) throws SoakFailure {
            try {
                int more = socket.getInputStream().read();
                if (more >= 0) {
                    throw new SoakFailure(
                            "%s: bytes came after its answer".formatted(question.firstLine()));
                }
            } catch (SocketTimeoutException _) {
                throw new SoakFailure(
                        "%s: the connection did not end after its answer"
                                .formatted(question.firstLine()));
            } catch (IOException e) {
                // A reset after the end: requests that were pipelined behind a close are unread.
                open = false;
            }
        }

        /** Sends some, reads some, and resets the connection. */
        void abandon(Question question, byte[] bytes, int send, int most, int waitMs)
                throws IOException {
            Tally.Count count = tally.of(question.kind());
            count.reset++;
            try {
                socket.getOutputStream().write(bytes, 0, send);
                count.bytesSent += send;
                pause(waitMs);
                if (send == bytes.length) {
                    for (int left = most; left > 0; ) {
                        int got = socket.getInputStream().read(new byte[Math.min(left, 8 * KIB)]);
                        if (got < 0) {
                            break;
                        }
                        count.bytesReceived += got;
                        left -= got;
                    }
                }
            } catch (SocketTimeoutException e) {
                throw e;
            } catch (SocketException _) {
                // A worker was killed: this connection was about to end anyway.
            }
            socket.setSoLinger(true, 0);
        }

        private void lose(List<Question> lost, IOException e) throws SoakFailure {
            open = false;
            Question first = lost.getFirst();
            long bytes = answers.bytesOfThis();
            boolean ended = e instanceof EOFException || e instanceof SocketException;
            if (!ended) {
                throw new SoakFailure(
                        "%s %s: %s"
                                .formatted(
                                        first.firstLine(),
                                        e instanceof SocketTimeoutException
                                                ? "was never answered"
                                                : "got an answer that is none",
                                        e.getMessage()));
            }
            if (!kills.explain(server, openedNs, provenNs)) {
                throw new SoakFailure(
                        "%s, number %d of %d on its connection, was lost (%s after %d bytes), and no worker was killed that had it"
                                .formatted(
                                        first.firstLine(),
                                        answered + 1,
                                        answered + lost.size(),
                                        e.getMessage(),
                                        bytes));
            }
            if (first.kind().isDirect() && bytes > 0) {
                throw new SoakFailure(
                        "%s was cut after %d bytes; a direct answer outlives its worker"
                                .formatted(first.firstLine(), bytes));
            }
            lost.forEach(question -> tally.of(question.kind()).lost++);
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
