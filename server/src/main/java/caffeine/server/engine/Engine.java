package caffeine.server.engine;

import java.net.InetSocketAddress;

/**
 * An arrangement of threads or processes around loops. An engine is started once and stopped once.
 */
public interface Engine {

    /** The name by which {@code --engine} picks it. */
    String name();

    /**
     * Binds the listener and starts what serves it. Returns when requests will be answered.
     *
     * @return the address that was bound, with the port that the kernel picked
     * @throws StartException when it cannot; its message is for the user
     */
    InetSocketAddress start() throws StartException;

    /** Stops accepting and lets exchanges in progress end within the grace. Returns at once. */
    void stop();

    /** Waits until everything that was started has ended. */
    void awaitEnd() throws InterruptedException;
}
