package caffeine.cli.serve;

import java.io.OutputStream;
import java.io.PrintStream;

/**
 * Where a background server writes: to the starting command while that waits, and to its log as
 * soon as that is open.
 */
public final class Background extends OutputStream {

    private final PrintStream starter;
    private final PrintStream log;
    private volatile boolean logIsOpen;

    public Background(PrintStream starter, PrintStream log) {
        this.starter = starter;
        this.log = log;
    }

    void logIsOpen() {
        logIsOpen = true;
    }

    @Override
    public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) {
        starter.write(bytes, from, length);
        starter.flush();
        if (logIsOpen) {
            log.write(bytes, from, length);
            log.flush();
        }
    }
}
