package caffeine.os;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.testing.CProbe;
import caffeine.os.testing.OnLinux;

import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

import java.io.IOException;
import java.util.Set;
import java.util.stream.Stream;

/** What we take for the sizes, offsets and numbers of C is what this machine's compiler says. */
@OnLinux
class LayoutTest {
    @TestFactory
    Stream<DynamicTest> constants() throws IOException {
        return new CProbe(
                        "sys/socket.h",
                        "sys/syscall.h",
                        "sys/ioctl.h",
                        "sys/file.h",
                        "sys/mman.h",
                        "sys/prctl.h",
                        "sys/resource.h",
                        "sys/stat.h",
                        "sys/uio.h",
                        "sys/wait.h",
                        "netinet/in.h",
                        "netinet/tcp.h",
                        "fcntl.h",
                        "limits.h",
                        "linux/openat2.h",
                        "poll.h",
                        "signal.h",
                        "unistd.h")
                .macros(Sockets.class, Set.of("SOCKADDR_BYTES", "LENGTH", "VALUE"))
                .macros(Descriptors.class, Set.of())
                .macros(
                        Files.class,
                        Set.of(
                                "OPEN_HOW_BYTES",
                                "STATX_BASIC_STATS",
                                "DIRENT_LENGTH",
                                "DIRENT_NAME",
                                "DIRENTS_BYTES"))
                .macros(
                        Processes.class,
                        Set.of("CPU_SET_BYTES", "RLIMIT_NOFILE", "P_PIDFD", "SYS_WAITID"))
                .expect("STATX_BASIC_STATS", Files.STATX_BASIC_STATS)
                .expect("RLIMIT_NOFILE", Processes.RLIMIT_NOFILE)
                .expect("P_PIDFD", Processes.P_PIDFD)
                .expect("SYS_waitid", Processes.SYS_WAITID)
                .expect("SCM_RIGHTS", FdPassing.SCM_RIGHTS)
                .expect("IOV_MAX", Iovecs.MAX)
                .expect("CLD_EXITED", ExitStatus.CLD_EXITED)
                .expect("CLD_DUMPED", ExitStatus.CLD_DUMPED)
                .tests();
    }

    @TestFactory
    Stream<DynamicTest> socketAddresses() throws IOException {
        return new CProbe("sys/socket.h", "netinet/in.h", "sys/un.h")
                .size("struct sockaddr_storage", Sockets.SOCKADDR_BYTES)
                .size("struct sockaddr_in", SocketAddresses.IN_BYTES)
                .size("sa_family_t", 2)
                .offset("struct sockaddr_in", "sin_family", SocketAddresses.FAMILY)
                .offset("struct sockaddr_in", "sin_port", SocketAddresses.PORT)
                .offset("struct sockaddr_in", "sin_addr", SocketAddresses.IN_ADDRESS)
                .size("struct sockaddr_in6", SocketAddresses.IN6_BYTES)
                .offset("struct sockaddr_in6", "sin6_family", SocketAddresses.FAMILY)
                .offset("struct sockaddr_in6", "sin6_port", SocketAddresses.PORT)
                .offset("struct sockaddr_in6", "sin6_addr", SocketAddresses.IN6_ADDRESS)
                .offset("struct sockaddr_in6", "sin6_scope_id", SocketAddresses.IN6_SCOPE)
                .size("struct sockaddr_un", SocketAddresses.UN_BYTES)
                .offset("struct sockaddr_un", "sun_family", SocketAddresses.FAMILY)
                .offset("struct sockaddr_un", "sun_path", SocketAddresses.UN_PATH)
                .tests();
    }

    @TestFactory
    Stream<DynamicTest> accounts() throws IOException {
        return new CProbe("pwd.h", "grp.h", "sys/prctl.h")
                .size("struct passwd", Accounts.PW_BYTES)
                .offset("struct passwd", "pw_uid", Accounts.PW_UID)
                .offset("struct passwd", "pw_gid", Accounts.PW_GID)
                .offset("struct passwd", "pw_dir", Accounts.PW_DIR)
                .size("struct group", Accounts.GR_BYTES)
                .offset("struct group", "gr_gid", Accounts.GR_GID)
                .size("uid_t", Integer.BYTES)
                .size("gid_t", Integer.BYTES)
                .expect("PR_SET_DUMPABLE", Identity.PR_SET_DUMPABLE)
                .tests();
    }

    @TestFactory
    @EnabledIfSystemProperty(named = "os.arch", matches = "amd64")
    Stream<DynamicTest> childRights() throws IOException {
        return new CProbe("sys/resource.h", "sys/syscall.h")
                .expect("SYS_setgroups", ChildRights.SYS_SETGROUPS)
                .expect("SYS_setresuid", ChildRights.SYS_SETRESUID)
                .expect("SYS_setresgid", ChildRights.SYS_SETRESGID)
                .expect("SYS_getpriority", ChildRights.SYS_GETPRIORITY)
                .expect("SYS_setpriority", ChildRights.SYS_SETPRIORITY)
                .expect("RLIMIT_CPU", ChildRights.Resource.CPU.number)
                .expect("RLIMIT_FSIZE", ChildRights.Resource.FILE_SIZE.number)
                .expect("RLIMIT_NPROC", ChildRights.Resource.PROCESSES.number)
                .expect("RLIMIT_NOFILE", ChildRights.Resource.OPEN_FILES.number)
                .expect("RLIMIT_AS", ChildRights.Resource.MEMORY.number)
                .tests();
    }

    @TestFactory
    Stream<DynamicTest> messages() throws IOException {
        return new CProbe("sys/socket.h", "sys/uio.h")
                .size("struct iovec", MessageHeader.IOVEC_BYTES)
                .offset("struct iovec", "iov_base", MessageHeader.IOVEC_BASE)
                .offset("struct iovec", "iov_len", MessageHeader.IOVEC_LENGTH)
                .size("struct msghdr", MessageHeader.BYTES)
                .offset("struct msghdr", "msg_iov", MessageHeader.IOV)
                .offset("struct msghdr", "msg_iovlen", MessageHeader.IOV_COUNT)
                .offset("struct msghdr", "msg_control", MessageHeader.CONTROL)
                .offset("struct msghdr", "msg_controllen", MessageHeader.CONTROL_LENGTH)
                .offset("struct msghdr", "msg_flags", MessageHeader.FLAGS)
                .offset("struct cmsghdr", "cmsg_len", MessageHeader.CMSG_LENGTH)
                .offset("struct cmsghdr", "cmsg_level", MessageHeader.CMSG_LEVEL)
                .offset("struct cmsghdr", "cmsg_type", MessageHeader.CMSG_TYPE)
                .expect("CMSG_LEN(0)", MessageHeader.CMSG_DATA)
                .expect("CMSG_SPACE(4)", MessageHeader.cmsgSpace(4))
                .expect("CMSG_SPACE(40)", MessageHeader.cmsgSpace(40))
                .expect("CMSG_ALIGN(20)", MessageHeader.cmsgAlign(20))
                .tests();
    }

    @TestFactory
    Stream<DynamicTest> socketOptions() throws IOException {
        return new CProbe("sys/socket.h", "linux/tcp.h")
                .offset("struct tcp_info", "tcpi_notsent_bytes", TcpInfo.NOTSENT_BYTES)
                .offset("struct tcp_info", "tcpi_bytes_sent", TcpInfo.BYTES_SENT)
                .offset("struct tcp_info", "tcpi_bytes_retrans", TcpInfo.BYTES_RETRANS)
                .size("((struct tcp_info *) 0)->tcpi_notsent_bytes", Integer.BYTES)
                .size("((struct tcp_info *) 0)->tcpi_bytes_sent", Long.BYTES)
                .size("struct linger", 8)
                .offset("struct linger", "l_linger", 4)
                .size("struct ucred", 12)
                .offset("struct ucred", "uid", 4)
                .offset("struct ucred", "gid", 8)
                .tests();
    }

    @TestFactory
    Stream<DynamicTest> files() throws IOException {
        return new CProbe("sys/stat.h", "dirent.h", "linux/openat2.h", "poll.h")
                .size("struct statx", Stat.BYTES)
                .offset("struct statx", "stx_nlink", Stat.NLINK)
                .offset("struct statx", "stx_uid", Stat.UID)
                .offset("struct statx", "stx_gid", Stat.GID)
                .offset("struct statx", "stx_mode", Stat.MODE)
                .offset("struct statx", "stx_ino", Stat.INO)
                .offset("struct statx", "stx_size", Stat.SIZE)
                .offset("struct statx", "stx_ctime.tv_sec", Stat.CTIME_SECONDS)
                .offset("struct statx", "stx_ctime.tv_nsec", Stat.CTIME_NANOS)
                .offset("struct statx", "stx_mtime.tv_sec", Stat.MTIME_SECONDS)
                .offset("struct statx", "stx_mtime.tv_nsec", Stat.MTIME_NANOS)
                .offset("struct statx", "stx_dev_major", Stat.DEV_MAJOR)
                .offset("struct statx", "stx_dev_minor", Stat.DEV_MINOR)
                .offset("struct dirent64", "d_reclen", Files.DIRENT_LENGTH)
                .offset("struct dirent64", "d_name", Files.DIRENT_NAME)
                .size("struct open_how", Files.OPEN_HOW_BYTES)
                .offset("struct open_how", "mode", 8)
                .offset("struct open_how", "resolve", 16)
                .size("struct pollfd", 8)
                .offset("struct pollfd", "events", 4)
                .offset("struct pollfd", "revents", 6)
                .macros(Stat.class, STAT_OFFSETS)
                .tests();
    }

    @TestFactory
    Stream<DynamicTest> locks() throws IOException {
        return new CProbe("fcntl.h")
                .size("struct flock", RecordLocks.FLOCK_BYTES)
                .offset("struct flock", "l_type", RecordLocks.TYPE)
                .offset("struct flock", "l_whence", RecordLocks.WHENCE)
                .offset("struct flock", "l_start", RecordLocks.START)
                .offset("struct flock", "l_len", RecordLocks.LENGTH)
                .offset("struct flock", "l_pid", RecordLocks.PID)
                .macros(
                        RecordLocks.class,
                        Set.of("FLOCK_BYTES", "TYPE", "WHENCE", "START", "LENGTH", "PID"))
                .tests();
    }

    private static final Set<String> STAT_OFFSETS =
            Set.of(
                    "NLINK",
                    "UID",
                    "GID",
                    "MODE",
                    "INO",
                    "SIZE",
                    "CTIME_SECONDS",
                    "CTIME_NANOS",
                    "MTIME_SECONDS",
                    "MTIME_NANOS",
                    "DEV_MAJOR",
                    "DEV_MINOR",
                    "BYTES");

    @TestFactory
    Stream<DynamicTest> processes() throws IOException {
        return new CProbe("signal.h", "spawn.h", "sched.h", "sys/resource.h")
                .size("siginfo_t", SignalInfo.BYTES)
                .offset("siginfo_t", "si_code", SignalInfo.CODE)
                .offset("siginfo_t", "si_pid", SignalInfo.PID)
                .offset("siginfo_t", "si_status", SignalInfo.STATUS)
                .size("struct rusage", Processes.ResourceUsage.BYTES)
                .offset("struct rusage", "ru_utime", Processes.ResourceUsage.USER)
                .offset("struct rusage", "ru_stime", Processes.ResourceUsage.SYSTEM)
                .offset("struct timeval", "tv_usec", Processes.ResourceUsage.MICROSECONDS)
                .size("time_t", Long.BYTES)
                .size("suseconds_t", Long.BYTES)
                .size("struct rlimit", 16)
                .offset("struct rlimit", "rlim_max", 8)
                .size("rlim_t", Long.BYTES)
                .size("sigset_t", PosixSpawn.SIGNAL_SET_BYTES)
                .expect("sizeof(posix_spawnattr_t) <= " + PosixSpawn.ATTRIBUTES_BYTES, 1)
                .expect("sizeof(posix_spawn_file_actions_t) <= " + PosixSpawn.ACTIONS_BYTES, 1)
                .expect("sizeof(cpu_set_t) <= " + Processes.CPU_SET_BYTES, 1)
                .expect("POSIX_SPAWN_SETPGROUP", PosixSpawn.SETPGROUP)
                .expect("POSIX_SPAWN_SETSIGDEF", PosixSpawn.SETSIGDEF)
                .expect("POSIX_SPAWN_SETSIGMASK", PosixSpawn.SETSIGMASK)
                .expect("POSIX_SPAWN_SETSID", PosixSpawn.SETSID)
                .tests();
    }

    /** The numbers of system calls are those of x86-64, and nothing else uses them. */
    @TestFactory
    @EnabledIfSystemProperty(named = "os.arch", matches = "amd64")
    Stream<DynamicTest> callsOfAChild() throws IOException {
        return new CProbe("linux/sched.h", "sys/syscall.h", "signal.h", "fcntl.h", "sys/mman.h")
                .macros(
                        ChildCalls.class,
                        Set.of(
                                "CLONE_ARGS_BYTES",
                                "CLONE_ARGS_PIDFD",
                                "CLONE_ARGS_EXIT_SIGNAL",
                                "CALL_BYTES",
                                "MOST_CALLS",
                                "ARGS",
                                "PIDFD",
                                "RESULT",
                                "CALLS",
                                "MEMORY_BYTES"))
                .expect("CLONE_ARGS_SIZE_VER0", ChildCalls.CLONE_ARGS_BYTES)
                .offset("struct clone_args", "pidfd", ChildCalls.CLONE_ARGS_PIDFD)
                .offset("struct clone_args", "exit_signal", ChildCalls.CLONE_ARGS_EXIT_SIGNAL)
                .expect("CLONE_VM", ChildCalls.CLONE_VM)
                .expect("CLONE_PIDFD", ChildCalls.CLONE_PIDFD)
                .expect("CLONE_VFORK", ChildCalls.CLONE_VFORK)
                .expect("CLONE_CLEAR_SIGHAND", ChildCalls.CLONE_CLEAR_SIGHAND)
                .expect("SIG_SETMASK", Spawn.SIG_SETMASK)
                .expect("F_SETFD", Spawn.F_SETFD)
                .tests();
    }

    @Test
    void signalsAreNumbersOfTheirNames() throws IOException {
        StringBuilder program = new StringBuilder("#include <signal.h>\n#include <stdio.h>\n");
        program.append("int main(void) {\n");
        for (int signal = 1; signal <= Processes.SIGSYS; signal++) {
            program.append("printf(\"%d\\n\", ").append(Processes.name(signal)).append(");\n");
        }
        int signal = 1;
        for (String line : CProbe.run(program.append("}\n").toString())) {
            assertThat(line).isEqualTo(Integer.toString(signal++));
        }
    }
}
