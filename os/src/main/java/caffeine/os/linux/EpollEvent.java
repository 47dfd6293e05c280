package caffeine.os.linux;

import caffeine.os.foreign.Platform;

/**
 * One event (man 2 epoll_ctl).
 *
 * <pre>{@code
 * struct epoll_event {
 *     uint32_t     events;
 *     epoll_data_t data;    // a union of 64 bits
 * } EPOLL_PACKED;           // packed on x86-64, so that 32-bit programs fit: 12 bytes; else 16
 * }</pre>
 */
final class EpollEvent {
    static final int EVENTS = 0;
    static final int DATA = Platform.X86_64 ? 4 : 8;
    static final int BYTES = Platform.X86_64 ? 12 : 16;

    private EpollEvent() {}
}
