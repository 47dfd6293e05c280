package caffeine.server.prefork;

import caffeine.os.Sockets;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A client that was accepted and has no worker yet: none took it, or the one it was passed to died
 * without having read it.
 *
 * @param fd its socket
 * @param address its address as a sockaddr
 */
record WaitingClient(int fd, MemorySegment address) {

    static WaitingClient of(int fd, MemorySegment sockaddr) {
        MemorySegment copy = Arena.ofAuto().allocate(Sockets.SOCKADDR_BYTES, 8);
        return new WaitingClient(fd, copy.copyFrom(sockaddr));
    }

    static WaitingClient of(int fd, byte[] sockaddr) {
        MemorySegment copy = Arena.ofAuto().allocate(Sockets.SOCKADDR_BYTES, 8);
        MemorySegment.copy(sockaddr, 0, copy, ValueLayout.JAVA_BYTE, 0, sockaddr.length);
        return new WaitingClient(fd, copy);
    }
}
