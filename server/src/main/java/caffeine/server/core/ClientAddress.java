package caffeine.server.core;

import caffeine.http.IpAddress;

import org.jspecify.annotations.Nullable;

import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * The address of a client. The text is made when first needed.
 *
 * <pre>{@code
 * String host = request.client().host(); // 192.0.2.7
 * }</pre>
 */
public final class ClientAddress {

    /**
     * A client of a Unix-domain socket, which has no network address. A script cannot mistake it
     * for an address, least of all for one of this machine.
     */
    public static final ClientAddress UNIX = new ClientAddress("unix:");

    private final @Nullable InetSocketAddress address;
    private @Nullable String host;

    /** Of an Internet address and port. */
    public ClientAddress(InetSocketAddress address) {
        this.address = address;
    }

    private ClientAddress(String host) {
        this.address = null;
        this.host = host;
    }

    /** The address without port, in numbers: {@code 127.0.0.1}, {@code ::1}; or {@code unix:}. */
    public String host() {
        String text = host;
        if (text == null) {
            text = IpAddress.text(address().getAddress());
            host = text;
        }
        return text;
    }

    /** Whether this is {@link #UNIX}. */
    public boolean isUnix() {
        return address == null;
    }

    /**
     * The network address.
     *
     * @throws IllegalStateException for a client that has none
     */
    public InetAddress address() {
        if (address == null) {
            throw new IllegalStateException("a client of a Unix-domain socket has no address");
        }
        return address.getAddress();
    }

    /** The network address; null for a client that has none. */
    public @Nullable InetAddress network() {
        return address == null ? null : address.getAddress();
    }

    /** The port; 0 when there is none. */
    public int port() {
        return address == null ? 0 : address.getPort();
    }

    /** {@code 127.0.0.1:50000}, {@code [::1]:50000}; {@code unix:} without an address. */
    @Override
    public String toString() {
        return address == null
                ? host()
                : IpAddress.host(address.getAddress().getAddress()) + ":" + port();
    }
}
