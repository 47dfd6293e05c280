package caffeine.bench.server;

import java.util.List;

/**
 * A server that answers every request alike: 200, {@code text/plain}, {@code Hello, World!}, with
 * Date and Content-Length.
 */
public interface HelloKind extends ServerKind {

    /** Who makes it. */
    enum Family {
        /** Us. */
        CAFFEINE,
        /** nginx, which is what all are compared with. */
        NGINX,
        /** The other servers in Java. */
        JAVA
    }

    /** Who makes it; {@code --only} takes that, too. */
    Family family();

    /** What tables call it. */
    default String label() {
        return name();
    }

    @Override
    default List<Mode> modes() {
        return List.of(new Mode(label(), "/"));
    }
}
