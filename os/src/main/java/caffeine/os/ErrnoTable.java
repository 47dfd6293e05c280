package caffeine.os;

import org.jspecify.annotations.Nullable;

/**
 * Names and messages of the error numbers; apart from {@link Errno} so that only errors load it.
 */
final class ErrnoTable {
    /** Name and message of errno n at 2n and 2n + 1; numbers that Linux skips have neither. */
    private static final @Nullable String[] TABLE = new @Nullable String[2 * 134];

    static {
        set(Errno.EPERM, "EPERM", "Operation not permitted");
        set(Errno.ENOENT, "ENOENT", "No such file or directory");
        set(Errno.ESRCH, "ESRCH", "No such process");
        set(Errno.EINTR, "EINTR", "Interrupted system call");
        set(Errno.EIO, "EIO", "Input/output error");
        set(Errno.ENXIO, "ENXIO", "No such device or address");
        set(Errno.E2BIG, "E2BIG", "Argument list too long");
        set(Errno.ENOEXEC, "ENOEXEC", "Exec format error");
        set(Errno.EBADF, "EBADF", "Bad file descriptor");
        set(Errno.ECHILD, "ECHILD", "No child processes");
        set(Errno.EAGAIN, "EAGAIN", "Resource temporarily unavailable");
        set(Errno.ENOMEM, "ENOMEM", "Cannot allocate memory");
        set(Errno.EACCES, "EACCES", "Permission denied");
        set(Errno.EFAULT, "EFAULT", "Bad address");
        set(Errno.ENOTBLK, "ENOTBLK", "Block device required");
        set(Errno.EBUSY, "EBUSY", "Device or resource busy");
        set(Errno.EEXIST, "EEXIST", "File exists");
        set(Errno.EXDEV, "EXDEV", "Invalid cross-device link");
        set(Errno.ENODEV, "ENODEV", "No such device");
        set(Errno.ENOTDIR, "ENOTDIR", "Not a directory");
        set(Errno.EISDIR, "EISDIR", "Is a directory");
        set(Errno.EINVAL, "EINVAL", "Invalid argument");
        set(Errno.ENFILE, "ENFILE", "Too many open files in system");
        set(Errno.EMFILE, "EMFILE", "Too many open files");
        set(Errno.ENOTTY, "ENOTTY", "Inappropriate ioctl for device");
        set(Errno.ETXTBSY, "ETXTBSY", "Text file busy");
        set(Errno.EFBIG, "EFBIG", "File too large");
        set(Errno.ENOSPC, "ENOSPC", "No space left on device");
        set(Errno.ESPIPE, "ESPIPE", "Illegal seek");
        set(Errno.EROFS, "EROFS", "Read-only file system");
        set(Errno.EMLINK, "EMLINK", "Too many links");
        set(Errno.EPIPE, "EPIPE", "Broken pipe");
        set(Errno.EDOM, "EDOM", "Numerical argument out of domain");
        set(Errno.ERANGE, "ERANGE", "Numerical result out of range");
        set(Errno.EDEADLK, "EDEADLK", "Resource deadlock avoided");
        set(Errno.ENAMETOOLONG, "ENAMETOOLONG", "File name too long");
        set(Errno.ENOLCK, "ENOLCK", "No locks available");
        set(Errno.ENOSYS, "ENOSYS", "Function not implemented");
        set(Errno.ENOTEMPTY, "ENOTEMPTY", "Directory not empty");
        set(Errno.ELOOP, "ELOOP", "Too many levels of symbolic links");
        set(Errno.ENOMSG, "ENOMSG", "No message of desired type");
        set(Errno.EIDRM, "EIDRM", "Identifier removed");
        set(Errno.ECHRNG, "ECHRNG", "Channel number out of range");
        set(Errno.EL2NSYNC, "EL2NSYNC", "Level 2 not synchronized");
        set(Errno.EL3HLT, "EL3HLT", "Level 3 halted");
        set(Errno.EL3RST, "EL3RST", "Level 3 reset");
        set(Errno.ELNRNG, "ELNRNG", "Link number out of range");
        set(Errno.EUNATCH, "EUNATCH", "Protocol driver not attached");
        set(Errno.ENOCSI, "ENOCSI", "No CSI structure available");
        set(Errno.EL2HLT, "EL2HLT", "Level 2 halted");
        set(Errno.EBADE, "EBADE", "Invalid exchange");
        set(Errno.EBADR, "EBADR", "Invalid request descriptor");
        set(Errno.EXFULL, "EXFULL", "Exchange full");
        set(Errno.ENOANO, "ENOANO", "No anode");
        set(Errno.EBADRQC, "EBADRQC", "Invalid request code");
        set(Errno.EBADSLT, "EBADSLT", "Invalid slot");
        set(Errno.EBFONT, "EBFONT", "Bad font file format");
        set(Errno.ENOSTR, "ENOSTR", "Device not a stream");
        set(Errno.ENODATA, "ENODATA", "No data available");
        set(Errno.ETIME, "ETIME", "Timer expired");
        set(Errno.ENOSR, "ENOSR", "Out of streams resources");
        set(Errno.ENONET, "ENONET", "Machine is not on the network");
        set(Errno.ENOPKG, "ENOPKG", "Package not installed");
        set(Errno.EREMOTE, "EREMOTE", "Object is remote");
        set(Errno.ENOLINK, "ENOLINK", "Link has been severed");
        set(Errno.EADV, "EADV", "Advertise error");
        set(Errno.ESRMNT, "ESRMNT", "Srmount error");
        set(Errno.ECOMM, "ECOMM", "Communication error on send");
        set(Errno.EPROTO, "EPROTO", "Protocol error");
        set(Errno.EMULTIHOP, "EMULTIHOP", "Multihop attempted");
        set(Errno.EDOTDOT, "EDOTDOT", "RFS specific error");
        set(Errno.EBADMSG, "EBADMSG", "Bad message");
        set(Errno.EOVERFLOW, "EOVERFLOW", "Value too large for defined data type");
        set(Errno.ENOTUNIQ, "ENOTUNIQ", "Name not unique on network");
        set(Errno.EBADFD, "EBADFD", "File descriptor in bad state");
        set(Errno.EREMCHG, "EREMCHG", "Remote address changed");
        set(Errno.ELIBACC, "ELIBACC", "Can not access a needed shared library");
        set(Errno.ELIBBAD, "ELIBBAD", "Accessing a corrupted shared library");
        set(Errno.ELIBSCN, "ELIBSCN", ".lib section in a.out corrupted");
        set(Errno.ELIBMAX, "ELIBMAX", "Attempting to link in too many shared libraries");
        set(Errno.ELIBEXEC, "ELIBEXEC", "Cannot exec a shared library directly");
        set(Errno.EILSEQ, "EILSEQ", "Invalid or incomplete multibyte or wide character");
        set(Errno.ERESTART, "ERESTART", "Interrupted system call should be restarted");
        set(Errno.ESTRPIPE, "ESTRPIPE", "Streams pipe error");
        set(Errno.EUSERS, "EUSERS", "Too many users");
        set(Errno.ENOTSOCK, "ENOTSOCK", "Socket operation on non-socket");
        set(Errno.EDESTADDRREQ, "EDESTADDRREQ", "Destination address required");
        set(Errno.EMSGSIZE, "EMSGSIZE", "Message too long");
        set(Errno.EPROTOTYPE, "EPROTOTYPE", "Protocol wrong type for socket");
        set(Errno.ENOPROTOOPT, "ENOPROTOOPT", "Protocol not available");
        set(Errno.EPROTONOSUPPORT, "EPROTONOSUPPORT", "Protocol not supported");
        set(Errno.ESOCKTNOSUPPORT, "ESOCKTNOSUPPORT", "Socket type not supported");
        set(Errno.EOPNOTSUPP, "EOPNOTSUPP", "Operation not supported");
        set(Errno.EPFNOSUPPORT, "EPFNOSUPPORT", "Protocol family not supported");
        set(Errno.EAFNOSUPPORT, "EAFNOSUPPORT", "Address family not supported by protocol");
        set(Errno.EADDRINUSE, "EADDRINUSE", "Address already in use");
        set(Errno.EADDRNOTAVAIL, "EADDRNOTAVAIL", "Cannot assign requested address");
        set(Errno.ENETDOWN, "ENETDOWN", "Network is down");
        set(Errno.ENETUNREACH, "ENETUNREACH", "Network is unreachable");
        set(Errno.ENETRESET, "ENETRESET", "Network dropped connection on reset");
        set(Errno.ECONNABORTED, "ECONNABORTED", "Software caused connection abort");
        set(Errno.ECONNRESET, "ECONNRESET", "Connection reset by peer");
        set(Errno.ENOBUFS, "ENOBUFS", "No buffer space available");
        set(Errno.EISCONN, "EISCONN", "Transport endpoint is already connected");
        set(Errno.ENOTCONN, "ENOTCONN", "Transport endpoint is not connected");
        set(Errno.ESHUTDOWN, "ESHUTDOWN", "Cannot send after transport endpoint shutdown");
        set(Errno.ETOOMANYREFS, "ETOOMANYREFS", "Too many references: cannot splice");
        set(Errno.ETIMEDOUT, "ETIMEDOUT", "Connection timed out");
        set(Errno.ECONNREFUSED, "ECONNREFUSED", "Connection refused");
        set(Errno.EHOSTDOWN, "EHOSTDOWN", "Host is down");
        set(Errno.EHOSTUNREACH, "EHOSTUNREACH", "No route to host");
        set(Errno.EALREADY, "EALREADY", "Operation already in progress");
        set(Errno.EINPROGRESS, "EINPROGRESS", "Operation now in progress");
        set(Errno.ESTALE, "ESTALE", "Stale file handle");
        set(Errno.EUCLEAN, "EUCLEAN", "Structure needs cleaning");
        set(Errno.ENOTNAM, "ENOTNAM", "Not a XENIX named type file");
        set(Errno.ENAVAIL, "ENAVAIL", "No XENIX semaphores available");
        set(Errno.EISNAM, "EISNAM", "Is a named type file");
        set(Errno.EREMOTEIO, "EREMOTEIO", "Remote I/O error");
        set(Errno.EDQUOT, "EDQUOT", "Disk quota exceeded");
        set(Errno.ENOMEDIUM, "ENOMEDIUM", "No medium found");
        set(Errno.EMEDIUMTYPE, "EMEDIUMTYPE", "Wrong medium type");
        set(Errno.ECANCELED, "ECANCELED", "Operation canceled");
        set(Errno.ENOKEY, "ENOKEY", "Required key not available");
        set(Errno.EKEYEXPIRED, "EKEYEXPIRED", "Key has expired");
        set(Errno.EKEYREVOKED, "EKEYREVOKED", "Key has been revoked");
        set(Errno.EKEYREJECTED, "EKEYREJECTED", "Key was rejected by service");
        set(Errno.EOWNERDEAD, "EOWNERDEAD", "Owner died");
        set(Errno.ENOTRECOVERABLE, "ENOTRECOVERABLE", "State not recoverable");
        set(Errno.ERFKILL, "ERFKILL", "Operation not possible due to RF-kill");
        set(Errno.EHWPOISON, "EHWPOISON", "Memory page has hardware error");
    }

    private ErrnoTable() {}

    private static void set(int errno, String name, String message) {
        TABLE[2 * errno] = name;
        TABLE[2 * errno + 1] = message;
    }

    static @Nullable String name(int errno) {
        return errno >= 0 && errno < TABLE.length / 2 ? TABLE[2 * errno] : null;
    }

    static @Nullable String message(int errno) {
        return errno >= 0 && errno < TABLE.length / 2 ? TABLE[2 * errno + 1] : null;
    }
}
