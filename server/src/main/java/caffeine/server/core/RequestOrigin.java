package caffeine.server.core;

import caffeine.http.HttpException;
import caffeine.http.RequestHead;
import caffeine.http.forwarded.Forwarded;
import caffeine.http.forwarded.TrustedProxies;

import org.jspecify.annotations.Nullable;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/**
 * Client and server of a request: the two ends of the connection, or the client and the server that
 * a trusted proxy reports.
 */
final class RequestOrigin {

    private static final int HTTP_PORT = 80;
    private static final int HTTPS_PORT = 443;

    private final ClientAddress client;
    private final int port;
    private final boolean secure;

    private RequestOrigin(ClientAddress client, int port, boolean secure) {
        this.client = client;
        this.port = port;
        this.secure = secure;
    }

    /**
     * The origin in the fields of the other end, if that is a trusted proxy; null if it is not, so
     * that the connection's own ends are the origin.
     *
     * @throws HttpException 400 when they are malformed
     */
    static @Nullable RequestOrigin of(
            Transport transport, RequestHead request, TrustedProxies proxies) {
        ClientAddress peer = transport.client();
        byte[] address = peer.isUnix() ? null : peer.address().getAddress();
        if (proxies.isEmpty() || !proxies.trusts(address)) {
            return null;
        }
        Forwarded forwarded = Forwarded.of(request.fields(), proxies);
        Forwarded.Client client = forwarded.client();
        boolean secure = "https".equals(forwarded.scheme());
        int port = forwarded.port();
        if (port == 0) {
            port = forwarded.scheme() == null ? transport.localPort() : 0;
            port = port != 0 ? port : portOfAuthority(request, secure);
        }
        return new RequestOrigin(client == null ? peer : address(client), port, secure);
    }

    /** For a Unix-domain socket, which has no port. */
    static int portOfAuthority(RequestHead request, boolean secure) {
        return request.port() > 0 ? request.port() : secure ? HTTPS_PORT : HTTP_PORT;
    }

    private static ClientAddress address(Forwarded.Client client) {
        byte[] address = client.address();
        if (address == null) {
            return ClientAddress.UNIX;
        }
        try {
            return new ClientAddress(
                    new InetSocketAddress(InetAddress.getByAddress(address), client.port()));
        } catch (UnknownHostException e) {
            throw new AssertionError("4 or 16 bytes are an address", e);
        }
    }

    ClientAddress client() {
        return client;
    }

    int port() {
        return port;
    }

    boolean isSecure() {
        return secure;
    }
}
