package caffeine.server.core;

import org.jspecify.annotations.Nullable;

import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Where a client connected from. The text is made when somebody asks. */
public final class ClientAddress {

    private final InetSocketAddress address;
    private @Nullable String host;

    public ClientAddress(InetSocketAddress address) {
        this.address = address;
    }

    /** The address without port, in numbers: {@code 127.0.0.1}, {@code ::1}. */
    public String host() {
        String text = host;
        if (text == null) {
            text = NumericAddress.of(address.getAddress());
            host = text;
        }
        return text;
    }

    public InetAddress address() {
        return address.getAddress();
    }

    public int port() {
        return address.getPort();
    }
}
