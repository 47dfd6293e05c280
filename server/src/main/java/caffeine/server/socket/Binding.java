package caffeine.server.socket;

import caffeine.server.engine.StartException;
import caffeine.server.options.NetworkOptions;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * Opens the listeners of a server: at all its addresses, or at none. For port 0 the kernel picks a
 * port for the first address, and the others use the same; if it is taken at one of them, all try
 * again with another.
 *
 * @param <L> a listener at one address
 */
public final class Binding<L> {

    /** A listener at one address. */
    public interface Kind<L> {

        /**
         * Opens it.
         *
         * @param place the address's place among the options' addresses
         * @param address the same, with its port
         */
        L open(int place, SocketAddress address) throws StartException;

        /** Its address. */
        SocketAddress addressOf(L listener);

        /** Closes it, after a failure at another address. */
        void close(L listener);
    }

    /** A port that is free at one address is usually free at all. */
    private static final int TRIES = 32;

    private final NetworkOptions network;
    private final Kind<L> kind;
    private int pickedPort;

    private Binding(NetworkOptions network, Kind<L> kind) {
        this.network = network;
        this.kind = kind;
    }

    /**
     * Opens all, in the order of the addresses.
     *
     * @throws StartException when binding fails at one of them, which it names; none is open then
     */
    public static <L> List<L> open(NetworkOptions network, Kind<L> kind) throws StartException {
        Binding<L> binding = new Binding<>(network, kind);
        for (int left = TRIES - 1; left > 0; left--) {
            try {
                return binding.openAll();
            } catch (StartException e) {
                if (!e.isAddressInUse() || binding.pickedPort == 0) {
                    throw e;
                }
            }
        }
        return binding.openAll();
    }

    private List<L> openAll() throws StartException {
        pickedPort = 0;
        List<L> open = new ArrayList<>();
        try {
            for (int i = 0; i < network.addresses().size(); i++) {
                SocketAddress address = network.addresses().get(i);
                boolean picks = address instanceof InetSocketAddress inet && inet.getPort() == 0;
                L listener = kind.open(i, picks ? withPickedPort(address) : address);
                open.add(listener);
                if (picks && kind.addressOf(listener) instanceof InetSocketAddress bound) {
                    pickedPort = bound.getPort();
                }
            }
            return open;
        } catch (Throwable e) {
            open.forEach(kind::close);
            throw e;
        }
    }

    private SocketAddress withPickedPort(SocketAddress address) {
        return new InetSocketAddress(((InetSocketAddress) address).getAddress(), pickedPort);
    }
}
