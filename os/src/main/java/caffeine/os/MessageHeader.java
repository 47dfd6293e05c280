package caffeine.os;

/**
 * The struct of sendmsg and recvmsg (man 2 sendmsg, man 3 cmsg), on 64 bits.
 *
 * <pre>{@code
 * struct iovec {              struct msghdr {                    struct cmsghdr {
 *     void  *iov_base;            void         *msg_name;            size_t cmsg_len;
 *     size_t iov_len;             socklen_t     msg_namelen;         int    cmsg_level;
 * };                              struct iovec *msg_iov;             int    cmsg_type;
 *                                 size_t        msg_iovlen;          // unsigned char cmsg_data[];
 *                                 void         *msg_control;     };
 *                                 size_t        msg_controllen;
 *                                 int           msg_flags;
 *                             };
 * }</pre>
 *
 * <p>musl declares msg_iovlen and msg_controllen as int with padding around; a small number in a
 * little-endian size_t is the same bytes.
 */
final class MessageHeader {
    static final int NAME = 0;
    static final int IOV = 16;
    static final int IOV_COUNT = 24;
    static final int CONTROL = 32;
    static final int CONTROL_LENGTH = 40;
    static final int FLAGS = 48;
    static final int BYTES = 56;

    static final int IOVEC_BASE = 0;
    static final int IOVEC_LENGTH = 8;
    static final int IOVEC_BYTES = 16;

    static final int CMSG_LENGTH = 0;
    static final int CMSG_LEVEL = 8;
    static final int CMSG_TYPE = 12;

    /** {@code CMSG_LEN(0)}: where a control message's data begin. */
    static final int CMSG_DATA = 16;

    private MessageHeader() {}

    /** {@code CMSG_SPACE(bytes)}: a control message with so much data, and its padding. */
    static int cmsgSpace(int bytes) {
        return CMSG_DATA + cmsgAlign(bytes);
    }

    /** {@code CMSG_ALIGN(bytes)}. */
    static int cmsgAlign(int bytes) {
        return (bytes + 7) & -8;
    }
}
