package caffeine.server.prefork;

import caffeine.http.Fields;
import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.ErrnoException;
import caffeine.os.Files;
import caffeine.os.Sockets;
import caffeine.os.Stat;
import caffeine.server.engine.Preload;
import caffeine.server.log.LogFiles;
import caffeine.server.log.Traces;
import caffeine.server.poll.Source;
import caffeine.server.prefork.OptionsCodec.WorkerOptions;
import caffeine.server.slots.SharedSlots;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** The main class of a worker process; only a parent starts it. */
public final class WorkerMain implements ParentChannel.Receiver {

    private @Nullable WorkerOptions options;
    private int @Nullable [] slotDescriptors;
    private int slotDescriptorCount;
    private @Nullable ReturnedCredits credits;
    private int logFile = LogFiles.NONE;
    private int accessLog = LogFiles.NONE;
    private @Nullable Worker worker;
    private boolean orphaned;

    private WorkerMain() {}

    /**
     * Runs a worker until its parent drains it or is gone.
     *
     * @param arguments the path of the parent's control socket
     */
    public static void main(String[] arguments) {
        if (arguments.length != 1) {
            System.err.println(
                    "caffeine: this is the main class of a worker process; start the server with"
                            + " the command caffeine instead");
            System.exit(2);
        }
        System.exit(new WorkerMain().run(Path.of(arguments[0])));
    }

    private int run(Path controlSocket) {
        int fd = Sockets.socket(Sockets.AF_UNIX, Sockets.SOCK_STREAM, 0);
        int result = fd < 0 ? fd : Sockets.connect(fd, UnixDomainSocketAddress.of(controlSocket));
        if (result < 0) {
            System.err.println("caffeine: a worker has no parent: " + Errno.describe(-result));
            return 1;
        }
        ParentChannel channel = new ParentChannel(fd, this);
        result = channel.sendHello();
        if (result < 0) {
            System.err.println("caffeine: a worker cannot greet: " + Errno.describe(-result));
            return 1;
        }
        while (!isGreeted()) {
            channel.receive(0);
            if (orphaned) {
                return 1;
            }
        }
        try {
            Preload.classesBeside(Errno.class, Fields.class, WorkerMain.class);
            Preload.addresses();
            LogFiles files = LogFiles.of(logFile, accessLog);
            Worker started =
                    new Worker(requireOptions(), requireSlots(), requireCredits(), files, channel);
            files.close();
            worker = started;
            started.run();
            return 0;
        } catch (Throwable e) {
            System.err.println("caffeine: a worker failed: " + Traces.describe(e));
            return 1;
        }
    }

    private boolean isGreeted() {
        return slotDescriptors != null && slotDescriptorCount == slotDescriptors.length;
    }

    private WorkerOptions requireOptions() {
        WorkerOptions known = options;
        if (known == null) {
            throw new IllegalStateException("no options came");
        }
        return known;
    }

    private SharedSlots requireSlots() {
        int[] descriptors = slotDescriptors;
        if (descriptors == null) {
            throw new IllegalStateException("no slots came");
        }
        return SharedSlots.attach(descriptors);
    }

    private ReturnedCredits requireCredits() {
        ReturnedCredits known = credits;
        if (known == null) {
            throw new IllegalStateException("no credits came");
        }
        return known;
    }

    @Override
    public void frame(byte type, byte[] payload, int fd) {
        Worker started = worker;
        switch (type) {
            case Frames.OPTIONS -> {
                WorkerOptions read = OptionsCodec.read(bytesOf(fd));
                options = read;
                slotDescriptors = new int[1 + read.workers()];
            }
            case Frames.CREDITS -> credits = ReturnedCredits.attach(fd);
            case Frames.SLOTS -> {
                int[] descriptors = slotDescriptors;
                if (descriptors == null || fd < 0) {
                    throw new IllegalStateException("a slot descriptor is missing");
                }
                descriptors[slotDescriptorCount++] = fd;
            }
            case Frames.LOG -> {
                if (started != null) {
                    started.reopenLog(payload[0], fd);
                } else if (payload[0] == Frames.MAIN_LOG) {
                    logFile = fd;
                } else {
                    accessLog = fd;
                }
            }
            default -> {
                if (started != null) {
                    started.frame(type, payload, fd);
                }
            }
        }
    }

    /** All of a file in memory that came as a descriptor, which is closed. */
    private static byte[] bytesOf(int fd) {
        Stat stat = new Stat();
        ErrnoException.check("fstat of the options", fd < 0 ? -Errno.EBADF : Files.fstat(fd, stat));
        byte[] bytes = new byte[(int) stat.size()];
        ByteBuffer buffer = ByteBuffer.allocateDirect(bytes.length);
        MemorySegment segment = MemorySegment.ofBuffer(buffer);
        long count = Descriptors.pread(fd, segment, 0, bytes.length, 0);
        Descriptors.close(fd);
        if (count != bytes.length) {
            throw new IllegalStateException("the options are cut short");
        }
        buffer.get(0, bytes);
        return bytes;
    }

    /** Before the worker exists, every frame is required. */
    @Override
    public void broken(Throwable mistake) {
        Worker started = worker;
        if (started == null) {
            throw Source.unchecked(mistake);
        }
        started.broken(mistake);
    }

    @Override
    public void parentGone() {
        orphaned = true;
        Worker started = worker;
        if (started != null) {
            started.parentGone();
        }
    }
}
