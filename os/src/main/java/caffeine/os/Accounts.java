package caffeine.os;

import caffeine.os.foreign.Memory;
import caffeine.os.foreign.Native;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The users and groups of this machine, from every configured source (man 5 nsswitch.conf).
 *
 * <pre>{@code
 * struct passwd {                     struct group {
 *     char  *pw_name;    // 0             char  *gr_name;    // 0
 *     char  *pw_passwd;                   char  *gr_passwd;
 *     uid_t  pw_uid;     // 16            gid_t  gr_gid;     // 16
 *     gid_t  pw_gid;     // 20            char **gr_mem;
 *     char  *pw_gecos;                };
 *     char  *pw_dir;     // 32
 *     char  *pw_shell;
 * };
 * }</pre>
 */
public final class Accounts {
    static final int PW_UID = 16;
    static final int PW_GID = 20;
    static final int PW_DIR = 32;
    static final int PW_BYTES = 48;
    static final int GR_GID = 16;
    static final int GR_BYTES = 32;

    private static final int FIRST_BUFFER_BYTES = 4 << 10;
    private static final int LARGEST_BUFFER_BYTES = 4 << 20;
    private static final int FIRST_GROUPS = 64;

    /** The offset of the struct; the strings that it points to follow. */
    private static final int STRUCT = 16;

    private static final int STRINGS = 64;

    private static final MemorySegment GETPWNAM_R = Native.function("getpwnam_r");
    private static final MemorySegment GETGRNAM_R = Native.function("getgrnam_r");
    private static final MemorySegment GETGROUPLIST = Native.function("getgrouplist");

    private Accounts() {}

    /**
     * A user.
     *
     * @param uid the user's number
     * @param gid the number of its own group
     * @param home its home folder, which need not exist
     */
    public record User(String name, int uid, int gid, String home) {}

    /**
     * A user by name (man 3 getpwnam_r); null when there is none.
     *
     * @throws ErrnoException when the answer cannot be had (EIO, EMFILE, ENFILE, ENOMEM)
     */
    public static @Nullable User user(String name) {
        Memory memory = look("getpwnam_r", GETPWNAM_R, name);
        if (memory == null) {
            return null;
        }
        int home = (int) (memory.getLong(STRUCT + PW_DIR) - memory.address());
        int end = home;
        byte[] one = new byte[1];
        do {
            memory.get(end++, one, 0, 1);
        } while (one[0] != 0);
        byte[] path = new byte[end - 1 - home];
        memory.get(home, path, 0, path.length);
        return new User(
                name,
                memory.getInt(STRUCT + PW_UID),
                memory.getInt(STRUCT + PW_GID),
                new String(path, StandardCharsets.UTF_8));
    }

    /**
     * The number of a group by its name (man 3 getgrnam_r); null when there is none.
     *
     * @throws ErrnoException as {@link #user}
     */
    public static @Nullable Integer group(String name) {
        Memory memory = look("getgrnam_r", GETGRNAM_R, name);
        return memory == null ? null : memory.getInt(STRUCT + GR_GID);
    }

    /** Null when there is no such name; else the struct at {@link #STRUCT}. */
    private static @Nullable Memory look(String call, MemorySegment function, String name) {
        byte[] text = name.getBytes(StandardCharsets.UTF_8);
        int bytes = FIRST_BUFFER_BYTES;
        while (true) {
            Memory memory = Memory.allocate(STRINGS + text.length + 1 + bytes);
            memory.putString(STRINGS, text);
            int strings = STRINGS + text.length + 1;
            int result =
                    Native.callForErrno(
                            function,
                            memory.address(STRINGS),
                            memory.address(STRUCT),
                            memory.address(strings),
                            bytes,
                            memory.address(0),
                            0);
            if (result == 0) {
                return memory.getLong(0) == 0 ? null : memory;
            }
            if (result == -Errno.ERANGE && bytes < LARGEST_BUFFER_BYTES) {
                bytes *= 4;
            } else if (result == -Errno.ENOENT || result == -Errno.ESRCH) {
                return null; // so some sources say "no such name"
            } else if (result != -Errno.EINTR) {
                throw new ErrnoException(call, -result);
            }
        }
    }

    /** All groups that a user is in, and the given one (man 3 getgrouplist). */
    public static int[] groups(String user, int gid) {
        byte[] text = user.getBytes(StandardCharsets.UTF_8);
        int room = FIRST_GROUPS;
        while (true) {
            int name = Long.BYTES;
            int list = name + text.length + 1 + (4 - (text.length + 1) % 4);
            Memory memory = Memory.allocate(list + room * Integer.BYTES);
            memory.putInt(0, room);
            memory.putString(name, text);
            int result =
                    Native.callInt(
                            GETGROUPLIST,
                            memory.address(name),
                            gid,
                            memory.address(list),
                            memory.address(0));
            int count = memory.getInt(0);
            if (result >= 0) {
                int[] groups = new int[count];
                Arrays.setAll(groups, i -> memory.getInt(list + i * Integer.BYTES));
                return groups;
            }
            if (count <= room) {
                return new int[] {gid}; // out of memory, or off Linux
            }
            room = count;
        }
    }
}
