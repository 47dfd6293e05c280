package caffeine.server.handler;

import caffeine.http.HttpException;
import caffeine.http.ResponseHead;
import caffeine.server.core.Exchange;
import caffeine.server.core.ExchangeListener;
import caffeine.server.core.Handler;
import caffeine.server.file.FileCaches;
import caffeine.server.file.FileHandler;
import caffeine.server.options.FileOptions;

import org.jspecify.annotations.Nullable;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Answers with the files of a folder, as RFC 9110 has it: conditions, ranges, and stored codings
 * ({@code style.css.br} beside {@code style.css}):
 *
 * <pre>{@code
 * Server.startWith(ServerOptions.onPort(8080), Files.of(Path.of("site")));
 * }</pre>
 *
 * <p>Names that begin with a dot are not there, except for {@code /.well-known/} (RFC 8615), nor
 * are files that a link outside of the folder leads to. The contents of small files are kept in
 * memory, and are never more than a second older than the disk. Thread-safe; one serves any number
 * of servers, and is closed after the last of them.
 */
public final class Files implements Handler, AutoCloseable {

    private final Path folder;
    private final FileOptions options;

    /** Made at the first request: the server may make calls to the kernel possible. */
    private volatile @Nullable FileHandler handler;

    private Files(Path folder, FileOptions options) {
        this.folder = folder;
        this.options = options;
    }

    /**
     * The files of a folder, with {@code index.html} for a folder in it.
     *
     * @throws FileNotFoundException when there is no such folder
     */
    public static Files of(Path folder) throws FileNotFoundException {
        return of(folder, FileOptions.DEFAULT);
    }

    /**
     * The same with other options; their folder does not count.
     *
     * @throws FileNotFoundException when there is no such folder
     */
    public static Files of(Path folder, FileOptions options) throws FileNotFoundException {
        if (!java.nio.file.Files.isDirectory(folder)) {
            throw new FileNotFoundException(folder + " is no folder; give one that exists");
        }
        return new Files(folder.toAbsolutePath(), options);
    }

    @Override
    public ExchangeListener begin(Exchange exchange) {
        return opened().begin(exchange);
    }

    /** Answers at a path of which the last segments name the file. */
    ExchangeListener begin(Exchange exchange, int segments) {
        return opened().begin(exchange, segments);
    }

    /** All files that this process may read: a program says which. */
    private static final Files ANY = new Files(Path.of("/"), FileOptions.DEFAULT);

    /**
     * Sends a file that a program has chosen.
     *
     * @param file absolute
     * @param head its status, and fields that win over those of the file
     * @throws HttpException 404 when there is no such file
     */
    static ExchangeListener send(Exchange exchange, Path file, ResponseHead head) {
        String name = FileHandler.name(file.normalize());
        ExchangeListener sent =
                ANY.opened().beginInstead(exchange, name, head.status(), head.fields());
        if (sent == null) {
            throw new HttpException(404, "RFC 9110 §15.5.5", "no such file: " + file);
        }
        return sent;
    }

    private FileHandler opened() {
        FileHandler made = handler;
        return made == null ? make() : made;
    }

    private synchronized FileHandler make() {
        FileHandler made = handler;
        if (made == null) {
            try {
                made = new FileHandler(folder, options, List.of(), new FileCaches());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            handler = made;
        }
        return made;
    }

    @Override
    public synchronized void close() {
        FileHandler made = handler;
        handler = null;
        if (made != null) {
            made.close();
        }
    }
}
