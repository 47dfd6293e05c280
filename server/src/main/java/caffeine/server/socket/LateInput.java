package caffeine.server.socket;

import caffeine.os.Errno;
import caffeine.os.Sockets;

import java.lang.foreign.MemorySegment;

/** What a client still sends when the answer to it is out: read, because unread it would reset. */
final class LateInput {

    private static final int MOST_BYTES = 256 * 1024;

    private int discarded;

    /**
     * Discards what has come.
     *
     * @param buffer for it; nobody looks at what is in it then
     * @return whether no more is waited for: the client has ended, or is gone, or sends too much
     */
    boolean isOver(int fd, MemorySegment buffer) {
        while (discarded <= MOST_BYTES) {
            long count = Sockets.recv(fd, buffer, 0, buffer.byteSize(), Sockets.MSG_DONTWAIT);
            if (count == -Errno.EAGAIN) {
                return false;
            }
            if (count != -Errno.EINTR) {
                if (count <= 0) {
                    return true;
                }
                discarded += (int) count;
            }
        }
        return true;
    }
}
