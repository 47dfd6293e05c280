package caffeine.cli.options;

import caffeine.os.Descriptors;
import caffeine.os.Sockets;
import caffeine.server.engine.StartException;
import caffeine.server.options.NetworkOptions;

import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The listening sockets that a service manager has opened before it started this process (man 3
 * sd_listen_fds): as many as LISTEN_FDS says from descriptor 3 on, if LISTEN_PID is this process.
 */
final class HandedSocket {

    private static final int FIRST = 3;

    private final int count;

    private HandedSocket(int count) {
        this.count = count;
    }

    /** The sockets that the environment variables name. */
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
     * The options with these sockets in the place of addresses to bind; without any, as they are.
     *
     * @throws StartException when one is not a listening socket
     */
    NetworkOptions instead(NetworkOptions network) throws StartException {
        if (count == 0) {
            return network;
        }
        List<SocketAddress> addresses = new ArrayList<>();
        List<Integer> fds = new ArrayList<>();
        boolean v6Only = false;
        for (int fd = FIRST; fd < FIRST + count; fd++) {
            addresses.add(address(fd));
            fds.add(fd);
            v6Only |= Sockets.getOption(fd, Sockets.IPPROTO_IPV6, Sockets.IPV6_V6ONLY) == 1;
        }
        for (int fd : fds) {
            // Workers and scripts must not inherit it.
            int _ = Descriptors.setCloseOnExec(fd, true);
        }
        return network.withV6Only(v6Only).withInherited(addresses, fds);
    }

    private SocketAddress address(int fd) throws StartException {
        SocketAddress address = Sockets.localAddress(fd);
        int type = Sockets.getOption(fd, Sockets.SOL_SOCKET, Sockets.SO_TYPE);
        int accepts = Sockets.getOption(fd, Sockets.SOL_SOCKET, Sockets.SO_ACCEPTCONN);
        if (address == null || type != Sockets.SOCK_STREAM || accepts != 1) {
            throw new StartException(
                    "LISTEN_FDS hands over something that is not a listening stream socket"
                            + (count == 1 ? "" : " (descriptor " + fd + ")")
                            + "; in its unit, say ListenStream= and Accept=no");
        }
        return address;
    }
}
