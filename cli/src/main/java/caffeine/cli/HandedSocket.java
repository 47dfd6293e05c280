package caffeine.cli;

import caffeine.os.Descriptors;
import caffeine.os.Sockets;
import caffeine.server.NetworkOptions;
import caffeine.server.engine.StartException;

import java.net.SocketAddress;
import java.util.Map;

/**
 * The listening socket that a service manager has opened before it started this process (man 3
 * sd_listen_fds): descriptor 3, if LISTEN_PID is this process and LISTEN_FDS is 1.
 */
final class HandedSocket {

    private static final int FIRST = 3;

    private final int count;

    private HandedSocket(int count) {
        this.count = count;
    }

    /** The one that the environment variables tell of. */
    static HandedSocket in(Map<String, String> environment) {
        return of(environment, ProcessHandle.current().pid());
    }

    static HandedSocket of(Map<String, String> environment, long pid) {
        String forWhom = environment.getOrDefault("LISTEN_PID", "");
        String count = environment.getOrDefault("LISTEN_FDS", "");
        boolean ours = forWhom.equals(Long.toString(pid)) && count.matches("\\d{1,4}");
        return new HandedSocket(ours ? Integer.parseInt(count) : 0);
    }

    /**
     * The options with this socket in the place of an address to bind; without one, as they are.
     *
     * @throws StartException when there are several, or it is none that clients connect to
     */
    NetworkOptions instead(NetworkOptions network) throws StartException {
        if (count == 0) {
            return network;
        }
        if (count > 1) {
            throw new StartException(
                    "LISTEN_FDS hands over "
                            + count
                            + " sockets, and a server listens on one; give each socket a unit of"
                            + " its own");
        }
        SocketAddress address = Sockets.localAddress(FIRST);
        int type = Sockets.getOption(FIRST, Sockets.SOL_SOCKET, Sockets.SO_TYPE);
        int accepts = Sockets.getOption(FIRST, Sockets.SOL_SOCKET, Sockets.SO_ACCEPTCONN);
        if (address == null || type != Sockets.SOCK_STREAM || accepts != 1) {
            throw new StartException(
                    "LISTEN_FDS hands over something that is no listening stream socket; in its"
                            + " unit, say ListenStream= and Accept=no");
        }
        // No worker and no script may have it.
        int _ = Descriptors.setCloseOnExec(FIRST, true);
        return network.withInherited(address, FIRST);
    }
}
