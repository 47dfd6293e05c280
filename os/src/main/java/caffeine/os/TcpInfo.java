package caffeine.os;

/**
 * What the kernel tells of a TCP connection, cut off after the last field that we read (man 7 tcp).
 *
 * <pre>{@code
 * struct tcp_info {                       // linux/tcp.h
 *     __u8  tcpi_state; ...
 *     ...
 *     __u32 tcpi_notsent_bytes;           // 144: written, not sent for the first time yet
 *     ...
 *     __u64 tcpi_bytes_sent;              // 200: sent, repetitions included (Linux 4.19)
 *     __u64 tcpi_bytes_retrans;           // 208: of these, repetitions
 *     ...
 * };
 * }</pre>
 */
final class TcpInfo {
    static final int STATE = 0;
    static final int NOTSENT_BYTES = 144;
    static final int BYTES_SENT = 200;
    static final int BYTES_RETRANS = 208;
    static final int READ_BYTES = 216;

    private TcpInfo() {}
}
