package caffeine.os;

import caffeine.os.foreign.Memory;

/**
 * The state of a TCP connection, up to the last field that we read (man 7 tcp).
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
    static final int NOTSENT_BYTES = 144;
    static final int BYTES_SENT = 200;
    static final int BYTES_RETRANS = 208;
    static final int READ_BYTES = 216;

    private TcpInfo() {}

    /**
     * {@code tcpi_bytes_sent - tcpi_bytes_retrans + tcpi_notsent_bytes}.
     *
     * @param length how many bytes of the struct the kernel wrote; {@code -EOPNOTSUPP} if it knows
     *     fewer fields
     */
    static long bytesWritten(Memory info, int at, int length) {
        if (length < READ_BYTES) {
            return -Errno.EOPNOTSUPP;
        }
        return info.getLong(at + BYTES_SENT)
                - info.getLong(at + BYTES_RETRANS)
                + Integer.toUnsignedLong(info.getInt(at + NOTSENT_BYTES));
    }
}
