package caffeine.server.core;

import caffeine.http.HttpException;
import caffeine.http.RequestHead;
import caffeine.http.forwarded.Forwarded;
import caffeine.http.forwarded.TrustedProxies;

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

    /** Without a proxy. */
    static RequestOrigin of(Transport transport, RequestHead request) {
        int local = transport.localPort();
        // A Unix-domain socket has no port.
        int port = local != 0 ? local : portOfAuthority(request, HTTP_PORT);
        return new RequestOrigin(transport.client(), port, false);
    }

    /**
     * With the fields of the other end, if it is a trusted proxy.
     *
     * @throws HttpException 400 when they are malformed
     */
    static RequestOrigin of(Transport transport, RequestHead request, TrustedProxies proxies) {
        ClientAddress peer = transport.client();
        byte[] address = peer.isUnix() ? null : peer.address().getAddress();
        if (proxies.isEmpty() || !proxies.trusts(address)) {
            return of(transport, request);
        }
        Forwarded forwarded = Forwarded.of(request.fields(), proxies);
        Forwarded.Client client = forwarded.client();
        boolean secure = "https".equals(forwarded.scheme());
        int port = forwarded.port();
        if (port == 0) {
            port =
                    forwarded.scheme() == null
                            ? of(transport, request).port
                            : portOfAuthority(request, secure ? HTTPS_PORT : HTTP_PORT);
        }
        return new RequestOrigin(client == null ? peer : address(client), port, secure);
    }

    private static int portOfAuthority(RequestHead request, int otherwise) {
        return request.port() > 0 ? request.port() : otherwise;
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
