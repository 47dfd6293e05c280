package caffeine.server.prefork;

import caffeine.http.Limits;
import caffeine.http.forwarded.TrustedProxies;
import caffeine.server.options.App;
import caffeine.server.options.Deadlines;
import caffeine.server.options.ErrorPages;
import caffeine.server.options.LogLevel;
import caffeine.server.options.LogOptions;
import caffeine.server.options.LogOptions.AccessFormat;
import caffeine.server.options.NetworkOptions;
import caffeine.server.options.ScriptOptions;
import caffeine.server.options.ScriptOptions.Interpreter;
import caffeine.server.options.ServerLimits;
import caffeine.server.options.ServerOptions;
import caffeine.server.options.Setting;

import org.jspecify.annotations.Nullable;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A worker's options as bytes. Both ends are the same build, so there is no version; both methods
 * list the components in the records' order.
 */
final class OptionsCodec {

    /** In the place of an internet address's length: a path follows. */
    private static final int UNIX = -1;

    private OptionsCodec() {}

    /** What a worker is told: the server's options and its own share of them. */
    record WorkerOptions(ServerOptions server, int index, int room, int workers) {}

    static byte[] write(WorkerOptions options) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeInt(options.index());
            out.writeInt(options.room());
            out.writeInt(options.workers());
            out.writeBoolean(Setting.namesOptions());
            writeServer(options.server(), out);
        } catch (IOException e) {
            throw new IllegalStateException("memory never fails to be written", e);
        }
        return bytes.toByteArray();
    }

    private static void writeServer(ServerOptions server, DataOutputStream out) throws IOException {
        writeNetwork(server.network(), out);
        writeLimits(server.limits(), out);
        Deadlines deadlines = server.deadlines();
        out.writeLong(deadlines.headNs());
        out.writeLong(deadlines.contentIdleNs());
        out.writeLong(deadlines.idleNs());
        out.writeLong(deadlines.sendIdleNs());
        out.writeLong(deadlines.handlerNs());
        out.writeLong(deadlines.graceNs());
        out.writeLong(deadlines.lingerNs());
        out.writeUTF(server.app().name());
        writeScripts(server.scripts(), out);
        writeLog(server.log(), out);
        writePages(server.errorPages(), out);
    }

    private static void writeNetwork(NetworkOptions network, DataOutputStream out)
            throws IOException {
        out.writeInt(network.addresses().size());
        for (SocketAddress address : network.addresses()) {
            writeAddress(address, out);
        }
        out.writeBoolean(network.v6Only());
        out.writeInt(network.socketMode());
        out.writeInt(network.trustedProxies().texts().size());
        for (String proxy : network.trustedProxies().texts()) {
            writeText(proxy, out);
        }
        // The parent's numbers for them, which say nothing to a worker; but what is told is told
        // whole.
        out.writeInt(network.inherited().size());
        for (int fd : network.inherited()) {
            out.writeInt(fd);
        }
    }

    private static void writeAddress(SocketAddress address, DataOutputStream out)
            throws IOException {
        if (address instanceof InetSocketAddress inet) {
            byte[] bytes = inet.getAddress().getAddress();
            out.writeInt(bytes.length);
            out.write(bytes);
            out.writeInt(inet.getPort());
            out.writeInt(inet.getAddress() instanceof Inet6Address six ? six.getScopeId() : 0);
        } else {
            out.writeInt(UNIX);
            writeText(((UnixDomainSocketAddress) address).getPath().toString(), out);
        }
    }

    private static void writeLimits(ServerLimits limits, DataOutputStream out) throws IOException {
        Limits http = limits.http();
        out.writeInt(http.requestLineBytes());
        out.writeInt(http.fieldSectionBytes());
        out.writeInt(http.fieldLines());
        out.writeLong(http.contentBytes());
        out.writeInt(http.chunkExtensionBytes());
        out.writeInt(limits.connections());
        out.writeInt(limits.connectionsPerAddress());
        out.writeInt(limits.requestsPerConnection());
        out.writeInt(limits.handlers());
        out.writeInt(limits.queue());
        out.writeInt(limits.minimumBytesPerSecond());
        out.writeInt(limits.minimumSentPerSecond());
        out.writeLong(limits.spoolBytes());
        out.writeLong(limits.spoolTotalBytes());
    }

    private static void writeScripts(ScriptOptions scripts, DataOutputStream out)
            throws IOException {
        writeText(scripts.root().toString(), out);
        out.writeBoolean(scripts.cgiEverywhere());
        out.writeInt(scripts.environment().size());
        for (Map.Entry<String, String> variable : scripts.environment().entrySet()) {
            writeText(variable.getKey(), out);
            writeText(variable.getValue(), out);
        }
        out.writeBoolean(scripts.passAuthorization());
        out.writeInt(scripts.interpreters().size());
        for (Interpreter interpreter : scripts.interpreters()) {
            writeText(interpreter.ending(), out);
            writeText(interpreter.command(), out);
            out.writeBoolean(interpreter.cgiOnly());
        }
        RoutesCodec.write(scripts.routes(), out);
    }

    static WorkerOptions read(byte[] bytes) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            int index = in.readInt();
            int room = in.readInt();
            int workers = in.readInt();
            if (in.readBoolean()) {
                Setting.nameOptions();
            }
            return new WorkerOptions(readServer(in), index, room, workers);
        } catch (IOException e) {
            throw new IllegalStateException("the parent's options are cut short", e);
        }
    }

    private static ServerOptions readServer(DataInputStream in) throws IOException {
        NetworkOptions network = readNetwork(in);
        ServerLimits limits = readLimits(in);
        Deadlines deadlines =
                new Deadlines(
                        in.readLong(),
                        in.readLong(),
                        in.readLong(),
                        in.readLong(),
                        in.readLong(),
                        in.readLong(),
                        in.readLong());
        App app = App.valueOf(in.readUTF());
        ScriptOptions scripts = readScripts(in);
        return new ServerOptions(
                network, limits, deadlines, app, scripts, readLog(in), readPages(in));
    }

    private static NetworkOptions readNetwork(DataInputStream in) throws IOException {
        List<SocketAddress> addresses = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            addresses.add(readAddress(in));
        }
        boolean v6Only = in.readBoolean();
        int socketMode = in.readInt();
        List<String> proxies = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            proxies.add(readText(in));
        }
        List<Integer> inherited = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            inherited.add(in.readInt());
        }
        return new NetworkOptions(
                addresses, v6Only, socketMode, TrustedProxies.of(proxies), inherited);
    }

    private static SocketAddress readAddress(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length == UNIX) {
            return UnixDomainSocketAddress.of(readText(in));
        }
        byte[] bytes = in.readNBytes(length);
        int port = in.readInt();
        int scope = in.readInt();
        InetAddress address =
                scope == 0
                        ? InetAddress.getByAddress(bytes)
                        : Inet6Address.getByAddress(null, bytes, scope);
        return new InetSocketAddress(address, port);
    }

    private static ServerLimits readLimits(DataInputStream in) throws IOException {
        Limits http =
                new Limits(in.readInt(), in.readInt(), in.readInt(), in.readLong(), in.readInt());
        return new ServerLimits(
                http,
                in.readInt(),
                in.readInt(),
                in.readInt(),
                in.readInt(),
                in.readInt(),
                in.readInt(),
                in.readInt(),
                in.readLong(),
                in.readLong());
    }

    private static ScriptOptions readScripts(DataInputStream in) throws IOException {
        Path root = Path.of(readText(in));
        boolean cgiEverywhere = in.readBoolean();
        Map<String, String> environment = new HashMap<>();
        for (int left = in.readInt(); left > 0; left--) {
            environment.put(readText(in), readText(in));
        }
        boolean passAuthorization = in.readBoolean();
        List<Interpreter> interpreters = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            interpreters.add(new Interpreter(readText(in), readText(in), in.readBoolean()));
        }
        return new ScriptOptions(
                root,
                cgiEverywhere,
                environment,
                passAuthorization,
                interpreters,
                RoutesCodec.read(in));
    }

    private static void writeLog(LogOptions log, DataOutputStream out) throws IOException {
        out.writeUTF(log.level().name());
        writePath(log.file(), out);
        out.writeBoolean(log.echo());
        writePath(log.accessFile(), out);
        out.writeUTF(log.accessFormat().name());
    }

    private static LogOptions readLog(DataInputStream in) throws IOException {
        return new LogOptions(
                LogLevel.valueOf(in.readUTF()),
                readPath(in),
                in.readBoolean(),
                readPath(in),
                AccessFormat.valueOf(in.readUTF()));
    }

    private static void writePath(@Nullable Path path, DataOutputStream out) throws IOException {
        out.writeBoolean(path != null);
        if (path != null) {
            writeText(path.toString(), out);
        }
    }

    private static @Nullable Path readPath(DataInputStream in) throws IOException {
        return in.readBoolean() ? Path.of(readText(in)) : null;
    }

    private static void writePages(ErrorPages pages, DataOutputStream out) throws IOException {
        out.writeInt(pages.pages().size());
        for (Map.Entry<Integer, ErrorPages.Page> page : pages.pages().entrySet()) {
            out.writeInt(page.getKey());
            writeText(page.getValue().contentType(), out);
            writeText(page.getValue().content(), out);
        }
    }

    private static ErrorPages readPages(DataInputStream in) throws IOException {
        Map<Integer, ErrorPages.Page> pages = new HashMap<>();
        for (int left = in.readInt(); left > 0; left--) {
            pages.put(in.readInt(), new ErrorPages.Page(readText(in), readText(in)));
        }
        return new ErrorPages(pages);
    }

    /** An environment variable may be longer than the 64 KiB that writeUTF takes. */
    static void writeText(String text, DataOutputStream out) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    static String readText(DataInputStream in) throws IOException {
        return new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
    }
}
