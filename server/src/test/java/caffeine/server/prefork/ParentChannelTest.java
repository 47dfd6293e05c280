package caffeine.server.prefork;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.FdPassing;
import caffeine.os.Files;
import caffeine.os.Processes;
import caffeine.os.Processes.FileLimit;
import caffeine.os.Sockets;
import caffeine.os.Stat;
import caffeine.server.testing.NoLeaks;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;

/** Frames from a parent that a test plays. */
@ExtendWith(NoLeaks.class)
class ParentChannelTest {

    private final int[] ends = new int[2];
    private final FdPassing passing = new FdPassing();
    private final MemorySegment memory = Arena.ofAuto().allocate(200_000);
    private final List<String> received = new ArrayList<>();
    private final List<Integer> opened = new ArrayList<>();
    private int parentGone;
    private final List<Throwable> mistakes = new ArrayList<>();

    @BeforeEach
    void open() {
        assertThat(Sockets.socketPair(Sockets.SOCK_STREAM, ends)).isZero();
    }

    @AfterEach
    void close() {
        opened.forEach(Descriptors::close);
        Descriptors.close(ends[0]);
        Descriptors.close(ends[1]);
        passing.close();
    }

    private ParentChannel channel() {
        return new ParentChannel(
                ends[0],
                new ParentChannel.Receiver() {
                    @Override
                    public void frame(byte type, byte[] payload, int fd) {
                        received.add(describe((char) type, payload, fd));
                        if (fd >= 0) {
                            Descriptors.close(fd);
                        }
                        if (type == '!') {
                            throw new IllegalStateException("frame " + received.size());
                        }
                    }

                    @Override
                    public void broken(Throwable mistake) {
                        mistakes.add(mistake);
                    }

                    @Override
                    public void parentGone() {
                        parentGone++;
                    }
                });
    }

    private static String describe(char type, byte[] payload, int fd) {
        return type + " " + HexFormat.of().formatHex(payload) + " " + identity(fd);
    }

    /** Which file a descriptor is of, whatever its number. */
    private static String identity(int fd) {
        if (fd < 0) {
            return "none";
        }
        Stat stat = new Stat();
        assertThat(Files.fstat(fd, stat)).isZero();
        return stat.dev() + ":" + stat.ino();
    }

    private int newFile() {
        int fd = Files.memfdCreate("test", 0);
        assertThat(fd).isNotNegative();
        opened.add(fd);
        return fd;
    }

    private static byte[] frame(byte type, byte[] payload) {
        return ByteBuffer.allocate(Frames.HEAD_BYTES + payload.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(type)
                .putInt(payload.length)
                .put(payload)
                .array();
    }

    private void send(byte[] bytes, int from, int to, int fd) {
        send(bytes, from, to, fd < 0 ? new int[0] : new int[] {fd});
    }

    private void send(byte[] bytes, int from, int to, int[] fds) {
        MemorySegment.copy(bytes, from, memory, ValueLayout.JAVA_BYTE, 0, to - from);
        assertThat(passing.send(ends[1], memory, to - from, fds, fds.length, 0))
                .isEqualTo(to - from);
    }

    private void send(byte type, byte[] payload, int fd) {
        byte[] frame = frame(type, payload);
        send(frame, 0, frame.length, fd);
    }

    private void receiveAll(ParentChannel channel) {
        while (channel.receive(Sockets.MSG_DONTWAIT)) {
            // on to the next
        }
    }

    @Nested
    class FramesFromTheParent {
        /** A descriptor comes with the first byte of its frame; else any cut must do. */
        @ParameterizedTest
        @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
        void arriveInOrderHoweverTheyAreCut(long seed) {
            Random random = new Random(seed);
            ParentChannel channel = channel();
            List<String> sent = new ArrayList<>();
            ByteArrayOutputStream waiting = new ByteArrayOutputStream();
            int[] waitingFds = {};
            for (int i = 0; i < 100; i++) {
                byte type = (byte) "OSCPD".charAt(random.nextInt(5));
                boolean carries = type != Frames.PING && type != Frames.DRAIN;
                int clients = type == Frames.CLIENTS ? 1 + random.nextInt(20) : 0;
                byte[] payload = new byte[random.nextInt(10) == 0 ? 3000 : random.nextInt(40)];
                if (clients > 0) {
                    payload = new byte[clients * Frames.ADDRESS_BYTES];
                }
                random.nextBytes(payload);
                int[] fds = new int[carries ? Math.max(1, clients) : 0];
                Arrays.setAll(fds, _ -> newFile());
                sent.addAll(describeEach(type, payload, fds));
                if (carries) {
                    sendInPieces(waiting.toByteArray(), waitingFds, random, channel);
                    waiting.reset();
                    waitingFds = fds;
                }
                waiting.writeBytes(frame(type, payload));
            }
            sendInPieces(waiting.toByteArray(), waitingFds, random, channel);
            receiveAll(channel);
            assertThat(received).containsExactlyElementsOf(sent);
        }

        private List<String> describeEach(byte type, byte[] payload, int[] fds) {
            List<String> all = new ArrayList<>();
            int length = type == Frames.CLIENTS ? Frames.ADDRESS_BYTES : payload.length;
            for (int i = 0; i < Math.max(1, fds.length); i++) {
                byte[] part = Arrays.copyOfRange(payload, i * length, (i + 1) * length);
                int fd = i < fds.length ? fds[i] : -1;
                all.add(ParentChannelTest.describe((char) type, part, fd));
            }
            return all;
        }

        private void sendInPieces(byte[] bytes, int[] fds, Random random, ParentChannel channel) {
            int from = 0;
            while (from < bytes.length) {
                int most = random.nextBoolean() ? 3 : 5000;
                int to = Math.min(bytes.length, from + 1 + random.nextInt(most));
                send(bytes, from, to, from == 0 ? fds : new int[0]);
                from = to;
                if (random.nextInt(3) == 0) {
                    receiveAll(channel);
                }
            }
        }

        @Test
        void mayBeLargerThanTheBuffer() {
            ParentChannel channel = channel();
            byte[] options = new byte[150_000];
            new Random(1).nextBytes(options);
            byte[] frame = frame(Frames.DRAIN, options);
            for (int from = 0; from < frame.length; from += 40_000) {
                send(frame, from, Math.min(frame.length, from + 40_000), -1);
                receiveAll(channel);
            }
            assertThat(received).containsExactly(describe('D', options, -1));
        }

        private static byte[] address(int number) {
            byte[] address = new byte[Frames.ADDRESS_BYTES];
            address[0] = (byte) number;
            return address;
        }

        /** Receives while there are so many free descriptors. */
        private void receiveWithFree(int free, ParentChannel channel, int any) {
            FileLimit before = Objects.requireNonNull(Processes.getFileLimit());
            int lowest = Descriptors.dup(any, 0);
            Descriptors.close(lowest);
            try {
                Processes.setFileLimit(0, new FileLimit(lowest + free, before.hard()));
                channel.receive(Sockets.MSG_DONTWAIT);
            } finally {
                Processes.setFileLimit(0, before);
            }
        }

        @Test
        void whoseDescriptorWasLostSaySoAndDoNotTakeAnothers() {
            ParentChannel channel = channel();
            int lost = newFile();
            int kept = newFile();
            byte[] first = frame(Frames.CLIENTS, address(1));
            send(first, 0, 3, lost);
            receiveWithFree(0, channel, lost);
            // The kernel gives the rest of the first and all of the second at one time.
            send(first, 3, first.length, -1);
            send(Frames.CLIENTS, address(2), kept);
            receiveAll(channel);
            assertThat(received)
                    .containsExactly(
                            describe('C', address(1), -1), describe('C', address(2), kept));
        }

        @Test
        void withSeveralClientsLoseTheLastOnes() {
            ParentChannel channel = channel();
            int[] fds = {newFile(), newFile(), newFile()};
            byte[] addresses = new byte[3 * Frames.ADDRESS_BYTES];
            for (int i = 0; i < fds.length; i++) {
                addresses[i * Frames.ADDRESS_BYTES] = (byte) i;
            }
            byte[] first = frame(Frames.CLIENTS, addresses);
            send(first, 0, 3, fds);
            receiveWithFree(1, channel, fds[0]);
            send(first, 3, first.length, -1);
            send(Frames.CLIENTS, address(9), fds[2]);
            receiveAll(channel);
            assertThat(received)
                    .containsExactly(
                            describe('C', address(0), fds[0]),
                            describe('C', address(1), -1),
                            describe('C', address(2), -1),
                            describe('C', address(9), fds[2]));
        }

        @Test
        void thatCannotBeDealtWithCostThemselvesAlone() {
            byte[] bytes = new byte[3 * Frames.HEAD_BYTES];
            bytes[0] = Frames.PING;
            bytes[Frames.HEAD_BYTES] = '!';
            bytes[2 * Frames.HEAD_BYTES] = Frames.DRAIN;
            send(bytes, 0, bytes.length, -1);
            ParentChannel channel = channel();
            receiveAll(channel);
            send(Frames.PING, new byte[0], -1);
            receiveAll(channel);
            assertThat(received).containsExactly("P  none", "!  none", "D  none", "P  none");
            assertThat(mistakes).singleElement().asString().endsWith("frame 2");
        }

        @Test
        void endWhenTheParentDoes() {
            ParentChannel channel = channel();
            send(Frames.PING, new byte[0], -1);
            Sockets.shutdown(ends[1], Sockets.SHUT_WR);
            assertThat(channel.receive(0)).isTrue();
            assertThat(channel.receive(0)).isFalse();
            assertThat(received).containsExactly("P  none");
            assertThat(parentGone).isEqualTo(1);
        }

        @Test
        void areWaitedForOnlyIfAsked() {
            assertThat(channel().receive(Sockets.MSG_DONTWAIT)).isFalse();
            assertThat(parentGone).isZero();
        }
    }

    @Nested
    class BytesToTheParent {
        private String said() {
            long count = Sockets.recv(ends[1], memory, 0, 1000, Sockets.MSG_DONTWAIT);
            if (count < 0) {
                assertThat(count).isEqualTo(-Errno.EAGAIN);
                return "";
            }
            byte[] bytes = memory.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE);
            return HexFormat.of().formatHex(bytes);
        }

        @Test
        void areSaidAsOftenAsAsked() {
            assertThat(channel().send(Frames.READY, 3)).isEqualTo(3);
            assertThat(said()).isEqualTo("727272");
            assertThat(channel().send(Frames.READY, 0)).isZero();
        }

        @Test
        void areCountedWhenTheSocketIsFull() {
            ParentChannel channel = channel();
            long all = 0;
            int taken = 1;
            while (taken > 0) {
                taken = channel.send(Frames.READY, 1 << 20);
                all += taken;
            }
            assertThat(all).isBetween(1000L, 10_000_000L);
            long read = 0;
            long count = 1;
            while (count > 0) {
                count = Sockets.recv(ends[1], memory, 0, 100_000, Sockets.MSG_DONTWAIT);
                read += Math.max(0, count);
            }
            assertThat(read).isEqualTo(all);
        }

        @Test
        void areLostWithTheParent() {
            Sockets.shutdown(ends[1], Sockets.SHUT_RDWR);
            assertThat(channel().send(Frames.PONG, 1)).isZero();
        }

        @Test
        void nameTheAddressOfAClientThatIsGone() throws Exception {
            assertThat(channel().sendGone(InetAddress.ofLiteral("192.0.2.7"))).isTrue();
            assertThat(said()).isEqualTo("78" + "00000000000000000000ffff" + "c0000207");
            assertThat(channel().sendGone(InetAddress.ofLiteral("2001:db8::7"))).isTrue();
            assertThat(said()).isEqualTo("78" + "20010db8000000000000000000000007");
        }

        @Test
        void beginWithACopyOfTheirOwnEnd() {
            assertThat(channel().sendHello()).isZero();
            assertThat(passing.receive(ends[1], memory, 100, 0)).isEqualTo(1);
            int copy = passing.takeFd();
            assertThat(identity(copy)).isEqualTo(identity(ends[0]));
            Descriptors.close(copy);
        }
    }
}
