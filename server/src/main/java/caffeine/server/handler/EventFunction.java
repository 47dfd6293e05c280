package caffeine.server.handler;

/**
 * Sends events to a client, on a virtual thread, for {@link Router#events}.
 *
 * <pre>{@code
 * router.events("/news", events -> events.send(news.take()));
 * }</pre>
 */
@FunctionalInterface
public interface EventFunction {

    /**
     * Sends events. When it returns, the stream ends, and the client connects again after some
     * seconds; so it mostly returns when {@link EventStream#isOpen} says that the client is gone.
     *
     * @throws Exception ends the stream; a line in the log, unless the client is gone
     */
    void answer(EventStream events) throws Exception;
}
