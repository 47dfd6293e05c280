package caffeine.os.testing;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.ErrnoException;
import caffeine.os.FdPassing;
import caffeine.os.Files;
import caffeine.os.Iovecs;
import caffeine.os.Os;
import caffeine.os.Processes;
import caffeine.os.Sockets;
import caffeine.os.Spawn;
import caffeine.os.Stat;
import caffeine.os.linux.Epoll;
import caffeine.os.linux.EventFd;
import caffeine.os.linux.PidFd;
import caffeine.os.linux.SharedMemory;
import caffeine.os.linux.TimerFd;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;

/** Run in a JVM that believes to be on another system: says "not implemented", or fails. */
final class OffLinux {
    private OffLinux() {}

    public static void main(String[] args) {
        check(!Os.isLinux());
        MemorySegment buffer = Arena.global().allocate(256);
        notImplemented(Sockets.socket(Sockets.AF_INET, Sockets.SOCK_STREAM, 0));
        notImplemented(Sockets.accept4(0, 0, buffer));
        notImplemented(Sockets.recv(0, buffer, 0, 1, 0));
        notImplemented(Sockets.sendmsg(0, new Iovecs(1), 0));
        check(Sockets.localAddress(0) == null && Sockets.peerCredentials(0) == null);
        try (FdPassing passing = new FdPassing()) {
            notImplemented(passing.send(0, buffer, 1, 0, 0));
            notImplemented(passing.receive(0, buffer, 1, 0));
        }
        notImplemented(Descriptors.close(999));
        notImplemented(Descriptors.read(0, buffer, 0, 1));
        notImplemented(Files.open("/", Files.O_RDONLY, 0));
        notImplemented(Files.openTemporary(Files.path("/tmp")));
        notImplemented(Files.fstat(0, new Stat()));
        notImplemented(Processes.getpid());
        notImplemented(Processes.reapAny());
        check(Processes.availableCpus().length == 0 && Processes.getFileLimit() == null);
        notImplemented(EventFd.create(0, 0));
        notImplemented(TimerFd.create());
        notImplemented(PidFd.open(1));
        check(SharedMemory.map(0, 1, Arena.global()) == null);
        throwsNotImplemented(() -> Epoll.create(1));
        throwsNotImplemented(Spawn::new);
        System.out.println("not implemented");
    }

    private static void notImplemented(long result) {
        if (result != -Errno.ENOSYS) {
            throw new AssertionError(result);
        }
    }

    private static void throwsNotImplemented(Supplier<AutoCloseable> maker) {
        try {
            throw new AssertionError(maker.get());
        } catch (ErrnoException e) {
            notImplemented(-e.errno());
        }
    }

    private static void check(boolean condition) {
        if (!condition) {
            throw new AssertionError();
        }
    }
}
